import type { Analysis } from './analysis.ts';
import { Uint32Column } from './column.ts';
import { timeOfValue } from './value-reading.ts';
import { CASTS_DOUBT } from './value-reading.ts';

/** Values taken into the index between two looks at the clock. */
const VALUES_A_STEP = 50_000;
/** Series of which the joined rows are kept, the lines in sight and a chart; the ones asked for longest ago go first. */
const SERIES_KEPT = 256;
/** Spreads keys over the table; the golden ratio times 2^32. */
const SPREAD = 0x9e3779b1;

/** A resource of a device whose values crossed the wire. */
export interface ResourceSeries {
  device: number;
  /** Number of the path in the value table's `paths`. */
  path: number;
  /** Values seen. */
  count: number;
  /** Value row that came first, and last. */
  first: number;
  last: number;
  /** Values with a doubt. */
  doubtful: number;
}

/**
 * Finds the values of one resource of one device among all: a chain through the value table for each pair of
 * conversation and path, joined by device when somebody asks, since devices are joined late. Made in steps, and
 * only once somebody asks.
 */
export class ValueIndex {
  /** By chain: conversation, path, values, first and last value row. */
  readonly #conversation = new Uint32Column();
  readonly #path = new Uint32Column();
  readonly #count = new Uint32Column();
  readonly #first = new Uint32Column();
  readonly #last = new Uint32Column();
  readonly #doubtful = new Uint32Column();
  /** By value row: the one before of the same chain, plus 1; 0 for the first. */
  readonly #before = new Uint32Column();
  #chains = 0;
  /** By path: its chains. */
  readonly #chainsOf: number[][] = [];
  #slots = new Int32Array(1024).fill(-1);
  #indexed = 0;
  /** First value row taken in. */
  #from = 0;
  readonly #kept = new Map<string, { rows: Uint32Array; indexed: number }>();

  constructor(private readonly analysis: Analysis) {}

  /** Value rows taken in so far. */
  get indexed(): number {
    return this.#indexed;
  }

  /** Takes in the values that came since, giving others their turn. */
  async extend(breathe: () => Promise<void> | undefined): Promise<void> {
    const { values } = this.analysis.tracking;
    this.#forget();
    while (this.#indexed < values.count) {
      const end = Math.min(values.count, this.#indexed + VALUES_A_STEP);
      for (let row = this.#indexed; row < end; row++) this.#add(row);
      this.#indexed = end;
      const pause = breathe();
      if (pause !== undefined) await pause;
    }
  }

  /** The series of every device, by device and then by path number; chains of unknown devices have device -1. */
  series(): Map<number, Map<number, ResourceSeries>> {
    const byDevice = new Map<number, Map<number, ResourceSeries>>();
    const { doubts } = this.analysis.tracking.values;
    for (let chain = 0; chain < this.#chains; chain++) {
      const path = this.#path.get(chain);
      const first = this.#first.get(chain);
      const last = this.#last.get(chain);
      const device = this.#deviceOf(chain, last);
      if (this.#deviceOf(chain, first) === device) {
        const count = this.#count.get(chain);
        join(byDevice, { device, path, count, first, last, doubtful: this.#doubtful.get(chain) });
        continue;
      }
      // One address, several devices: each value has its own.
      for (let row = last; row >= 0; row = this.#before.get(row) - 1) {
        const doubtful = (doubts.get(row) & CASTS_DOUBT) === 0 ? 0 : 1;
        join(byDevice, {
          device: this.#deviceOf(chain, row),
          path,
          count: 1,
          first: row,
          last: row,
          doubtful,
        });
      }
    }
    return byDevice;
  }

  /** Value rows of a resource of a device, in the order of their times. */
  rowsOf(device: number, path: number): Uint32Array {
    const key = `${device}:${path}`;
    const kept = this.#kept.get(key);
    if (kept?.indexed === this.#indexed) return kept.rows;
    const rows: number[] = [];
    for (const chain of this.#chainsOf[path] ?? []) {
      const last = this.#last.get(chain);
      const isWhole = this.#deviceOf(chain, this.#first.get(chain)) === this.#deviceOf(chain, last);
      if (isWhole && this.#deviceOf(chain, last) !== device) continue;
      for (let row = last; row >= 0; row = this.#before.get(row) - 1)
        if (isWhole || this.#deviceOf(chain, row) === device) rows.push(row);
    }
    const sorted = this.#inTime(Uint32Array.from(rows).sort());
    this.#kept.delete(key);
    this.#kept.set(key, { rows: sorted, indexed: this.#indexed });
    if (this.#kept.size > SERIES_KEPT) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    return sorted;
  }

  /** Values with times of their own may be told out of order. */
  #inTime(rows: Uint32Array): Uint32Array {
    const { time } = this.analysis.tracking.values;
    if (rows.every((row) => Number.isNaN(time.get(row)))) return rows;
    const times = new Map([...rows].map((row) => [row, timeOfValue(this.analysis, row)]));
    return rows.sort((a, b) => times.get(a)! - times.get(b)! || a - b);
  }

  #deviceOf(chain: number, valueRow: number): number {
    const { devices, values } = this.analysis.tracking;
    return devices.devices.deviceOf(this.#conversation.get(chain), values.message.get(valueRow));
  }

  /** Begins anew where values are no longer held: chains lead to them. */
  #forget(): void {
    const { values } = this.analysis.tracking;
    if (values.first === this.#from) return;
    this.#from = this.#indexed = values.first;
    this.#chains = 0;
    this.#chainsOf.length = 0;
    this.#slots.fill(-1);
    this.#kept.clear();
    this.#before.dropBefore(values.first);
  }

  #add(row: number): void {
    const { values, messages } = this.analysis.tracking;
    const path = values.path.get(row);
    const conversation = messages.conversation.get(values.message.get(row));
    const chain = this.#chainOf(conversation, path);
    if (chain < this.#chains) {
      this.#before.set(row, this.#last.get(chain) + 1);
      this.#count.set(chain, this.#count.get(chain) + 1);
    } else {
      this.#before.set(row, 0);
      this.#conversation.set(chain, conversation);
      this.#path.set(chain, path);
      this.#count.set(chain, 1);
      this.#first.set(chain, row);
      this.#doubtful.set(chain, 0);
      (this.#chainsOf[path] ??= []).push(chain);
      this.#chains++;
      if (this.#chains * 2 > this.#slots.length) this.#rehash();
    }
    this.#last.set(chain, row);
    if ((values.doubts.get(row) & CASTS_DOUBT) !== 0)
      this.#doubtful.set(chain, this.#doubtful.get(chain) + 1);
  }

  /** The chain of a conversation and a path; the next free number where there is none, whose slot it then has. */
  #chainOf(conversation: number, path: number): number {
    const mask = this.#slots.length - 1;
    let slot = slotOf(conversation, path) & mask;
    for (let chain = this.#slots[slot]!; chain >= 0; chain = this.#slots[slot]!) {
      if (this.#path.get(chain) === path && this.#conversation.get(chain) === conversation) return chain;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.#chains;
    return this.#chains;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = this.#slots.length - 1;
    for (let chain = 0; chain < this.#chains; chain++) {
      let slot = slotOf(this.#conversation.get(chain), this.#path.get(chain)) & mask;
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = chain;
    }
  }
}

function join(byDevice: Map<number, Map<number, ResourceSeries>>, part: ResourceSeries): void {
  let paths = byDevice.get(part.device);
  if (paths === undefined) byDevice.set(part.device, (paths = new Map()));
  const series = paths.get(part.path);
  if (series === undefined) {
    paths.set(part.path, part);
    return;
  }
  series.count += part.count;
  series.first = Math.min(series.first, part.first);
  series.last = Math.max(series.last, part.last);
  series.doubtful += part.doubtful;
}

function slotOf(conversation: number, path: number): number {
  const hash = Math.imul(Math.imul(conversation, SPREAD) ^ path, SPREAD);
  return (hash ^ (hash >>> 15)) >>> 0;
}
