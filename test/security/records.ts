import { joined, u16 } from '../network/packets.ts';

/** DTLS records made by hand from the layouts of RFC 6347, RFC 9146 and RFC 9147, for tests. */

export const DTLS10 = [0xfe, 0xff];
export const DTLS12 = [0xfe, 0xfd];
export const DTLS13 = [0xfe, 0xfc];

export function bytesOf(length: number, value = 0xa5): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** RFC 6347 §4.1. */
export function record(
  type: number,
  fragment: Uint8Array,
  { version = DTLS12, epoch = 0, length = fragment.length } = {},
): Uint8Array {
  return joined([type], version, u16(epoch), [0, 0, 0, 0, 0, 7], u16(length), fragment);
}

/** RFC 9146 §4. */
export function cidRecord(cid: readonly number[], fragment: Uint8Array, version = DTLS12): Uint8Array {
  return joined([25], version, u16(1), [0, 0, 0, 0, 0, 7], cid, u16(fragment.length), fragment);
}

/** RFC 9147 §4: flags 001CSLEE. */
export function unifiedRecord(
  fragment: Uint8Array,
  {
    cid = [] as readonly number[],
    isLongSequence = true,
    hasLength = true,
    epoch = 3,
    length = fragment.length,
  } = {},
): Uint8Array {
  const flags =
    0x20 | (cid.length > 0 ? 0x10 : 0) | (isLongSequence ? 8 : 0) | (hasLength ? 4 : 0) | (epoch & 3);
  return joined([flags], cid, isLongSequence ? [1, 2] : [2], hasLength ? u16(length) : [], fragment);
}

/** RFC 6347 §4.2.2. */
export function handshake(
  type: number,
  body: Uint8Array,
  { offset = 0, total = body.length } = {},
): Uint8Array {
  return joined([type], [0, ...u16(total)], [0, 0], [0, ...u16(offset)], [0, ...u16(body.length)], body);
}

/** RFC 6347 §4.2.1. */
export function clientHello(version = DTLS12): Uint8Array {
  return handshake(1, joined(version, bytesOf(32), [0], [0], [0, 2, 0xc0, 0xa8], [1, 0]));
}

/** RFC 5246 §7.4.1.3; extensions as number and value. */
export function serverHello(
  version = DTLS12,
  extensions: readonly (readonly [number, readonly number[]])[] = [],
): Uint8Array {
  const written = joined(
    ...extensions.map(([number, value]) => [...u16(number), ...u16(value.length), ...value]),
  );
  const tail = extensions.length > 0 ? joined(u16(written.length), written) : [];
  return handshake(2, joined(version, bytesOf(32), [4, 1, 2, 3, 4], [0xc0, 0xa8], [0], tail));
}
