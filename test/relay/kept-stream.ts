import { type Uint64, type WrittenInterface } from '../../src/capture/pcapng-writer.ts';
import { CaptureStream, type StreamClock } from '../../src/relay/capture-stream.ts';
import { PacketRing, RingLosses } from '../../src/relay/packet-ring.ts';
import type { PacketSink, PacketSource } from '../../src/relay/packet-source.ts';
import { readUint32 } from '../../src/capture/record-reader.ts';

/** A clock that stands where it is put. */
export class StillClock implements StreamClock {
  milliseconds = 1_800_000_000_000;
  seconds = 50;
  wall(): number {
    return this.milliseconds;
  }
  monotonic(): number {
    return this.seconds;
  }
}

/** Keeps all that a source gives, as a tap writes it. */
export class KeptStream implements PacketSink {
  readonly ring = new PacketRing(1e9);
  readonly clock = new StillClock();
  readonly stream = new CaptureStream(
    this.ring,
    this.clock,
    () => undefined,
    () => undefined,
  );
  readonly troubles: string[] = [];
  /** Why it ended, once it did. */
  end: { trouble: string | undefined } | undefined;
  #ended: () => void = () => undefined;
  readonly whenEnded = new Promise<void>((resolve) => (this.#ended = resolve));

  interface(point: WrittenInterface & { isLocalClock: boolean; ordinal: number }): number {
    return this.stream.interface(point);
  }
  packet(point: number, time: Uint64, original: number, bytes: Uint8Array, start: number, end: number): void {
    this.stream.packet(point, time, original, bytes, start, end);
  }
  block(bytes: Uint8Array, point: number): void {
    const time =
      point < 0
        ? { high: 0, low: 0 }
        : { high: readUint32(bytes, 12, false), low: readUint32(bytes, 16, false) };
    this.stream.block(bytes, point, time);
  }
  dropped(point: number, count: number): void {
    this.stream.dropped(point, count);
  }
  trouble(text: string): void {
    this.troubles.push(text);
  }
  ended(trouble: string | undefined): void {
    this.end = { trouble };
    this.#ended();
  }

  /** The stream as a pcapng file. */
  file(): Uint8Array {
    this.stream.flush();
    const pieces = [this.stream.header()];
    const place = this.ring.oldest();
    for (
      let item = this.ring.take(place, new RingLosses());
      item;
      item = this.ring.take(place, new RingLosses())
    )
      pieces.push(item.bytes);
    return Buffer.concat(pieces);
  }

  /** Takes all that a source gives until it ends. */
  async takeFrom(source: PacketSource): Promise<void> {
    await source.start(this);
    await this.whenEnded;
  }
}
