import type { ContentContext, ContentResult, ContentSink } from '../value.ts';
import { JsonRecords } from './json-records.ts';
import { JsonScanner, JsonToken } from './json-scanner.ts';
import { SenmlPack } from './senml-pack.ts';

const scanner = new JsonScanner();
const pack = new SenmlPack();
const records = new JsonRecords(scanner, false);

/**
 * Reads SenML JSON (content format 110; RFC 8428 §5, LwM2M Core §7.5.6): values, or the paths of a composite
 * request where the context says that paths are listed. Records stand for themselves: what is wrong in one (no
 * value, a name that is no path) is reported, and reading goes on; text that is no JSON ends it.
 */
export function readSenmlJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
  sink: ContentSink,
): ContentResult {
  pack.begin(bytes, start, context, sink);
  return readPack(bytes, start, end);
}

/** Reads a SenML-ETCH pack in JSON (content format 320; RFC 8790): as SenML, and a null deletes what it names. */
export function readEtchJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
  sink: ContentSink,
): ContentResult {
  pack.begin(bytes, start, context, sink);
  pack.isPatch = true;
  return readPack(bytes, start, end);
}

function readPack(bytes: Uint8Array, start: number, end: number): ContentResult {
  scanner.begin(bytes, start, end);
  const first = scanner.next();
  if (first === JsonToken.arrayStart) {
    if (records.read(pack)) scanner.next();
  } else if (first !== JsonToken.fault) pack.report('SenML is an array of records', start, 'RFC 8428 §4');
  if (scanner.faultText !== '') pack.report(scanner.faultText, scanner.position, 'RFC 8259 §2');
  return pack.result();
}
