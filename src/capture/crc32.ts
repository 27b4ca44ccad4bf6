/** CRC-32 by the low byte (RFC 1952 §8), four tables for four bytes at once. */
const CRC_TABLES = makeCrcTables();

function makeCrcTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const tables = [
    new Int32Array(256),
    new Int32Array(256),
    new Int32Array(256),
    new Int32Array(256),
  ] as const;
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    tables[0][byte] = value;
  }
  for (let byte = 0; byte < 256; byte++) {
    for (let index = 1; index < 4; index++) {
      const before = tables[index - 1]![byte]!;
      tables[index]![byte] = (before >>> 8) ^ tables[0][before & 0xff]!;
    }
  }
  return tables;
}

/** Continues a CRC-32 (RFC 1952 §8, as zip has it too) over more bytes; 0 begins one. */
export function crc32(crc: number, bytes: Uint8Array): number {
  const [first, second, third, fourth] = CRC_TABLES;
  let value = ~crc;
  let at = 0;
  for (const end = bytes.length - 3; at < end; at += 4) {
    value ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    value =
      fourth[value & 0xff]! ^
      third[(value >>> 8) & 0xff]! ^
      second[(value >>> 16) & 0xff]! ^
      first[value >>> 24]!;
  }
  for (; at < bytes.length; at++) value = (value >>> 8) ^ first[(value ^ bytes[at]!) & 0xff]!;
  return ~value >>> 0;
}
