import type { Device } from '../device/device-record.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import { observedPath } from './records/observation-record.ts';
import { attributesText, idsOf, type ValueAttributes } from './value-attributes.ts';
import type { ResourceSeries, ValueIndex } from './value-index.ts';
import {
  type SeriesKey,
  SeriesKind,
  type SeriesKindCode,
  type ValueLine,
  type ValueLineQuery,
  type ValueLineWindow,
} from './value-protocol.ts';
import { seriesKindOf, type ValueReading } from './value-reading.ts';

/** Lines that one window may hold. */
const MAXIMUM_LINES = 200;
/** With more devices than this, all begin folded. */
const UNFOLDED_DEVICES = 8;
/** Points of a course in little. */
const SPARK_POINTS = 48;
/** Values looked at for the one that differs from the last. */
const VALUES_BACK = 64;
/** Characters of a value that a line shows. */
const LONGEST_TEXT = 80;
/** Values whose device nothing tells stand under this number. */
const NO_DEVICE = -1;

/** A line without what only a line in sight needs. */
interface Line {
  kind: ValueLine['kind'];
  device: number;
  path: number;
  pathText: string;
  id: string;
  name: string;
  detail: string;
  folded: boolean;
  series?: ResourceSeries;
  observed?: boolean;
}

/** What the query holds apart from its window; lines are made anew when it changes. */
function queryKey({ text, observedOnly, doubtfulOnly }: ValueLineQuery): string {
  return `${observedOnly}:${doubtfulOnly}:${text}`;
}

/** The list of devices, objects, instances and resources whose values were seen, as the page shows it. */
export class ValueLines {
  readonly #folds = new Map<string, boolean>();
  #lines: Line[] = [];
  #made = '';
  #resources = 0;
  #doubtful = 0;
  #longest: { key: SeriesKey; worth: number } | undefined;

  constructor(
    private readonly analysis: Analysis,
    private readonly devices: DeviceIndex,
    private readonly index: ValueIndex,
    private readonly reading: ValueReading,
    private readonly attributes: ValueAttributes,
  ) {}

  /** Folds or unfolds a device (`pathText` empty), an object or an instance. */
  fold(device: number, pathText: string, folded: boolean): void {
    this.#folds.set(`${device}:${pathText}`, folded);
    this.#made = '';
  }

  /** The lines that a view shows. The index must be up to date. */
  async window(query: ValueLineQuery, revision: number): Promise<ValueLineWindow> {
    this.#update(query);
    const first = Math.max(0, Math.min(query.first, this.#lines.length));
    const end = Math.min(this.#lines.length, first + Math.min(query.count, MAXIMUM_LINES));
    const lines: ValueLine[] = [];
    for (let index = first; index < end; index++) lines.push(await this.#line(this.#lines[index]!, index));
    return {
      revision,
      total: this.#lines.length,
      resources: this.#resources,
      doubtful: this.#doubtful,
      longest: this.#longest?.key,
      first,
      lines,
    };
  }

  #update(query: ValueLineQuery): void {
    const { devices, observations, values } = this.analysis.tracking;
    const made = `${values.first}:${this.index.indexed}:${devices.devices.devices.length}:${observations.observations.length}:${queryKey(query)}`;
    if (made === this.#made) return;
    this.#made = made;
    this.#lines = [];
    this.#resources = 0;
    this.#doubtful = 0;
    this.#longest = undefined;
    const byDevice = this.index.series();
    const known = this.devices.all();
    const observed = this.#observed();
    const startsFolded = known.length > UNFOLDED_DEVICES;
    for (const device of known)
      this.#addDevice(device, byDevice.get(device.index), query, observed, startsFolded);
    this.#addDevice(undefined, byDevice.get(NO_DEVICE), query, observed, startsFolded);
  }

  #addDevice(
    device: Device | undefined,
    series: Map<number, ResourceSeries> | undefined,
    query: ValueLineQuery,
    observed: ReadonlySet<string>,
    startsFolded: boolean,
  ): void {
    if (series === undefined) return;
    const number = device?.index ?? NO_DEVICE;
    const name = device === undefined ? 'Device not known' : this.devices.name(number);
    const resources: { one: ResourceSeries; ids: number[]; observed: boolean }[] = [];
    for (const one of series.values()) {
      const ids = idsOf(this.analysis.tracking.values.paths, one.path);
      const isObserved = isObservedPath(observed, number, ids);
      this.#resources++;
      if (one.doubtful > 0) this.#doubtful++;
      this.#weigh(one, number, ids);
      if (query.observedOnly && !isObserved) continue;
      if (query.doubtfulOnly && one.doubtful === 0) continue;
      if (query.text !== '' && !this.#holds(one, name, query.text.toLowerCase())) continue;
      resources.push({ one, ids, observed: isObserved });
    }
    if (resources.length === 0) return;
    resources.sort((a, b) => compareIds(a.ids, b.ids));
    const found = query.text !== '' || query.observedOnly || query.doubtfulOnly;
    const detail = resources.length === 1 ? '1 resource' : `${resources.length} resources`;
    const add = (line: Omit<Line, 'device' | 'folded' | 'detail'> & { detail?: string }): boolean => {
      const startsShut = line.kind === 'device' && startsFolded && !found;
      const folded = this.#folds.get(`${number}:${line.pathText}`) ?? startsShut;
      this.#lines.push({ detail: '', ...line, device: number, folded });
      return folded;
    };
    if (add({ kind: 'device', path: -1, pathText: '', id: name, name: '', detail })) return;
    let object = -1;
    let instance = -1;
    let objectFolded = false;
    let instanceFolded = false;
    for (const { one, ids, observed: isObserved } of resources) {
      const [objectId, instanceId, resourceId, resourceInstanceId] = ids as [number, number, number, number];
      if (objectId !== object) {
        object = objectId;
        instance = -1;
        const pathText = `/${objectId}`;
        const objectName = this.#objectName(one, objectId);
        objectFolded = add({ kind: 'object', path: -1, pathText, id: pathText, name: objectName });
      }
      if (objectFolded) continue;
      if (instanceId !== instance && instanceId >= 0) {
        instance = instanceId;
        const pathText = `/${objectId}/${instanceId}`;
        instanceFolded = add({ kind: 'instance', path: -1, pathText, id: String(instanceId), name: '' });
      }
      if (instanceFolded) continue;
      this.#lines.push({
        kind: 'resource',
        device: number,
        path: one.path,
        pathText: this.analysis.tracking.values.paths.text(one.path),
        id: resourceInstanceId >= 0 ? `${resourceId}/${resourceInstanceId}` : String(Math.max(0, resourceId)),
        name: this.reading.definition(one.last)?.name ?? '',
        detail: '',
        folded: false,
        series: one,
        observed: isObserved,
      });
    }
  }

  /** Keeps the series that is worth seeing first: one value is no course, and text makes no line. */
  #weigh(one: ResourceSeries, device: number, ids: readonly number[]): void {
    const { type } = this.analysis.tracking.values;
    const kind = seriesKindOf(ids[0]!, ids[2]!, type.get(one.last), this.reading.definition(one.last));
    const worth =
      kind === SeriesKind.number ? 2 * one.count : kind === SeriesKind.state ? one.count : one.count / 100;
    if (worth > (this.#longest?.worth ?? 0)) this.#longest = { key: { device, path: one.path }, worth };
  }

  /** Whether a resource's path, name, unit, object or device holds a text in lower case. */
  #holds(one: ResourceSeries, device: string, text: string): boolean {
    const { paths } = this.analysis.tracking.values;
    const path = paths.text(one.path);
    if (text.startsWith('/')) return path === text || path.startsWith(text.replace(/\/?$/, '/'));
    const definition = this.reading.definition(one.last);
    return [
      path,
      definition?.name ?? '',
      definition?.unit ?? '',
      this.#objectName(one, paths.id(one.path, 0)),
      device,
    ].some((candidate) => candidate.toLowerCase().includes(text));
  }

  /** Name of an object as the device of a series has it. */
  #objectName(one: ResourceSeries, objectId: number): string {
    const { tracking } = this.analysis;
    return tracking.modelOf(tracking.values.message.get(one.last)).objectName(objectId);
  }

  /** Paths under an open observation, each with its device. */
  #observed(): Set<string> {
    const { observations, paths, devices } = this.analysis.tracking;
    const observed = new Set<string>();
    for (const observation of observations.observations) {
      if (observation.ended !== 'open') continue;
      const device = devices.devices.deviceOf(observation.conversation, observation.first);
      if (device >= 0) observed.add(`${device}:${observedPath(observation, paths)}`);
    }
    return observed;
  }

  async #line(line: Line, index: number): Promise<ValueLine> {
    const shown: ValueLine = {
      index,
      kind: line.kind,
      device: line.device,
      path: line.path,
      pathText: line.pathText,
      id: line.id,
      name: line.name,
      detail: line.detail,
      collapsed: line.folded,
    };
    const { series } = line;
    if (series === undefined) return shown;
    const { values } = this.analysis.tracking;
    const definition = this.reading.definition(series.last);
    const ids = idsOf(values.paths, series.path);
    const kind = seriesKindOf(ids[0], ids[2], values.type.get(series.last), definition);
    const last = (await this.reading.read(series.last))?.text;
    shown.last = last === undefined ? '' : shortened(last);
    shown.unit = definition?.unit ?? '';
    shown.lastTime = this.reading.time(series.last);
    shown.firstTime = this.reading.time(series.first);
    shown.lastRow = values.message.get(series.last);
    shown.samples = series.count;
    shown.operations = definition?.operations ?? '';
    shown.observed = line.observed ?? false;
    shown.doubts = series.doubtful;
    shown.seriesKind = kind;
    const attributes = attributesText(
      this.attributes.at(series.device, series.path, this.analysis.tracking.clock),
    );
    if (attributes !== '') shown.attributes = attributes;
    const rows = this.index.rowsOf(series.device, series.path);
    const previous = await this.#previous(rows, last);
    if (previous !== undefined) shown.previous = shortened(previous);
    shown.spark = this.#spark(rows, kind);
    return shown;
  }

  /** The last value that differs from `last`, among the values just before it. */
  async #previous(rows: Uint32Array, last: string | undefined): Promise<string | undefined> {
    for (let at = rows.length - 2; at >= Math.max(0, rows.length - VALUES_BACK); at--) {
      const read = await this.reading.read(rows[at]!);
      if (read !== undefined && read.text !== last) return read.text;
    }
    return undefined;
  }

  #spark(rows: Uint32Array, kind: SeriesKindCode): Float32Array<ArrayBuffer> {
    const { values, clock } = this.analysis.tracking;
    const points = Math.min(rows.length, SPARK_POINTS);
    const spark = new Float32Array(points * 2);
    let least = Infinity;
    let most = -Infinity;
    const picked: number[] = [];
    for (let point = 0; point < points; point++) {
      const at = points === 1 ? 0 : Math.round((point * (rows.length - 1)) / (points - 1));
      const row = rows[at]!;
      picked.push(row);
      const number = values.number.get(row);
      if (!Number.isFinite(number)) continue;
      least = Math.min(least, number);
      most = Math.max(most, number);
    }
    const end = Math.max(clock, 1);
    picked.forEach((row, point) => {
      spark[point * 2] = Math.max(0, Math.min(1, this.reading.time(row) / end));
      const number = kind === SeriesKind.text ? NaN : values.number.get(row);
      spark[point * 2 + 1] = most > least ? (number - least) / (most - least) : number === least ? 0.5 : NaN;
    });
    return spark;
  }
}

function isObservedPath(observed: ReadonlySet<string>, device: number, ids: readonly number[]): boolean {
  let path = `${device}:`;
  for (const id of ids) {
    if (id < 0) break;
    path += `/${id}`;
    if (observed.has(path)) return true;
  }
  return false;
}

function compareIds(a: readonly number[], b: readonly number[]): number {
  for (let level = 0; level < 4; level++) {
    const difference = a[level]! - b[level]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function shortened(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}
