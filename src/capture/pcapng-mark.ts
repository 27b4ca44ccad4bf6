import { OPT_COMMENT } from './pcapng-options.ts';
import { INTERFACE_STATISTICS } from './pcapng-blocks.ts';
import type { TimestampScale } from './timestamp-scale.ts';
import type { CaptureMoment } from './frame.ts';
import type { ByteCount } from './units.ts';

/** Longest text of a mark in bytes of UTF-8; an option holds 65,535. */
export const LONGEST_MARK: ByteCount = 1_024;

const encoder = new TextEncoder();

/** Puts a block together: type, length, body padded to 32 bits, length again (draft-ietf-opsawg-pcapng §3.1). */
function blockBytes(type: number, body: Uint8Array, bigEndian: boolean): Uint8Array<ArrayBuffer> {
  const length = 12 + body.length + (-body.length & 3);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, !bigEndian);
  view.setUint32(4, length, !bigEndian);
  bytes.set(body, 8);
  view.setUint32(length - 4, length, !bigEndian);
  return bytes;
}

/**
 * A mark as a pcapng block: an Interface Statistics Block of the section's first interface that counts nothing, with
 * its time in `scale`'s units and its text as comment (draft-ietf-opsawg-pcapng §4.6, §3.5.1). It holds no packet, so
 * that frames keep their numbers. Text beyond `LONGEST_MARK` is cut; an empty one becomes "mark".
 */
export function markBlock(
  text: string,
  moment: CaptureMoment,
  scale: TimestampScale,
  bigEndian: boolean,
): Uint8Array<ArrayBuffer> {
  const room = new Uint8Array(LONGEST_MARK);
  const plain = text.replaceAll('\0', '').trim();
  const { written } = encoder.encodeInto(plain === '' ? 'mark' : plain, room);
  const body = new Uint8Array(12 + 4 + written + (-written & 3) + 4);
  const view = new DataView(body.buffer);
  const units = scale.unitsOf(moment.seconds, moment.nanoseconds);
  view.setUint32(4, Number(units >> 32n), !bigEndian);
  view.setUint32(8, Number(units & 0xffffffffn), !bigEndian);
  view.setUint16(12, OPT_COMMENT, !bigEndian);
  view.setUint16(14, written, !bigEndian);
  body.set(room.subarray(0, written), 16);
  // The four zero bytes left are the end of the options.
  return blockBytes(INTERFACE_STATISTICS, body, bigEndian);
}
