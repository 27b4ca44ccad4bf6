import type { Uint64, WrittenInterface } from '../capture/pcapng-writer.ts';
import type { ByteCount } from '../capture/units.ts';

/** An interface as the stream describes it. */
export interface CapturePoint extends WrittenInterface {
  /** Number of the interface in its source, which tells those apart that are described alike. */
  ordinal: number;
  /** True where the packets have the time of this machine's clock, so that it tells the time in silence too. */
  isLocalClock: boolean;
}

/** Takes what a source gives. */
export interface PacketSink {
  /** Announces an interface and gives its number in the stream; one with the same description keeps its number. */
  interface(point: CapturePoint): number;
  /**
   * Takes the packet `bytes[start..end)` of an interface; the bytes last for the call only. `time` is in the
   * interface's resolution, `original` the length on the wire.
   */
  packet(
    point: number,
    time: Uint64,
    original: ByteCount,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
  /** Takes a whole little-endian pcapng block of the stream's section: of a packet on `point`, or none where that is −1. */
  block(bytes: Uint8Array, point: number): void;
  /** Says how many packets the kernel has dropped on an interface since the source was started. */
  dropped(point: number, count: number): void;
  /** Says that no more comes, unless the source was stopped: why, in one line, or undefined where that is as it should be. */
  ended(trouble: string | undefined): void;
  /** Says, in one line, what went wrong beside the capture, which goes on. */
  trouble(text: string): void;
}

/** Where packets come from. */
export interface PacketSource {
  /** Names of the interfaces, or what else tells the source. */
  readonly names: readonly string[];
  /** The filter as it was asked for; empty for none. */
  readonly filter: string;
  /** Starts to give packets. Resolves once it captures; throws `RelayError` where it cannot. Called once. */
  start(sink: PacketSink): Promise<void>;
  /** Ends it; resolves when everything it started has ended, and nothing more is given. */
  stop(): Promise<void>;
}
