import { ipv4, ipv6, udp } from './packets.ts';

/** An end of what tests send: an address of either version and a port. */
export interface Endpoint {
  address: string;
  port: number;
}

export const SERVER: Endpoint = { address: '10.0.0.1', port: 5683 };
export const DEVICE: Endpoint = { address: '10.0.0.7', port: 40000 };
export const OTHER_DEVICE: Endpoint = { address: '10.0.0.8', port: 40000 };
/** Another port behind the address of `DEVICE`, as a translator of addresses gives it. */
export const NEIGHBOUR: Endpoint = { address: '10.0.0.7', port: 40001 };
/** Another address of the server, as a host with several has. */
export const SERVER_ELSEWHERE: Endpoint = { address: '10.0.0.2', port: 5683 };
export const GROUP: Endpoint = { address: '224.0.1.187', port: 5683 };

/** The IP packet of a UDP datagram. */
export function datagramBetween(from: Endpoint, to: Endpoint, payload: Uint8Array): Uint8Array {
  const ends = { source: from.address, destination: to.address };
  const datagram = udp(payload, { from: from.port, to: to.port });
  return from.address.includes(':') ? ipv6(datagram, ends) : ipv4(datagram, ends);
}
