/** Number of a block from a Block option's value (RFC 7959 §2.2). */
export function blockNumber(value: number): number {
  return value >>> 4;
}

/** True where more blocks follow (RFC 7959 §2.2). */
export function blockMore(value: number): boolean {
  return (value & 8) !== 0;
}

/** Size of a block in bytes; SZX 7 is reserved over UDP and read as 1024 (BERT, RFC 8323 §6). */
export function blockSize(value: number): number {
  return 1 << (Math.min(value & 7, 6) + 4);
}
