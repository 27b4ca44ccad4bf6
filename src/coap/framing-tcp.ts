import type { ByteCount } from '../capture/units.ts';

/** Bytes of the extended length behind Len 13, 14 and 15, and what is added to it. RFC 8323 §3.2 */
const EXTENDED = [1, 2, 4] as const;
const ADDED = [13, 269, 65_805] as const;

/** The frame's length is not known yet: more bytes are needed. */
export const NEEDS_MORE = -1;
/** The bytes are no frame: TKL 15 is reserved (RFC 8974 §2.1). */
export const NO_FRAME = -2;

/**
 * Bytes of Len and TKL, the extended length and the code of the message at `bytes[start..end)` (RFC 8323 §3.2); 0
 * where there is not even the first one. It may pass `end`.
 */
export function headLength(bytes: Uint8Array, start: number, end: number): ByteCount {
  if (start >= end) return 0;
  const nibble = bytes[start]! >> 4;
  return nibble < 13 ? 2 : 2 + EXTENDED[nibble - 13]!;
}

/** Bytes of options, marker and payload as Len says (RFC 8323 §3.2). The head must be there. */
export function readLength(bytes: Uint8Array, start: number): ByteCount {
  const nibble = bytes[start]! >> 4;
  if (nibble < 13) return nibble;
  let value = 0;
  for (let index = 1; index <= EXTENDED[nibble - 13]!; index++) value = value * 256 + bytes[start + index]!;
  return value + ADDED[nibble - 13]!;
}

/** Length of the whole message at `start` in bytes, `NEEDS_MORE` or `NO_FRAME`. It may pass `end`. */
export function frameLength(bytes: Uint8Array, start: number, end: number): ByteCount {
  const head = headLength(bytes, start, end);
  if (head === 0) return NEEDS_MORE;
  const nibble = bytes[start]! & 15;
  if (nibble === 15) return NO_FRAME;
  if (start + head > end) return NEEDS_MORE;
  const length = head + readLength(bytes, start);
  if (nibble < 13) return length + nibble;
  const at = start + head;
  if (nibble === 13) return at < end ? length + 1 + bytes[at]! + 13 : NEEDS_MORE;
  return at + 1 < end ? length + 2 + ((bytes[at]! << 8) | bytes[at + 1]!) + 269 : NEEDS_MORE;
}
