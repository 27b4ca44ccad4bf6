import type { CaptureInterface } from '../capture/frame.ts';
import type { Seconds } from '../capture/units.ts';

/** Bits of an interface's index, and of what tells devices apart that share one, in the key of a point. */
const INTERFACE_FACTOR = 0x10000;
const DEVICE_FACTOR = 0x10000000;

/** What has been seen at one capture point. */
interface CapturePoint {
  file: number;
  interfaceIndex: number;
  device: number;
  /** Time of the frame seen last, in seconds since 1970. */
  last: Seconds;
}

/**
 * Numbers capture points from 0: where frames were captured, as far as files tell. A point is an interface of a file,
 * and in it a device, where the frames say which one they passed (Linux cooked captures of version 2 by the device's
 * index, ZEP by its sniffer). An interface that goes on where another one ended is the same point: one of a later
 * section of the same file, or of a file that begins when the other has ended, where name and link type are equal.
 */
export class CapturePoints {
  readonly #points: CapturePoint[] = [];
  readonly #numbers = new Map<number, number>();
  readonly #interfaces: (readonly CaptureInterface[])[] = [];
  readonly #ended = new Set<number>();
  #file = -1;
  #interface = -1;
  #device = -1;
  #number = -1;

  /** How many there are. */
  get count(): number {
    return this.#points.length;
  }

  /** Says what interfaces a file has; the list may grow. */
  describe(file: number, interfaces: readonly CaptureInterface[]): void {
    this.#interfaces[file] = interfaces;
  }

  /** Says that a file gives no more frames. */
  end(file: number): void {
    this.#ended.add(file);
  }

  /** Number of the point at which a frame was seen; `seconds` is the frame's time. */
  of(file: number, interfaceIndex: number, device: number, seconds: Seconds): number {
    if (file !== this.#file || interfaceIndex !== this.#interface || device !== this.#device)
      this.#find(file, interfaceIndex, device, seconds);
    const point = this.#points[this.#number]!;
    if (seconds > point.last) point.last = seconds;
    return this.#number;
  }

  /** Index of the file that showed a point last. */
  fileOf(point: number): number {
    return this.#points[point]!.file;
  }

  #find(file: number, interfaceIndex: number, device: number, seconds: Seconds): void {
    this.#file = file;
    this.#interface = interfaceIndex;
    this.#device = device;
    const key = (file * INTERFACE_FACTOR + interfaceIndex) * DEVICE_FACTOR + (device % DEVICE_FACTOR);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      const point = { file, interfaceIndex, device, last: seconds };
      number = this.#points.findIndex((other) => this.#continues(point, other));
      if (number >= 0) this.#points[number] = point;
      else number = this.#points.push(point) - 1;
      this.#numbers.set(key, number);
    }
    this.#number = number;
  }

  /** Whether frames of `point`, whose first one is there, are what the other point would show next. */
  #continues(point: CapturePoint, other: CapturePoint): boolean {
    const described = this.#interfaces[point.file]?.[point.interfaceIndex];
    const before = this.#interfaces[other.file]?.[other.interfaceIndex];
    if (described === undefined || before === undefined || point.device !== other.device) return false;
    if (described.name !== before.name || described.linkType !== before.linkType) return false;
    return point.file === other.file
      ? described.section !== before.section
      : this.#ended.has(other.file) && point.last >= other.last;
  }
}
