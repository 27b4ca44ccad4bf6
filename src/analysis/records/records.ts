import type { MessageRow } from '../../capture/units.ts';
import { type CompiledFilter, passesFilter } from '../filter/compile.ts';
import type { Analysis } from '../analysis.ts';
import { estimateClock } from '../clock-estimate.ts';
import { DeviceIndex } from '../device-index.ts';
import { MessageBytes } from '../message-bytes.ts';
import { MessageFacts } from '../message-facts.ts';
import { bootstrapRecord } from './bootstrap-record.ts';
import { ValueReading } from '../value-reading.ts';
import { deviceRecord } from './device-record.ts';
import { firmwareRecord } from './firmware-record.ts';
import { infoRecord } from './info-record.ts';
import type { JsonObject } from './json.ts';
import { MessageRecords } from './message-record.ts';
import { observationRecord } from './observation-record.ts';
import type { RecordContext } from './record-context.ts';
import { sessionRecord } from './session-record.ts';
import { transferRecord } from './transfer-record.ts';
import { valueRecord } from './value-record.ts';

/** The kinds of records that exist, as commands of the command line. */
export const RECORD_KINDS = [
  'info',
  'messages',
  'devices',
  'sessions',
  'transfers',
  'observations',
  'firmware',
  'values',
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** Makes the records of one analysis from its tables, for the command line and the exports alike. */
export class Records {
  readonly #context: RecordContext;
  readonly #messageRecords: MessageRecords;

  /**
   * With `redact`, values that are keys, identities of keys or passwords are left out (`"value":"","redacted":true`),
   * and so are credentials in addresses and the hashes of bodies that hold such values.
   */
  constructor(analysis: Analysis, redact = false) {
    const facts = new MessageFacts(analysis);
    const bytes = new MessageBytes(analysis);
    const devices = new DeviceIndex(analysis);
    this.#context = { analysis, facts, bytes, devices, redact };
    this.#messageRecords = new MessageRecords(this.#context);
  }

  /** The record of one message while more are to come, without the keys that only later frames decide. */
  message(row: MessageRow): Promise<JsonObject> {
    return this.#messageRecords.record(row, false);
  }

  /** The record of one device; undefined where there is none of this index. */
  device(index: number): JsonObject | undefined {
    const device = this.#context.analysis.tracking.devices.devices.devices[index];
    return device === undefined ? undefined : deviceRecord(this.#context, device);
  }

  /** All records of a kind, in order; messages and values only those that pass the filter. */
  async *of(kind: RecordKind, filter?: CompiledFilter): AsyncGenerator<JsonObject> {
    const { analysis } = this.#context;
    const { tracking } = analysis;
    switch (kind) {
      case 'info':
        for (const [index, file] of analysis.files.entries())
          yield infoRecord(analysis, file, await estimateClock(analysis, this.#context.bytes, index));
        break;
      case 'messages':
        yield* this.#messages(filter);
        break;
      case 'devices':
        for (const device of this.#context.devices.all()) yield deviceRecord(this.#context, device);
        break;
      case 'sessions':
        yield* this.#sessions();
        break;
      case 'transfers':
        for (const transfer of tracking.transfers.transfers)
          yield await transferRecord(this.#context, transfer);
        break;
      case 'observations':
        for (const [index, observation] of tracking.observations.observations.entries()) {
          const record = await observationRecord(this.#context, observation, index);
          if (record !== undefined) yield record;
        }
        break;
      case 'firmware':
        for (const attempt of tracking.devices.firmware.attempts)
          yield await firmwareRecord(this.#context, attempt);
        break;
      case 'values':
        yield* this.#values(filter);
        break;
    }
  }

  /** Registrations and bootstraps by their beginning; of those that begin at one time, bootstraps first. */
  *#sessions(): Generator<JsonObject> {
    const { registrations, bootstraps } = this.#context.analysis.tracking.devices;
    const bootstrapped = bootstraps.bootstraps.filter((bootstrap) => !bootstrap.isSecondView);
    let next = 0;
    for (const registration of registrations.registrations) {
      if (registration.duplicateOf >= 0) continue;
      for (; next < bootstrapped.length && bootstrapped[next]!.from <= registration.from; next++)
        yield bootstrapRecord(this.#context, bootstrapped[next]!);
      yield sessionRecord(this.#context, registration);
    }
    for (; next < bootstrapped.length; next++) yield bootstrapRecord(this.#context, bootstrapped[next]!);
  }

  /** Records of the values of all messages that pass the filter, or of `rows` of the value table. */
  async *values(rows: Iterable<number> | AsyncIterable<number>): AsyncGenerator<JsonObject> {
    const { analysis, facts, bytes } = this.#context;
    const reading = new ValueReading(analysis, facts, bytes);
    for await (const row of rows) {
      const record = await valueRecord(this.#context, reading, row);
      if (record !== undefined) yield record;
    }
  }

  #values(filter: CompiledFilter | undefined): AsyncGenerator<JsonObject> {
    const { values } = this.#context.analysis.tracking;
    async function* passing(): AsyncGenerator<number> {
      for (let row = values.first; row < values.count; row++)
        if (filter === undefined || (await passesFilter(filter, values.message.get(row)))) yield row;
    }
    return this.values(passing());
  }

  async *#messages(filter: CompiledFilter | undefined): AsyncGenerator<JsonObject> {
    const { messages } = this.#context.analysis.tracking;
    for (let row = messages.firstRow; row < messages.count; row++)
      if (filter === undefined || (await passesFilter(filter, row)))
        yield await this.#messageRecords.record(row);
  }
}
