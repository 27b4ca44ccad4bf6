import { detectContainer, DETECT_LENGTH } from '../capture/container.ts';
import type { Fault } from '../capture/outcome.ts';
import { PcapReader } from '../capture/pcap.ts';
import { NANOSECONDS, setNanoseconds, type Uint64 } from '../capture/pcapng-writer.ts';
import type { ByteCount } from '../capture/units.ts';
import { LogPassage } from './log-passage.ts';
import type { PacketSink, PacketSource } from './packet-source.ts';
import { SectionPassage } from './section-passage.ts';

/** Milliseconds of silence after which the last message of a text counts as whole. */
const SETTLE_MS = 300;

/** What takes the pieces of a stream whose format is known. */
interface Passage {
  push(bytes: Uint8Array): void;
  /** What came is all that comes, for now or for ever. */
  settle?(): void;
  end(): void;
  readonly fault: Fault | undefined;
}

/** A stream of bytes that is passed on as packets: pcap, pcapng, or a text with messages in hexadecimal. */
export class StreamSource implements PacketSource {
  readonly names: readonly string[];
  readonly filter = '';
  #ended: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  /**
   * `name` tells the stream to people; `open` opens it, rejecting where it cannot, and ends its pieces once the signal
   * is aborted.
   */
  constructor(
    private readonly name: string,
    private readonly open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
    private readonly wallTime: () => number = () => Date.now(),
  ) {
    this.names = [name];
  }

  async start(sink: PacketSink): Promise<void> {
    const { signal } = this.#stopping;
    const pieces = this.open(signal);
    this.#ended = this.#read(pieces, sink).then(
      (trouble) => {
        if (!signal.aborted) sink.ended(trouble);
      },
      (error: unknown) => {
        if (!signal.aborted) sink.ended(`${this.name} cannot be read: ${(error as Error).message}`);
      },
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ended;
  }

  /** Reads to the end; gives what was wrong with the stream. */
  async #read(pieces: AsyncIterable<Uint8Array>, sink: PacketSink): Promise<string | undefined> {
    let passage: Passage | undefined;
    let head: Uint8Array = new Uint8Array(0);
    let pause: ReturnType<typeof setTimeout> | undefined;
    const take = (bytes: Uint8Array): void => {
      clearTimeout(pause);
      passage!.push(bytes);
      if (passage!.settle !== undefined) pause = setTimeout(() => passage!.settle!(), SETTLE_MS);
    };
    try {
      for await (const piece of pieces) {
        if (this.#stopping.signal.aborted) return undefined;
        if (passage === undefined) {
          head = head.length === 0 ? piece : Buffer.concat([head, piece]);
          if (head.length < DETECT_LENGTH && couldBeCapture(head)) continue;
          const kind = detectContainer(head.subarray(0, DETECT_LENGTH));
          if (kind === 'gzip') return `${this.name} is compressed: send it through  gzip -dc  first`;
          passage = this.#passage(kind, sink);
          take(head);
        } else take(piece);
        if (passage.fault !== undefined) return this.#words(passage.fault);
      }
      if (passage === undefined) {
        if (head.length === 0) return undefined;
        passage = this.#passage(detectContainer(head), sink);
        take(head);
      }
      passage.end();
      return passage.fault && this.#words(passage.fault);
    } finally {
      clearTimeout(pause);
    }
  }

  #passage(kind: ReturnType<typeof detectContainer>, sink: PacketSink): Passage {
    if (kind === 'pcapng') return new SectionPassage(sink, this.name, this.wallTime);
    if (kind === 'pcap' || kind === 'modified pcap') return pcapPassage(sink, this.name);
    const log = new LogPassage(sink, this.name, this.wallTime);
    return {
      push: (bytes) => log.push(bytes),
      settle: () => log.settle(),
      end: () => log.settle(),
      fault: undefined,
    };
  }

  #words(fault: Fault): string {
    return `${this.name}: ${fault.text}, at byte ${fault.offset}`;
  }
}

/** Passes on a classic pcap, of either byte order and resolution. */
function pcapPassage(sink: PacketSink, name: string): Passage {
  const time: Uint64 = { high: 0, low: 0 };
  let point = -1;
  const reader = new PcapReader({
    frame: (frame) => {
      if (point < 0)
        point = sink.interface({
          name,
          description: '',
          linkType: frame.linkType,
          snapLength: reader.interfaces[0]!.snapLength,
          resolution: NANOSECONDS,
          offset: 0,
          filter: '',
          ordinal: 0,
          isLocalClock: false,
        });
      setNanoseconds(time, frame.seconds, frame.nanoseconds);
      sink.packet(point, time, frame.originalLength, frame.bytes, frame.start, frame.end);
    },
  });
  return reader;
}

/** True where so few bytes may still be the beginning of a capture. */
function couldBeCapture(head: Uint8Array): boolean {
  return head.length < 4 || detectContainer(head) !== 'unknown';
}

/** Longest piece that is read of a log at once. */
export const PIECE_LENGTH: ByteCount = 64 << 10;
