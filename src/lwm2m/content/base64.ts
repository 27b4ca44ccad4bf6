/** Value of each byte in the alphabets of RFC 4648 §4 and §5; 255 for bytes of neither. */
const DIGITS = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 64; digit++) {
  DIGITS['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.charCodeAt(digit)] = digit;
}
DIGITS['-'.charCodeAt(0)] = 62;
DIGITS['_'.charCodeAt(0)] = 63;

const PAD = 0x3d;

/** Where the digits end and the padding begins. */
function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let position = end;
  while (position > start && end - position < 2 && bytes[position - 1] === PAD) position--;
  return position;
}

/** Whether text is Base64 in either alphabet of RFC 4648, padded or not. */
export function isBase64(bytes: Uint8Array, start: number, end: number): boolean {
  const last = digitsEnd(bytes, start, end);
  if ((last - start) % 4 === 1 || (last < end && (end - start) % 4 !== 0)) return false;
  for (let position = start; position < last; position++) if (DIGITS[bytes[position]!] === 255) return false;
  return true;
}

/** The bytes that Base64 text stands for, in either alphabet, padded or not; undefined where it is none. */
export function decodeBase64(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
  if (!isBase64(bytes, start, end)) return undefined;
  const last = digitsEnd(bytes, start, end);
  const result = new Uint8Array(Math.floor(((last - start) * 3) / 4));
  let bits = 0;
  let count = 0;
  let written = 0;
  for (let position = start; position < last; position++) {
    bits = (bits << 6) | DIGITS[bytes[position]!]!;
    count += 6;
    if (count >= 8) {
      count -= 8;
      result[written++] = bits >> count;
      bits &= (1 << count) - 1;
    }
  }
  return result;
}
