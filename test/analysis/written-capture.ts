import { concat, pcapHeader, pcapRecord } from '../capture/write-capture.ts';
import { type MessageToWrite, path, write } from '../coap/coap-message.ts';
import { datagramBetween, DEVICE, SERVER } from '../network/endpoints.ts';

/** A CoAP message in a capture to write: when it was sent, and by which end. */
export interface SentMessage extends MessageToWrite {
  /** Seconds since 1970, and nanoseconds. */
  at: number;
  nanoseconds?: number;
  /** True where `DEVICE` sends it, else `SERVER`. */
  up?: boolean;
  /** Bytes of the frame that the capture kept; all where absent. */
  captured?: number;
}

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const LINKTYPE_RAW = 101;

/** The IP packet of a message. */
export function packetOf(message: SentMessage): Uint8Array {
  const payload = write(message);
  return message.up === true
    ? datagramBetween(DEVICE, SERVER, payload)
    : datagramBetween(SERVER, DEVICE, payload);
}

/** A capture (pcap, nanoseconds, raw IP) of these packets. */
export function captureOfPackets(
  packets: readonly { at: number; nanoseconds?: number; packet: Uint8Array; captured?: number }[],
): Uint8Array {
  return concat(
    pcapHeader({ magic: MAGIC_NANOSECONDS, link: LINKTYPE_RAW }),
    ...packets.map(({ at, nanoseconds = 0, packet, captured = packet.length }) =>
      pcapRecord(at, nanoseconds, packet.subarray(0, captured), { original: packet.length }),
    ),
  );
}

/** A capture of these messages, one a frame. */
export function captureOf(messages: readonly SentMessage[]): Uint8Array {
  return captureOfPackets(messages.map((message) => ({ ...message, packet: packetOf(message) })));
}

/** A Register and its answer, by which the ends are known as device and server. */
export function registrationAt(at: number): SentMessage[] {
  return [
    {
      at,
      up: true,
      code: '0.02',
      mid: 1,
      token: 'a1',
      options: [
        [11, 'rd'],
        [12, 40],
        [15, 'ep=dev1'],
        [15, 'lt=60'],
      ],
      payload: '</3/0>',
    },
    {
      at,
      nanoseconds: 10_000_000,
      type: 'ACK',
      code: '2.01',
      mid: 1,
      token: 'a1',
      options: [
        [8, 'rd'],
        [8, '5a3f'],
      ],
    },
  ];
}

/** A read of a path by the server. */
export function readOf(at: number, mid: number, token: string, resource = '/3/0/9'): SentMessage {
  return { at, code: '0.01', mid, token, options: path(resource) };
}
