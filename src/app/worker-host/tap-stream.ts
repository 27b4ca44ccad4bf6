import { resumeAddress, type TapBlocks } from '../../analysis/live-tap-protocol.ts';
import type { LivePiece, TapLink } from '../../analysis/tap-link.ts';
import type { ByteCount } from '../../capture/units.ts';
import { areWholeBlocks, readTapMessage } from './tap-messages.ts';

/** Bytes that may wait to be read before the stream is ended with an error; bounds the memory. */
const MOST_WAITING: ByteCount = 256 << 20;
/** Milliseconds before the relay is tried again: the first time, and at most. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
/** Messages that make no sense before the relay is taken for something else. */
const MOST_REFUSED = 1000;
/** Close code of an end that was meant (RFC 6455 §7.4.1). */
const NORMAL_CLOSURE = 1000;

/** What is used of a WebSocket. */
export interface TapSocket {
  binaryType: string;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { wasClean: boolean; code: number; reason: string }) => void) | null;
  send(text: string): void;
  close(): void;
}

/** What the platform gives; tests give their own. */
export interface TapSockets {
  connect(address: string): TapSocket;
  /** Calls back after some milliseconds; gives what ends the waiting. */
  later(milliseconds: number, run: () => void): () => void;
}

const PLATFORM: TapSockets = {
  connect: (address) => new WebSocket(address) as TapSocket,
  later: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * The bytes of a live tap as they come: whole pcapng blocks, or a file's bytes of a replay. A relay that is lost is
 * tried again and continued where its ring still holds; what is missing is told where it is, and counted in the link's
 * news. Ends when the
 * relay says that nothing more will come, or when `stopped` resolves; throws where the first connection cannot be
 * made, where a replay breaks, and where what answers is no relay.
 */
export async function* tapStream(
  url: string,
  stopped: Promise<void>,
  link: TapLink,
  sockets = PLATFORM,
): AsyncGenerator<LivePiece> {
  const tap = new TapConnection(url, link, sockets);
  void stopped.then(() => tap.end());
  try {
    for (;;) {
      const piece = await tap.next();
      if (piece === undefined) return;
      yield piece;
    }
  } finally {
    tap.end();
  }
}

class TapConnection {
  #socket: TapSocket | undefined;
  readonly #waiting: LivePiece[] = [];
  #waitingBytes = 0;
  #ended = false;
  #failure: string | undefined;
  #wake: () => void = () => {};
  #endWait: () => void = () => {};
  /** Of the stream that is read: its id, the number of the packet expected, and the interfaces it was told of. */
  #stream: string | undefined;
  #next = 0;
  #interfaces = 0;
  /** The relay has said hello on this connection. */
  #greeted = false;
  #blocks: TapBlocks | undefined;
  /** A stream has begun for which nothing was asked yet. */
  #isNew = false;
  /** Bytes came without a hello: a replay. */
  #isReplay = false;
  #attempts = 0;

  constructor(
    private readonly url: string,
    private readonly link: TapLink,
    private readonly sockets: TapSockets,
  ) {
    link.send = (command) => {
      if (this.#greeted) this.#socket?.send(JSON.stringify(command));
    };
    this.#connect();
  }

  /** The next piece; undefined at the end. Throws as `tapStream` says. */
  async next(): Promise<LivePiece | undefined> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece !== undefined) {
        if (piece instanceof Uint8Array) this.#waitingBytes -= piece.length;
        return piece;
      }
      if (this.#failure !== undefined) throw new Error(this.#failure);
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends the connection; what waits is not given any more. */
  end(): void {
    this.#waiting.length = 0;
    this.#failure = undefined;
    this.#finish();
  }

  #connect(): void {
    const address =
      this.#stream === undefined
        ? this.url
        : resumeAddress(this.url, this.#stream, this.#next, this.#interfaces);
    this.#greeted = false;
    this.#blocks = undefined;
    const socket = this.sockets.connect(address);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') this.#heard(data);
      else if (data instanceof ArrayBuffer) this.#came(new Uint8Array(data));
      this.#wake();
    };
    socket.onclose = (event) => {
      this.#closed(event);
      this.#wake();
    };
  }

  #heard(text: string): void {
    const message = readTapMessage(text);
    switch (message?.type) {
      case 'hello':
        if (this.#greeted || (message.continues && this.#stream !== message.stream)) return this.#refuse();
        // Of another stream nobody knows what passed since; of the same one its relay does.
        if (this.#stream !== undefined && (!message.continues || message.missed > 0))
          this.#missed(message.missed);
        if (!message.continues) {
          this.#interfaces = 0;
          this.#isNew = true;
        }
        this.#stream = message.stream;
        this.#next = message.next;
        this.#greeted = true;
        this.#attempts = 0;
        this.link.tell({ connection: 'connected', attempts: 0 });
        return;
      case 'status':
        if (!this.#greeted) return this.#refuse();
        this.link.tell({ status: message });
        this.#want();
        return;
      case 'blocks':
        if (!this.#greeted || this.#blocks !== undefined) return this.#refuse();
        this.#blocks = message;
        return;
      case 'refused':
        this.link.wanted = undefined;
        this.link.tell({ refusal: message.error });
        return;
      case undefined:
        this.#refuse();
    }
  }

  /** Asks for what the person wants captured, once a stream, unless it is captured already. */
  #want(): void {
    const { wanted, news } = this.link;
    if (!this.#isNew || news.status === undefined) return;
    this.#isNew = false;
    if (wanted === undefined) return;
    const { state, interfaces, filter } = news.status;
    const isRunning = state === 'starting' || state === 'capturing';
    const isSame =
      filter === wanted.filter && [...interfaces].sort().join() === [...wanted.interfaces].sort().join();
    if (!isRunning || !isSame) this.#socket?.send(JSON.stringify(wanted));
  }

  #came(bytes: Uint8Array): void {
    if (!this.#greeted) {
      // What answers now is not what the stream is of.
      if (this.#stream !== undefined) return this.#refuse();
      this.#isReplay = true;
      this.link.tell({ connection: 'connected' });
      return this.#keep(bytes);
    }
    const blocks = this.#blocks;
    this.#blocks = undefined;
    if (blocks === undefined || !areWholeBlocks(bytes, blocks.holds === 'section')) return this.#refuse();
    const { holds, first, count } = blocks;
    if (holds === 'packets') {
      if (first < this.#next) return this.#refuse();
      if (first > this.#next) this.#missed(first - this.#next);
      this.#next = first + count;
    } else if (holds !== 'tick') this.#interfaces = first + count;
    this.#keep(bytes);
  }

  #keep(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > MOST_WAITING) this.#fail('the tap sends faster than this page reads');
  }

  #missed(packets: number): void {
    const { missed, gaps } = this.link.news;
    this.link.tell({ missed: missed + packets, gaps: gaps + 1 });
    this.#waiting.push({ missed: packets });
  }

  #refuse(): void {
    this.#blocks = undefined;
    const refused = this.link.news.refused + 1;
    this.link.tell({ refused });
    if (refused >= MOST_REFUSED) this.#fail(`what answers at ${placeOf(this.url)} is no live tap`);
  }

  #closed({ wasClean, code, reason }: { wasClean: boolean; code: number; reason: string }): void {
    if (this.#ended) return;
    if (this.#isReplay || this.#stream === undefined) {
      if (!wasClean)
        this.#fail(
          this.#isReplay
            ? 'the connection to the live tap broke'
            : `no live tap answers at ${placeOf(this.url)}: is lwm2m-scope running there, and is this the address it printed?`,
        );
      else if (code !== NORMAL_CLOSURE && reason !== '') this.#fail(`the live tap ended: ${reason}`);
      else this.#finish();
      return;
    }
    if (this.link.news.status?.state === 'ended' && code === NORMAL_CLOSURE) return this.#finish();
    this.#attempts++;
    this.#greeted = false;
    this.link.tell({ connection: 'lost', attempts: this.#attempts });
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#attempts - 1, 8));
    this.#endWait = this.sockets.later(wait, () => this.#connect());
  }

  #fail(why: string): void {
    this.#failure = why;
    this.#finish();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#endWait();
    this.link.send = undefined;
    this.#socket?.close();
    this.link.tell({ connection: 'over' });
    this.#wake();
  }
}

/** An address without its query, which has the token. */
function placeOf(url: string): string {
  return url.split('?', 1)[0]!;
}
