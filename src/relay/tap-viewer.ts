import type { WebSocket } from 'ws';
import type { TapBlocks, TapMessage, TapStatus } from '../analysis/live-tap-protocol.ts';
import { INTERFACE_DROPS_OFFSET, WRITTEN_STATISTICS_LENGTH, writeUint64 } from '../capture/pcapng-writer.ts';
import { readUint32 } from '../capture/record-reader.ts';
import type { ByteCount } from '../capture/units.ts';
import type { CaptureStream } from './capture-stream.ts';
import { CloseCode } from './live-endpoint.ts';
import { type PacketRing, type RingItem, RingLosses, type RingPlace } from './packet-ring.ts';
import { RateLimit } from './rate-limit.ts';

/** Bytes that wait for a viewer before no more are sent to it; what it does not take meanwhile stays in the ring. */
const MOST_BUFFERED: ByteCount = 1 << 20;
/** Messages that a viewer may send in a row, and a second in the long run. */
const MOST_MESSAGES = 20;
const MESSAGES_PER_SECOND = 2;

/** What a viewer says that it has of the stream. */
export interface ResumeWish {
  stream: string;
  next: number;
  interfaces: number;
}

/** Where the interface of a statistics block stands. */
const STATISTICS_INTERFACE_OFFSET = 8;

/** One connection to a tap: it reads the ring at its own pace and loses what the ring lets go before it came to it. */
export class TapViewer {
  readonly #losses = new RingLosses();
  #place: RingPlace;
  /** How many interfaces it was told of. */
  #interfaces: number;
  readonly #limit = new RateLimit(MOST_MESSAGES, MESSAGES_PER_SECOND);
  /** False once it does not answer pings. */
  #answered = true;

  /** `onMessage` takes each text that it sends, at a bounded rate. Begins to send at once. */
  constructor(
    private readonly socket: WebSocket,
    private readonly ring: PacketRing,
    private readonly stream: CaptureStream,
    streamId: string,
    wish: ResumeWish | undefined,
    onMessage: (text: string) => void,
  ) {
    const resumed =
      wish?.stream === streamId && wish.interfaces <= stream.interfaces ? ring.placeOf(wish.next) : undefined;
    this.#place = resumed ?? ring.oldest();
    this.#interfaces = resumed === undefined ? stream.interfaces : wish!.interfaces;
    const missed = resumed === undefined ? 0 : resumed.sequence - wish!.next;
    this.#losses.packets = missed;
    this.send({
      type: 'hello',
      stream: streamId,
      continues: resumed !== undefined,
      next: this.#place.sequence,
      missed,
    });
    if (resumed === undefined)
      this.#sendBlocks(
        { type: 'blocks', holds: 'section', first: 0, count: stream.interfaces },
        stream.header(),
      );
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary || !this.#limit.take()) {
        socket.close(CloseCode.policyViolation, isBinary ? 'only texts are read' : 'too many messages');
        return;
      }
      onMessage(data.toString());
    });
    socket.on('pong', () => (this.#answered = true));
    // The close that follows an error tells all that matters.
    socket.on('error', () => undefined);
  }

  /** Packets that it lost. */
  get lost(): number {
    return this.#losses.packets;
  }

  /** Sends a text message; none where it does not even take those. */
  send(message: TapMessage): void {
    if (this.socket.readyState === this.socket.OPEN && this.socket.bufferedAmount <= MOST_BUFFERED)
      this.socket.send(JSON.stringify(message));
  }

  /** Sends how the relay stands, with what is this viewer's own. */
  sendStatus(common: Omit<TapStatus, 'behind'>): void {
    const { nextSequence, firstSequence } = this.ring;
    // What the ring let go and the viewer has not come to yet is lost already.
    const lost = this.lost + Math.max(0, firstSequence - this.#place.sequence);
    this.send({
      ...common,
      drops: { ...common.drops, viewer: lost },
      behind: nextSequence - Math.max(this.#place.sequence, firstSequence),
    });
  }

  /** Sends what the ring has for it, as much as it takes now. */
  pump(): void {
    const { socket } = this;
    while (socket.readyState === socket.OPEN && socket.bufferedAmount <= MOST_BUFFERED) {
      const item = this.ring.take(this.#place, this.#losses);
      if (item === undefined) return;
      if (item.interfaces > this.#interfaces) {
        const [first, count] = [this.#interfaces, item.interfaces - this.#interfaces];
        this.#interfaces = item.interfaces;
        this.#sendBlocks(
          { type: 'blocks', holds: 'interfaces', first, count },
          this.stream.descriptions(first, first + count),
        );
      }
      this.#sendBlocks(
        { type: 'blocks', holds: item.holds, first: item.first, count: item.count },
        item.holds === 'tick' ? this.#tickOf(item) : item.bytes,
      );
    }
  }

  /** Asks whether it is still there; ends it where it did not answer since the last time. */
  ping(): void {
    if (!this.#answered) {
      this.socket.terminate();
      return;
    }
    this.#answered = false;
    this.socket.ping();
  }

  /** Says goodbye. */
  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  #sendBlocks(blocks: TapBlocks, bytes: Uint8Array): void {
    this.socket.send(JSON.stringify(blocks));
    // Called when the bytes are with the operating system: then there may be room for more.
    this.socket.send(bytes, { binary: true }, (error) => {
      if (!error) this.pump();
    });
  }

  /** A tick that says what this viewer lost. */
  #tickOf({ bytes }: RingItem): Uint8Array {
    const { byInterface } = this.#losses;
    if (byInterface.length === 0) return bytes;
    const own = new Uint8Array(bytes);
    for (let at = 0; at < own.length; at += WRITTEN_STATISTICS_LENGTH) {
      const lost = byInterface[readUint32(own, at + STATISTICS_INTERFACE_OFFSET, false)] ?? 0;
      writeUint64(own, at + INTERFACE_DROPS_OFFSET, lost);
    }
    return own;
  }
}
