/** 2^32, the weight of the upper half of an 8-byte integer. */
const UPPER = 0x1_0000_0000;

const scratch = new DataView(new ArrayBuffer(8));

/** Weight of a half's 11-bit fraction for each exponent; subnormal numbers have exponent 0. */
const HALF_WEIGHTS = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 25));

/** Reads 1 to 8 bytes as a big-endian unsigned integer; beyond 2^53 the nearest double. */
export function unsignedNumber(bytes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let index = start; index < end; index++) number = number * 256 + bytes[index]!;
  return number;
}

/** Reads 1 to 8 bytes as a big-endian integer in two's complement; beyond 2^53 the nearest double. */
export function signedNumber(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  if (end - start <= 4) {
    let value = (bytes[start]! << 24) >> 24;
    for (let index = start + 1; index < end; index++) value = (value << 8) | bytes[index]!;
    return value;
  }
  const upper = signedNumber(bytes, start, end - 4);
  return upper * UPPER + unsignedNumber(bytes, end - 4, end);
}

/** Reads 4 or 8 bytes at `start` as an IEEE 754 number, big-endian. */
export function floatNumber(bytes: Uint8Array, start: number, width: 4 | 8): number {
  scratch.setUint32(0, word(bytes, start));
  if (width === 4) return scratch.getFloat32(0);
  scratch.setUint32(4, word(bytes, start + 4));
  return scratch.getFloat64(0);
}

/** Reads two bytes as an IEEE 754 half, big-endian (RFC 8949 appendix D). */
export function halfNumber(bytes: Uint8Array, start: number): number {
  const half = (bytes[start]! << 8) | bytes[start + 1]!;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  let magnitude: number;
  if (exponent === 0x1f) magnitude = fraction === 0 ? Infinity : NaN;
  else magnitude = (exponent === 0 ? fraction : fraction + 0x400) * HALF_WEIGHTS[exponent]!;
  return half & 0x8000 ? -magnitude : magnitude;
}

/** Reads 1 to 8 bytes as an integer, exactly: a number within ±(2^53 − 1), otherwise its decimal text. */
export function exactInteger(
  bytes: Uint8Array,
  start: number,
  end: number,
  signed: boolean,
): number | string {
  const near = signed ? signedNumber(bytes, start, end) : unsignedNumber(bytes, start, end);
  if (Number.isSafeInteger(near)) return near;
  let exact = 0n;
  for (let index = start; index < end; index++) exact = (exact << 8n) | BigInt(bytes[index]!);
  return (signed ? BigInt.asIntN(8 * (end - start), exact) : exact).toString();
}

function word(bytes: Uint8Array, start: number): number {
  return (
    ((bytes[start]! << 24) | (bytes[start + 1]! << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!) >>> 0
  );
}
