import { cborDiagnostic } from './content/cbor-diagnostic.ts';
import { Major } from './content/cbor-walker.ts';

/** Longest value, in bytes, that is tried; what is longer is a package, not something to be read. */
export const MAX_OPAQUE = 65_536;
/** Characters of a text that are shown; a longer one ends in `…`. */
const MAX_TEXT = 2000;
/** An array, a map or a tag shorter than this is as likely to be something else; in bytes. */
const MIN_STRUCTURE = 4;
/** The same for one string, head included: every byte from 0x40 to 0x57 and from 0x60 to 0x77 begins one. */
const MIN_STRING = 8;

/** What the bytes of an Opaque value may mean besides being bytes. */
export interface OpaqueReading {
  as: 'text' | 'CBOR';
  value: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** What no printable text has: control characters other than tab and line ends, and what Unicode has not assigned. */
const NOT_PRINTABLE = /[^\P{C}\t\r\n]/u;

/**
 * How the bytes of an Opaque value can be read: as text where all of them are printable UTF-8, as CBOR (RFC 8949)
 * where they are one whole item that is an array, a map, a tag or a string, and long enough not to be so by chance.
 * Nothing says that the device meant it so: both are readings beside the bytes, and bytes may have both.
 */
export function opaqueReadings(bytes: Uint8Array): OpaqueReading[] {
  const readings: OpaqueReading[] = [];
  if (bytes.length === 0 || bytes.length > MAX_OPAQUE) return readings;
  const text = printableText(bytes);
  if (text !== undefined) readings.push({ as: 'text', value: text });
  const cbor = bytes.length >= shortestItem(bytes[0]!) ? cborDiagnostic(bytes) : undefined;
  if (cbor !== undefined) readings.push({ as: 'CBOR', value: cbor });
  return readings;
}

function printableText(bytes: Uint8Array): string | undefined {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return undefined;
  }
  if (text.trim() === '' || NOT_PRINTABLE.test(text)) return undefined;
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

/** Bytes that an item with this initial byte must have to be shown; numbers and simple values never are. */
function shortestItem(initial: number): number {
  switch (initial >> 5) {
    case Major.array:
    case Major.map:
    case Major.tag:
      return MIN_STRUCTURE;
    case Major.byteString:
    case Major.textString:
      return MIN_STRING;
    default:
      return Infinity;
  }
}
