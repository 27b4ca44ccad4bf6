import {
  enhancedPacketLength,
  interfaceDescriptionBlock,
  interfaceStatisticsBlock,
  sectionHeaderBlock,
  type Uint64,
  unitsPerSecond,
  writeEnhancedPacket,
} from '../capture/pcapng-writer.ts';
import type { ByteCount, Seconds } from '../capture/units.ts';
import type { PacketRing } from './packet-ring.ts';
import type { CapturePoint } from './packet-source.ts';

/** Blocks are gathered up to this size before they go out together. */
const BATCH_SIZE: ByteCount = 64 << 10;
/** Most interfaces of one stream; a relay that runs long and is given other filters describes more and more. */
const MOST_INTERFACES = 4096;

interface PointState {
  point: CapturePoint;
  packets: number;
  /** Dropped by the kernel, over all times that it was captured. */
  dropped: number;
  /** The same before the source that runs now. */
  droppedBefore: number;
  active: boolean;
  /** When it became active, and time of its last packet, in its own units; when that came, by the process's clock. */
  startTime: bigint;
  lastTime: bigint;
  lastArrival: Seconds;
}

/** The clocks that a stream needs. */
export interface StreamClock {
  /** Milliseconds since 1970, of this machine. */
  wall(): number;
  /** Seconds since any fixed moment; never goes back. */
  monotonic(): Seconds;
}

/** The clocks of the process. */
export const streamClock: StreamClock = {
  wall: () => Date.now(),
  monotonic: () => performance.now() / 1000,
};

/** Writes packets as one pcapng section, in batches, into a ring. */
export class CaptureStream {
  readonly #points: PointState[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #descriptions: Uint8Array[] = [];
  readonly #header = sectionHeaderBlock('lwm2m-scope');
  #counts: number[] = [];
  #batch = new Uint8Array(BATCH_SIZE);
  #filled: ByteCount = 0;
  #first = 0;
  #next = 0;
  #before: readonly number[] = [];

  /** `onBegun` is called when a batch begins, which `flush` then ends; `onAdded` after each item of the ring. */
  constructor(
    private readonly ring: PacketRing,
    private readonly clock: StreamClock,
    private readonly onBegun: () => void,
    private readonly onAdded: () => void,
  ) {}

  /** Packets so far. */
  get packets(): number {
    return this.#next;
  }
  /** How many interfaces are described. */
  get interfaces(): number {
    return this.#points.length;
  }
  /** Packets that the kernel dropped, on all interfaces. */
  get kernelDrops(): number {
    return this.#points.reduce((sum, { dropped }) => sum + dropped, 0);
  }

  /** The section header and the descriptions of all interfaces. */
  header(): Uint8Array {
    return Buffer.concat([this.#header, ...this.#descriptions]);
  }

  /** The descriptions of interfaces from one number to before another. */
  descriptions(from: number, to: number): Uint8Array {
    return Buffer.concat(this.#descriptions.slice(from, to));
  }

  /** Describes an interface, unless there is the same one; gives its number, −1 where there are too many. */
  interface(point: CapturePoint): number {
    const key = JSON.stringify(point);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      if (this.#points.length >= MOST_INTERFACES) return -1;
      number = this.#points.length;
      this.#numbers.set(key, number);
      this.#descriptions.push(interfaceDescriptionBlock(point));
      this.#points.push({
        point,
        packets: 0,
        dropped: 0,
        droppedBefore: 0,
        active: false,
        startTime: 0n,
        lastTime: 0n,
        lastArrival: 0,
      });
      this.#counts.push(0);
    }
    const state = this.#points[number]!;
    state.active = true;
    state.droppedBefore = state.dropped;
    if (point.isLocalClock) state.startTime = this.#wallTime(state);
    return number;
  }

  /** Says that no interface captures any more. */
  deactivate(): void {
    for (const state of this.#points) state.active = false;
  }

  /** Takes a packet, as a `PacketSink` does. */
  packet(
    number: number,
    time: Uint64,
    original: ByteCount,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const state = this.#points[number];
    if (state === undefined) return;
    this.#reserve(enhancedPacketLength(end - start));
    this.#filled = writeEnhancedPacket(this.#batch, this.#filled, number, time, original, bytes, start, end);
    this.#count(number, state);
    if (!state.point.isLocalClock) this.#seen(state, time);
    if (this.#filled >= BATCH_SIZE) this.flush();
  }

  /** Takes a block that is a packet of an interface, with its time, or one of none (−1). */
  block(bytes: Uint8Array, number: number, time: Uint64): void {
    this.#reserve(bytes.length);
    this.#batch.set(bytes, this.#filled);
    this.#filled += bytes.length;
    const state = this.#points[number];
    if (state !== undefined) {
      this.#count(number, state);
      this.#seen(state, time);
    }
    if (this.#filled >= BATCH_SIZE) this.flush();
  }

  /** Takes how many packets the kernel dropped since the source was started. */
  dropped(number: number, count: number): void {
    const state = this.#points[number];
    if (state !== undefined) state.dropped = Math.max(state.dropped, state.droppedBefore + count);
  }

  /** Puts the batch into the ring. */
  flush(): void {
    if (this.#filled === 0) return;
    const bytes = this.#batch.slice(0, this.#filled);
    this.#filled = 0;
    if (this.#batch.length > BATCH_SIZE) this.#batch = new Uint8Array(BATCH_SIZE);
    this.#add('packets', bytes, this.#first, this.#before);
  }

  /** Puts an Interface Statistics Block of each interface that captures, and whose time is known, into the ring. */
  tick(): void {
    this.flush();
    const blocks: Uint8Array[] = [];
    this.#points.forEach((state, interfaceId) => {
      const time = state.active ? this.#timeOf(state) : undefined;
      if (time === undefined) return;
      blocks.push(
        interfaceStatisticsBlock({
          interfaceId,
          time: halves(time),
          startTime: halves(state.startTime),
          received: state.packets,
          interfaceDrops: 0,
          systemDrops: state.dropped,
        }),
      );
    });
    if (blocks.length > 0) this.#add('tick', Buffer.concat(blocks), this.#next, this.#counts.slice());
  }

  #add(holds: 'packets' | 'tick', bytes: Uint8Array, first: number, before: readonly number[]): void {
    const count = this.#next - first;
    const item = { holds, bytes, first, count, before, interfaces: this.#points.length };
    this.ring.add(item, this.#counts.slice());
    this.onAdded();
  }

  #count(number: number, state: PointState): void {
    state.packets++;
    this.#counts[number]!++;
    this.#next++;
  }

  /** Makes room for a block, in a batch that has begun. */
  #reserve(length: ByteCount): void {
    if (this.#filled > 0 && this.#filled + length > this.#batch.length) this.flush();
    if (this.#filled > 0) return;
    if (length > this.#batch.length) this.#batch = new Uint8Array(length);
    this.#first = this.#next;
    this.#before = this.#counts.slice();
    this.onBegun();
  }

  #seen(state: PointState, time: Uint64): void {
    const value = (BigInt(time.high) << 32n) | BigInt(time.low);
    if (state.startTime === 0n) state.startTime = value;
    if (value < state.lastTime) return;
    state.lastTime = value;
    state.lastArrival = this.clock.monotonic();
  }

  /** The time now in an interface's own units: by its last packet, where its clock is not this machine's. */
  #timeOf(state: PointState): bigint | undefined {
    if (state.point.isLocalClock) return this.#wallTime(state);
    if (state.startTime === 0n) return undefined;
    const elapsed = this.clock.monotonic() - state.lastArrival;
    return state.lastTime + BigInt(Math.floor(elapsed * unitsPerSecond(state.point.resolution)));
  }

  #wallTime(state: PointState): bigint {
    return BigInt(Math.floor((this.clock.wall() / 1000) * unitsPerSecond(state.point.resolution)));
  }
}

function halves(value: bigint): Uint64 {
  return { high: Number((value >> 32n) & 0xffffffffn), low: Number(value & 0xffffffffn) };
}
