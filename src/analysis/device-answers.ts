import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import { deviceJoins } from './device-joins.ts';
import { MessageFacts } from './message-facts.ts';
import { DeviceLines } from './device-lines.ts';
import type {
  DeviceColumn,
  DeviceDetails,
  DeviceLine,
  DeviceTableQuery,
  DeviceTableWindow,
} from './device-protocol.ts';
import type { JsonObject } from './records/json.ts';
import { type Breathe, recordFile } from './records/record-file.ts';
import { Records } from './records/records.ts';

/** Lines that one query may ask for. */
const MAXIMUM_LINES = 200;
/** Lines that are sorted at once; longer tables are merged of such runs. */
const SORTED_AT_ONCE = 1_000;

/** Names with numbers in them in the order of the numbers. */
const COLLATOR = new Intl.Collator('en', { numeric: true });

/** Answers what the page asks of the table of devices. Lines are kept until the analysis has news. */
export class DeviceAnswers {
  readonly #lines: DeviceLines;
  readonly #facts: MessageFacts;
  #all: { revision: number; lines: DeviceLine[] } | undefined;
  #shown: { key: string; lines: DeviceLine[] } | undefined;

  constructor(
    private readonly analysis: Analysis,
    private readonly devices: DeviceIndex,
    private readonly breathe: Breathe,
  ) {
    this.#lines = new DeviceLines(analysis, devices, breathe);
    this.#facts = new MessageFacts(analysis);
  }

  /** A window of the table as it is sorted and filtered. */
  async window(query: DeviceTableQuery, revision: number): Promise<DeviceTableWindow> {
    const lines = await this.#linesOf(query, revision);
    const first = Math.max(0, Math.min(query.first, lines.length));
    return {
      revision,
      total: lines.length,
      devices: this.#all?.lines.length ?? 0,
      first,
      lines: lines.slice(first, first + Math.min(query.count, MAXIMUM_LINES)),
    };
  }

  /** Who a device is and why; undefined where there is none of this index. */
  details(index: number, revision: number): DeviceDetails | undefined {
    const table = this.analysis.tracking.devices.devices;
    const device = table.devices[table.resolve(index)];
    if (device === undefined) return undefined;
    return {
      revision,
      device: device.index,
      name: this.devices.name(device.index),
      identities: [...device.identities],
      joins: deviceJoins(this.analysis, this.#facts, device),
      joinCount: device.joinCount,
      gateway: device.gateway === undefined ? '' : this.devices.name(device.gateway.index),
    };
  }

  /** All devices by a column. */
  async order(sort: DeviceColumn, descending: boolean, revision: number): Promise<number[]> {
    const lines = await this.#linesOf({ text: '', sort, descending, first: 0, count: 0 }, revision);
    return lines.map(({ device }) => device);
  }

  /** The records of the devices that a query shows, in its order, as CSV. */
  async export(query: DeviceTableQuery, revision: number): Promise<Blob> {
    const lines = await this.#linesOf(query, revision);
    const records = new Records(this.analysis);
    function* shown(): Generator<JsonObject> {
      for (const { device } of lines) {
        const record = records.device(device);
        if (record !== undefined) yield record;
      }
    }
    return recordFile('devices', shown(), 'csv', this.breathe);
  }

  async #linesOf(query: DeviceTableQuery, revision: number): Promise<readonly DeviceLine[]> {
    const { sort, descending } = query;
    const text = query.text.trim().toLowerCase();
    const key = JSON.stringify([revision, sort, descending, text]);
    if (this.#shown?.key === key) return this.#shown.lines;
    if (this.#all?.revision !== revision) this.#all = { revision, lines: await this.#lines.all() };
    const found = text === '' ? this.#all.lines : this.#all.lines.filter((line) => holds(line, text));
    const lines =
      sort === undefined
        ? found
        : await sorted(found, (a, b) => compare(a, b, sort, descending), this.breathe);
    this.#shown = { key, lines };
    return lines;
  }
}

function holds(line: DeviceLine, text: string): boolean {
  const { name, state, version, binding, security, addresses, servers, firmware } = line;
  return [name, state, version, binding, security, addresses, servers, firmware].some((one) =>
    one.toLowerCase().includes(text),
  );
}

/** Order of two lines by a column; what has nothing there stands last either way, what is equal as it was found. */
function compare(a: DeviceLine, b: DeviceLine, column: DeviceColumn, descending: boolean): number {
  const left = a[column];
  const right = b[column];
  const isLeftEmpty = left === '' || Number.isNaN(left);
  const isRightEmpty = right === '' || Number.isNaN(right);
  let order: number;
  if (isLeftEmpty || isRightEmpty) return Number(isLeftEmpty) - Number(isRightEmpty) || a.device - b.device;
  if (typeof left === 'number' && typeof right === 'number') order = left - right;
  else order = COLLATOR.compare(String(left), String(right));
  // Of as many error answers those with more ICMP errors are worse.
  if (order === 0 && column === 'errors') order = a.icmpErrors - b.icmpErrors;
  return (descending ? -order : order) || a.device - b.device;
}

/** Items in order, giving others their turn between runs and merges. */
async function sorted<Item>(
  items: readonly Item[],
  order: (a: Item, b: Item) => number,
  breathe: Breathe,
): Promise<Item[]> {
  let runs: Item[][] = [];
  for (let at = 0; at < items.length; at += SORTED_AT_ONCE) {
    runs.push(items.slice(at, at + SORTED_AT_ONCE).sort(order));
    const pause = breathe();
    if (pause !== undefined) await pause;
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let at = 0; at < runs.length; at += 2)
      merged.push(await merge(runs[at]!, runs[at + 1] ?? [], order, breathe));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<Item>(
  left: readonly Item[],
  right: readonly Item[],
  order: (a: Item, b: Item) => number,
  breathe: Breathe,
): Promise<Item[]> {
  const merged: Item[] = [];
  let from = 0;
  for (let at = 0; at < left.length; at++) {
    while (from < right.length && order(right[from]!, left[at]!) < 0) merged.push(right[from++]!);
    merged.push(left[at]!);
    const pause = (at + 1) % SORTED_AT_ONCE === 0 ? breathe() : undefined;
    if (pause !== undefined) await pause;
  }
  for (; from < right.length; from++) merged.push(right[from]!);
  return merged;
}
