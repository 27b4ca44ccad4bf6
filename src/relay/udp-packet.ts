/** Lengths of headers (RFC 791 §3.1, RFC 8200 §3, RFC 768), and the protocol number of UDP. */
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;
const UDP = 17;
const HOP_LIMIT = 64;
/** Most payload that a UDP datagram over IPv4 holds; what is longer is cut. */
const MOST_PAYLOAD = 65_507;

/** Gives an IP packet with a UDP datagram; addresses of 4 bytes make it IPv4, of 16 bytes IPv6. Checksums are right. */
export function udpPacket(
  source: Uint8Array,
  sourcePort: number,
  destination: Uint8Array,
  destinationPort: number,
  whole: Uint8Array,
): Uint8Array {
  const payload = whole.subarray(0, MOST_PAYLOAD);
  const isVersion6 = source.length === 16;
  const start = isVersion6 ? IPV6_HEADER : IPV4_HEADER;
  const udpLength = UDP_HEADER + payload.length;
  const bytes = new Uint8Array(start + udpLength);
  const put = (at: number, value: number): void => {
    bytes[at] = value >> 8;
    bytes[at + 1] = value;
  };
  if (isVersion6) {
    bytes[0] = 0x60;
    put(4, udpLength);
    bytes[6] = UDP;
    bytes[7] = HOP_LIMIT;
    bytes.set(source, 8);
    bytes.set(destination, 24);
  } else {
    bytes[0] = 0x45;
    put(2, bytes.length);
    bytes[8] = HOP_LIMIT;
    bytes[9] = UDP;
    bytes.set(source, 12);
    bytes.set(destination, 16);
    put(10, checksum(bytes, 0, IPV4_HEADER, 0));
  }
  put(start, sourcePort);
  put(start + 2, destinationPort);
  put(start + 4, udpLength);
  bytes.set(payload, start + UDP_HEADER);
  // The pseudo-header: both addresses, the length and the protocol.
  const addresses = isVersion6 ? 8 : 12;
  let sum = udpLength + UDP;
  for (let at = addresses; at < start; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  // A checksum of 0 would mean that there is none.
  put(start + 6, checksum(bytes, start, bytes.length, sum) || 0xffff);
  return bytes;
}

/** The Internet checksum (RFC 1071) over `bytes[start..end)` and what is in `sum` already. */
function checksum(bytes: Uint8Array, start: number, end: number, sum: number): number {
  let total = sum;
  for (let at = start; at < end; at += 2) total += (bytes[at]! << 8) | (at + 1 < end ? bytes[at + 1]! : 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return 0xffff - total;
}
