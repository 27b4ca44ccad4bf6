import type { FrameNumber, MessageRow, Nanoseconds } from '../capture/units.ts';

/**
 * What sealed messages show without keys. `association`: DTLS is used here; `handshake`: the client begins one;
 * `identity`: the client names its pre-shared key; the other two: an id that stands in the clear.
 */
export type SecuritySignKind = 'association' | 'handshake' | 'identity' | 'connection id' | 'OSCORE key id';

/** A sign of a security association that the device stage hears of. */
export interface SecuritySign {
  kind: SecuritySignKind;
  conversation: number;
  /** Endpoint ids of the client's end and the server's. */
  deviceEndpoint: number;
  serverEndpoint: number;
  /** The server's port is one of CoAP: the client may be a device that nothing else was seen of. */
  isCoap: boolean;
  /** Endpoint id at which the same id was seen before; -1 where it has not moved. */
  movedFrom: number;
  /** Identity such as `psk:dev1`, or id in hex; empty for none. */
  text: string;
  /** A handshake with which the client hopes to resume a session. */
  resumes: boolean;
  /** The message, where it is one; `NO_ROW` for records of DTLS. */
  row: MessageRow;
  time: Nanoseconds;
  file: number;
  frame: FrameNumber;
}
