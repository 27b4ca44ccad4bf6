import type { ContentContext, ContentResult, ContentSink } from '../value.ts';
import { nameCode } from './json-label.ts';
import { JsonRecords, openField } from './json-records.ts';
import { JsonScanner, JsonToken } from './json-scanner.ts';
import { decimalOfText } from './number-text.ts';
import { Label, SenmlPack } from './senml-pack.ts';

const CLAUSE = 'LwM2M Core 1.0 §6.4.4';

/** Codes of the names at the top: `bn`, `bt`, `e`. */
const BASE_NAME = 0x626e;
const BASE_TIME = 0x6274;
const ENTRIES = 0x65;

const scanner = new JsonScanner();
const pack = new SenmlPack();
const records = new JsonRecords(scanner, true);

/**
 * Reads LwM2M JSON (content formats 11543 and 1543; LwM2M Core 1.0 §6.4.4): one object with a base name, a base
 * time and entries. Without a base name, names begin below the path of the request. Entries stand for themselves:
 * what is wrong in one is reported, and reading goes on; text that is no JSON ends it.
 */
export function readLwm2mJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: ContentContext,
  sink: ContentSink,
): ContentResult {
  pack.begin(bytes, start, context, sink);
  pack.isLwm2mJson = true;
  scanner.begin(bytes, start, end);
  const first = scanner.next();
  if (first !== JsonToken.objectStart && first !== JsonToken.fault)
    pack.report('LwM2M JSON is an object', start, CLAUSE);
  // Base name and base time may stand behind the entries that they are for.
  const entries = first === JsonToken.objectStart ? readTop(sink) : -1;
  const { faultText, position } = scanner;
  if (entries >= 0) {
    scanner.begin(bytes, entries, end);
    scanner.next();
    if (!records.read(pack) && scanner.faultText !== '')
      pack.report(scanner.faultText, scanner.position, 'RFC 8259 §2');
  } else if (first === JsonToken.objectStart && faultText === '')
    pack.report('no array of entries', start, CLAUSE);
  if (faultText !== '') pack.report(faultText, position, 'RFC 8259 §2');
  return pack.result();
}

/** Reads what stands beside the entries, as far as the text goes. Gives where the array of entries begins, or -1. */
function readTop(sink: ContentSink): number {
  const { bytes } = scanner;
  let entries = -1;
  for (;;) {
    const token = scanner.next();
    if (token === JsonToken.fault) return entries;
    if (token === JsonToken.objectEnd) break;
    const keyStart = scanner.start;
    const code = nameCode(bytes, keyStart + 1, scanner.stringEnd - 1, scanner.escaped);
    const value = scanner.next();
    const { start } = scanner;
    if (value === JsonToken.arrayStart && code === ENTRIES) entries = start;
    if ((value === JsonToken.arrayStart || value === JsonToken.objectStart) && !scanner.leave())
      return entries;
    const label =
      code === BASE_NAME && value === JsonToken.string
        ? Label.baseName
        : code === BASE_TIME && value === JsonToken.number
          ? Label.baseTime
          : Label.unknown;
    if (label === Label.unknown) continue;
    const end = scanner.position;
    if (label === Label.baseName) pack.takeName(label, start + 1, end - 1, scanner.escaped);
    else pack.takeNumber(label, decimalOfText(bytes, start, end), start);
    if (sink.open !== undefined) openField(pack, label, keyStart, start, end);
  }
  scanner.next();
  return entries;
}
