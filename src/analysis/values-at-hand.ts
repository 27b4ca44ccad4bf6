import { type MessageRow, NO_ROW } from '../capture/units.ts';
import { isRequest } from '../coap/code.ts';
import type { Transfer } from '../coap/transfer.ts';
import { Operation } from '../lwm2m/operation.ts';
import { type LwM2mPath, parsePath } from '../lwm2m/path.ts';
import { parseRegistrationQuery, type RegistrationQuery } from '../lwm2m/query.ts';
import type { ResourceDefinition } from '../lwm2m/registry/object-definition.ts';
import { readValue } from '../lwm2m/value-text.ts';
import { Doubt, ValueType, type ValueTypeCode } from '../lwm2m/value.ts';
import type { Analysis } from './analysis.ts';
import type { EachValue, IdOfRow } from './filter/field.ts';
import type { MessageValuesAccess } from './filter/values-access.ts';
import type { MessageAtHand } from './message-at-hand.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { MessageFacts } from './message-facts.ts';
import { MessageFlag } from './message-table.ts';
import { doubtTexts } from './records/doubt-text.ts';

const ROOT = parsePath('/');
/** A body of more bytes is not read for the texts of its values, which then are unknown: a package has one value. */
const LONGEST_BODY = 1 << 16;
/** Things of one kind that completion offers, and paths that are looked at for them. */
const OFFERED = 100;
const PATHS_LOOKED_AT = 10_000;
const LEVELS = ['objectId', 'instanceId', 'resourceId', 'resourceInstanceId'] as const;

/**
 * The paths and values of one message after the other: what fields ask that stands in the table of values. Texts are
 * read again from bytes, which `take` makes ready.
 */
export class ValuesAtHand implements MessageValuesAccess {
  /** Row in the table of values; -1 where the path of the operation is at hand. */
  #value = -1;
  #message: MessageRow = NO_ROW;
  #path: LwM2mPath = ROOT;
  #pathText = -1;
  #body: Uint8Array | undefined;
  #bodyRow: MessageRow = NO_ROW;
  readonly #definitions: ResourceDefinition[] = [];
  readonly #definitionIds = new Map<ResourceDefinition, number>();
  readonly #queries = new Map<number, RegistrationQuery>();

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly pathOfRow: IdOfRow,
    private readonly atHand?: MessageAtHand,
    private readonly bytes?: MessageBytes,
  ) {}

  /** Makes the bytes of a row ready, those of its whole body too. Gives nothing to wait for where they are at hand. */
  readonly take = (row: MessageRow): Promise<void> | undefined => {
    const wait = this.atHand?.take(row);
    if (this.#bodyRow === row) return wait;
    this.#bodyRow = NO_ROW;
    const transfer = this.#wholeTransfer(row);
    if (transfer === undefined || this.bytes === undefined || transfer.received > LONGEST_BODY) return wait;
    return this.#takeBody(row, transfer, wait, this.bytes);
  };

  async #takeBody(
    row: MessageRow,
    transfer: Transfer,
    wait: Promise<void> | undefined,
    bytes: MessageBytes,
  ): Promise<void> {
    await wait;
    this.#body = await bytes.transferBody(transfer);
    this.#bodyRow = row;
  }

  readonly eachPath: EachValue = (row, visit) => {
    const path = this.pathOfRow(row);
    if (path >= 0) {
      this.#value = -1;
      this.#message = row;
      this.#pathText = path;
      this.#path = this.analysis.tracking.paths.path(path);
      if (visit(row)) return true;
    }
    return this.eachValue(row, visit);
  };

  readonly eachValue: EachValue = (row, visit) => {
    const { messages, values } = this.analysis.tracking;
    const first = this.facts.firstCopy(row);
    if (!messages.has(first, MessageFlag.hasValues)) return false;
    this.#message = first;
    for (let at = values.firstOf(first); at >= 0 && at < values.count; at++) {
      if (values.message.get(at) !== first) return false;
      this.#value = at;
      if (visit(row)) return true;
    }
    return false;
  };

  readonly level = (level: 0 | 1 | 2 | 3): number => {
    const { values } = this.analysis.tracking;
    const id =
      this.#value < 0 ? this.#path[LEVELS[level]] : values.paths.id(values.path.get(this.#value), level);
    return id < 0 ? NaN : id;
  };

  /** Paths of operations are even, those of values odd. */
  readonly pathId = (): number =>
    this.#value < 0 ? this.#pathText * 2 : this.analysis.tracking.values.path.get(this.#value) * 2 + 1;

  readonly pathOf = (id: number): string => {
    const { messages, values } = this.analysis.tracking;
    return id % 2 === 0 ? messages.texts.text(id / 2) : values.paths.text((id - 1) / 2);
  };

  readonly definitionId = (): number => {
    const object = this.level(0);
    const resource = this.level(2);
    // What is absent is NaN, which is no id.
    if (!(object >= 0 && resource >= 0)) return -1;
    const definition = this.analysis.tracking.modelOf(this.#message).resource(object, resource);
    if (definition === undefined) return -1;
    let id = this.#definitionIds.get(definition);
    if (id === undefined) {
      id = this.#definitions.push(definition) - 1;
      this.#definitionIds.set(definition, id);
    }
    return id;
  };

  readonly nameOf = (id: number): string => this.#definitions[id]?.name ?? '';
  readonly unitOf = (id: number): string => this.#definitions[id]?.unit ?? '';
  readonly type = (): number => this.analysis.tracking.values.type.get(this.#value);

  readonly number = (): number => {
    const { values } = this.analysis.tracking;
    return values.type.get(this.#value) === ValueType.objlnk ? NaN : values.number.get(this.#value);
  };

  readonly doubts = (): number => this.analysis.tracking.values.doubts.get(this.#value);
  readonly doubtsOf = doubtTexts;

  readonly text = (row: number): string | undefined => {
    const { values } = this.analysis.tracking;
    const at = this.#value;
    if ((values.doubts.get(at) & Doubt.baseAdded) !== 0) return String(values.number.get(at));
    const body = this.#bodyOf(row);
    if (body === undefined) return undefined;
    const type = values.type.get(at) as ValueTypeCode;
    const format = this.facts.bodyFormat(this.#message);
    return String(readValue(type, format, body, values.start.get(at), values.end(at, body.length)));
  };

  readonly isGuessed = (row: number): boolean => this.facts.isGuessed(row);
  readonly isIncomplete = (row: number): boolean => this.facts.isIncomplete(row);

  readonly registrationId = (row: number): number => {
    const { messages } = this.analysis.tracking;
    const operation = messages.operation.get(row);
    if (operation !== Operation.register && operation !== Operation.update) return -1;
    if (!isRequest(messages.code.get(row))) return -1;
    const query = messages.query.get(row);
    return query === 0 ? -1 : query;
  };

  readonly registration = (id: number): RegistrationQuery => {
    let query = this.#queries.get(id);
    if (query === undefined) {
      query = parseRegistrationQuery(this.analysis.tracking.messages.texts.text(id));
      this.#queries.set(id, query);
    }
    return query;
  };

  readonly knownPaths = (): readonly string[] => {
    const { messages } = this.analysis.tracking;
    const known = new Set<number>();
    const from = messages.firstRow;
    const end = Math.min(messages.count, from + PATHS_LOOKED_AT);
    for (let row = from; row < end && known.size < OFFERED; row++) known.add(this.pathOfRow(row));
    known.delete(-1);
    return [...known].map((id) => messages.texts.text(id)).sort();
  };

  readonly knownPlaces = (): readonly string[] => {
    const { paths } = this.analysis.tracking.values;
    const known = new Set(this.knownPaths());
    for (let path = 0; path < Math.min(paths.count, PATHS_LOOKED_AT) && known.size < 2 * OFFERED; path++) {
      known.add(`/${paths.id(path, 0)}`);
      known.add(paths.text(path));
    }
    return [...known].sort();
  };

  readonly knownNames = (): readonly string[] => this.#known(({ name }) => name);
  readonly knownUnits = (): readonly string[] => this.#known(({ unit }) => unit);
  readonly knownVersions = (): readonly string[] => this.#ofDevices(({ versions }) => versions);
  readonly knownBindings = (): readonly string[] => this.#ofDevices(({ bindings }) => bindings);

  #known(textOf: (definition: ResourceDefinition) => string): string[] {
    const { paths } = this.analysis.tracking.values;
    const known = new Set<string>();
    for (let path = 0; path < Math.min(paths.count, PATHS_LOOKED_AT) && known.size < OFFERED; path++) {
      const resource = paths.id(path, 2);
      const definition =
        resource < 0 ? undefined : this.analysis.registry.newest.resource(paths.id(path, 0), resource);
      if (definition !== undefined) known.add(textOf(definition));
    }
    known.delete('');
    return [...known].sort();
  }

  #ofDevices(textsOf: (device: { versions: string[]; bindings: string[] }) => readonly string[]): string[] {
    const { devices } = this.analysis.tracking.devices.devices;
    return [...new Set(devices.slice(0, PATHS_LOOKED_AT).flatMap(textsOf))].slice(0, OFFERED).sort();
  }

  #bodyOf(row: MessageRow): Uint8Array | undefined {
    if (this.#wholeTransfer(row) !== undefined) return this.#bodyRow === row ? this.#body : undefined;
    const view = this.atHand?.message(row);
    return view?.bytes.subarray(view.payloadStart, view.payloadEnd);
  }

  /** The transfer whose body holds the values of a message; undefined where its own payload does. */
  #wholeTransfer(row: MessageRow): Transfer | undefined {
    const { messages, transfers } = this.analysis.tracking;
    const first = this.facts.firstCopy(row);
    if (!messages.has(first, MessageFlag.hasValues)) return undefined;
    const transfer = transfers.transfers[messages.transfer.get(first) - 1];
    return transfer?.wholeRow === first ? transfer : undefined;
  }
}
