import type { Piece } from '../network/datagram.ts';
import { type StreamBudget, TcpStream } from '../network/tcp-stream.ts';
import type { WebSocketReader } from '../coap/websocket-reader.ts';

/** One direction of a TCP connection and how far its messages are read. */
export class Half {
  readonly stream: TcpStream;
  /** The next unread byte is the first of a message. */
  synced = false;
  /** Bytes to come that belong to a message already given. */
  skip = 0;
  /** Over WebSocket: its reader, whether the HTTP head is behind, and what a message was put together from. */
  webSocket: WebSocketReader | undefined = undefined;
  headRead = false;
  /** A client's frames are masked (RFC 6455 §5.3). */
  masks = false;
  parts: Piece[] = [];

  constructor(
    readonly fromA: boolean,
    budget: StreamBudget,
  ) {
    this.stream = new TcpStream(budget);
  }
}

/** One TCP connection of which it is not known yet, or known, that it carries CoAP. */
export class Connection {
  readonly a: Half;
  readonly b: Half;
  /** Its conversation once it is known for CoAP; -1 before. */
  conversation = -1;
  isWebSocket = false;
  /** Frames that were counted as not read, and places where its beginning was looked for. */
  frames = 0;
  tries = 0;

  constructor(
    readonly flow: number,
    /** One of its ports is CoAP's. */
    readonly coapPort: boolean,
    budget: StreamBudget,
  ) {
    this.a = new Half(true, budget);
    this.b = new Half(false, budget);
  }

  /** Gives all memory back. */
  release(): void {
    for (const half of [this.a, this.b]) {
      half.stream.release();
      half.webSocket?.release();
    }
  }
}
