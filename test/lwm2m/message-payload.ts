/** The payload of a CoAP message without Block options: what stands behind the marker (RFC 7252 §3). */
export function payloadOf(message: Uint8Array): Uint8Array {
  let position = 4 + (message[0]! & 0x0f);
  while (position < message.length && message[position] !== 0xff) {
    const head = message[position++]!;
    const extended = (nibble: number): number => {
      if (nibble === 13) return 13 + message[position++]!;
      if (nibble === 14) return 269 + message[position++]! * 256 + message[position++]!;
      return nibble;
    };
    extended(head >> 4);
    const length = extended(head & 0x0f);
    position += length;
  }
  return message.subarray(position + 1);
}
