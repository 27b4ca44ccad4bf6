/** A message of CoAP over TCP (RFC 8323 §3.2, RFC 8974 §2.1); `content` is its options, marker and payload. */
export function frame(
  code: number,
  token: readonly number[],
  content: Uint8Array | readonly number[],
): Uint8Array {
  const [length, moreLength] = extended(content.length, [13, 269, 65_805], [1, 2, 4]);
  const [tokenLength, moreToken] = extended(token.length, [13, 269], [1, 2]);
  return Uint8Array.from([
    (length << 4) | tokenLength,
    ...moreLength,
    code,
    ...moreToken,
    ...token,
    ...content,
  ]);
}

function extended(value: number, bases: readonly number[], sizes: readonly number[]): [number, number[]] {
  for (let index = bases.length - 1; index >= 0; index--) {
    if (value < bases[index]!) continue;
    const size = sizes[index]!;
    const rest = value - bases[index]!;
    return [13 + index, Array.from({ length: size }, (_, at) => (rest >>> (8 * (size - 1 - at))) & 255)];
  }
  return [value, []];
}
