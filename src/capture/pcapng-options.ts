import { readUint16, readUint32 } from './record-reader.ts';
import { DEFAULT_RESOLUTION } from './timestamp-scale.ts';

/** Ends a list of options (draft-ietf-opsawg-pcapng §3.5). */
const OPT_ENDOFOPT = 0;
/** A comment, in any block and any number of times (draft-ietf-opsawg-pcapng §3.5.1). */
export const OPT_COMMENT = 1;

/** Options of an Interface Description Block that are read (draft-ietf-opsawg-pcapng §4.2). */
const IF_NAME = 2;
const IF_DESCRIPTION = 3;
export const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;

/** Options of an Interface Statistics Block that are read (draft-ietf-opsawg-pcapng §4.6). */
const ISB_IFDROP = 5;
const ISB_OSDROP = 7;

const text = new TextDecoder('utf-8', { ignoreBOM: true });

/** What the options of an Interface Description Block say. */
export interface InterfaceOptions {
  name: string;
  description: string;
  /** Octet of `if_tsresol`. */
  resolution: number;
  /** Seconds of `if_tsoffset`. */
  offset: number;
}

/**
 * Goes through the options in `bytes[start..end)` and calls `take` with the code and the value's range of each.
 * An option that runs over the end ends the list: the block's own lengths stand, so nothing else is lost.
 */
function eachOption(
  bytes: Uint8Array,
  start: number,
  end: number,
  bigEndian: boolean,
  take: (code: number, start: number, length: number) => void,
): void {
  let at = start;
  while (at + 4 <= end) {
    const code = readUint16(bytes, at, bigEndian);
    const length = readUint16(bytes, at + 2, bigEndian);
    if (code === OPT_ENDOFOPT || at + 4 + length > end) return;
    take(code, at + 4, length);
    at += 4 + length + (-length & 3);
  }
}

/** Reads the options of an Interface Description Block (draft-ietf-opsawg-pcapng §4.2); defaults where they are absent. */
export function readInterfaceOptions(
  bytes: Uint8Array,
  start: number,
  end: number,
  bigEndian: boolean,
): InterfaceOptions {
  const options: InterfaceOptions = { name: '', description: '', resolution: DEFAULT_RESOLUTION, offset: 0 };
  eachOption(bytes, start, end, bigEndian, (code, at, length) => {
    if (code === IF_NAME) options.name = readText(bytes, at, length);
    else if (code === IF_DESCRIPTION) options.description = readText(bytes, at, length);
    else if (code === IF_TSRESOL && length === 1) options.resolution = bytes[at]!;
    else if (code === IF_TSOFFSET && length === 8) {
      const high = readUint32(bytes, bigEndian ? at : at + 4, bigEndian) | 0;
      options.offset = high * 2 ** 32 + readUint32(bytes, bigEndian ? at + 4 : at, bigEndian);
    }
  });
  return options;
}

/**
 * Reads how many packets the capture point dropped, from the options of an Interface Statistics Block: by the
 * interface and by the operating system together (draft-ietf-opsawg-pcapng §4.6). Undefined where it says neither.
 */
export function readDropped(
  bytes: Uint8Array,
  start: number,
  end: number,
  bigEndian: boolean,
): number | undefined {
  let dropped: number | undefined;
  eachOption(bytes, start, end, bigEndian, (code, at, length) => {
    if ((code !== ISB_IFDROP && code !== ISB_OSDROP) || length !== 8) return;
    const high = readUint32(bytes, bigEndian ? at : at + 4, bigEndian);
    dropped = (dropped ?? 0) + high * 2 ** 32 + readUint32(bytes, bigEndian ? at + 4 : at, bigEndian);
  });
  return dropped;
}

/**
 * Reads what a person noted by an Interface Statistics Block: its comment, where the block has no other option.
 * Programs comment on the figures that they write into such blocks; a block that counts nothing is a note alone.
 */
export function readMark(
  bytes: Uint8Array,
  start: number,
  end: number,
  bigEndian: boolean,
): string | undefined {
  let mark: string | undefined;
  let others = 0;
  eachOption(bytes, start, end, bigEndian, (code, at, length) => {
    if (code === OPT_COMMENT) mark ??= readText(bytes, at, length);
    else others++;
  });
  return others > 0 || mark === '' ? undefined : mark;
}

/** Whether there is a comment among the options in `bytes[start..end)`; for frames, so it allocates nothing. */
export function hasComment(bytes: Uint8Array, start: number, end: number, bigEndian: boolean): boolean {
  let at = start;
  while (at + 4 <= end) {
    const code = readUint16(bytes, at, bigEndian);
    if (code === OPT_COMMENT) return true;
    if (code === OPT_ENDOFOPT) return false;
    const length = readUint16(bytes, at + 2, bigEndian);
    at += 4 + length + (-length & 3);
  }
  return false;
}

/** Gives each comment among the options in `bytes[start..end)` (draft-ietf-opsawg-pcapng §3.5.1). */
export function readComments(
  bytes: Uint8Array,
  start: number,
  end: number,
  bigEndian: boolean,
  take: (text: string) => void,
): void {
  eachOption(bytes, start, end, bigEndian, (code, at, length) => {
    if (code === OPT_COMMENT) take(readText(bytes, at, length));
  });
}

/** Record types of a Name Resolution Block that are read (draft-ietf-opsawg-pcapng §4.5). */
const NRB_RECORD_END = 0;
const NRB_RECORD_IPV4 = 1;
const NRB_RECORD_IPV6 = 2;
const IPV4_LENGTH = 4;
const IPV6_LENGTH = 16;

/**
 * Gives the addresses in the records of a Name Resolution Block, as lower-case hexadecimal, each with the first of its
 * names (draft-ietf-opsawg-pcapng §4.5). A record that runs over the end ends them.
 */
export function readNames(
  bytes: Uint8Array,
  start: number,
  end: number,
  bigEndian: boolean,
  take: (address: string, name: string) => void,
): void {
  let at = start;
  while (at + 4 <= end) {
    const type = readUint16(bytes, at, bigEndian);
    const length = readUint16(bytes, at + 2, bigEndian);
    if (type === NRB_RECORD_END || at + 4 + length > end) return;
    const address = type === NRB_RECORD_IPV4 ? IPV4_LENGTH : type === NRB_RECORD_IPV6 ? IPV6_LENGTH : 0;
    if (address > 0 && length > address) {
      const first = at + 4 + address;
      let last = first;
      while (last < at + 4 + length && bytes[last] !== 0) last++;
      let hex = '';
      for (let index = at + 4; index < first; index++) hex += bytes[index]!.toString(16).padStart(2, '0');
      if (last > first) take(hex, readText(bytes, first, last - first));
    }
    at += 4 + length + (-length & 3);
  }
}

function readText(bytes: Uint8Array, at: number, length: number): string {
  let end = at + length;
  while (end > at && bytes[end - 1] === 0) end--;
  return text.decode(bytes.subarray(at, end));
}
