import { Buffer } from 'node:buffer';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { analyseFile, recordsOf } from '../analysis/analyse.ts';

/** What is known of a message by the stack that had it. */
export interface Sought {
  token?: string;
  mid?: number;
  type?: string;
  code?: string;
  /** Value of its Observe option; null where it has none. */
  observe?: number | null;
  /** Port of one of the two ends. */
  port?: number;
}

/** What is known of a request by what was typed for it. */
export interface Asked {
  /** Code of the method. */
  code: string;
  uriPath: string;
  query?: readonly string[];
  accept?: number;
  observe?: number;
  /** Content-Format, -1 for none. */
  format?: number;
  device?: string;
}

/** Number of Location-Path (RFC 7252 §5.10). */
const LOCATION_PATH = 8;

const coapOf = (record: JsonObject): JsonObject => (record.coap ?? {}) as JsonObject;
const blockOf = (record: JsonObject, name: string): JsonObject | undefined =>
  coapOf(record)[name] as JsonObject | undefined;

/** Whether a message is sent for the first time, and is or begins a body. */
function isFirst(record: JsonObject): boolean {
  const { duplicate_of: first, code } = coapOf(record);
  if (first !== undefined) return false;
  // An answer repeats the number of the block that it answers.
  const names = String(code).startsWith('0') ? ['block1', 'block2'] : ['block2'];
  return names.every((name) => Number(blockOf(record, name)?.num ?? 0) === 0);
}

/** The messages of one capture as records, to be asked in the order in which a driver acted. */
export class Capture {
  readonly records: readonly JsonObject[];
  readonly #rows = new Map<JsonObject, number>();
  readonly #byId = new Map<string, JsonObject>();
  readonly #bytes: MessageBytes | undefined;
  readonly #taken = new Map<string, Set<JsonObject>>();
  /** Row of the request that was found last. */
  #cursor = 0;

  private constructor(records: JsonObject[], analysis: Analysis | undefined) {
    this.records = records;
    this.#bytes = analysis === undefined ? undefined : new MessageBytes(analysis);
    for (const [row, record] of records.entries()) {
      this.#rows.set(record, row);
      this.#byId.set(record.id as string, record);
    }
  }

  /** Reads a capture. */
  static async of(path: string): Promise<Capture> {
    const analysis = await analyseFile(path);
    return new Capture(await recordsOf(analysis, 'messages'), analysis);
  }

  /** The records with all of these; several where a message was repeated, or seen on two legs. */
  with({ token, mid, type, code, observe, port }: Sought): JsonObject[] {
    return this.records.filter((record) => {
      const coap = coapOf(record);
      const { srcport, dstport } = (record.udp ?? record.tcp ?? {}) as JsonObject;
      return (
        (token === undefined || coap.token === token.toLowerCase()) &&
        (mid === undefined || coap.mid === mid) &&
        (type === undefined || coap.type === type) &&
        (code === undefined || coap.code === code) &&
        (observe === undefined || (coap.observe ?? null) === observe) &&
        (port === undefined || srcport === port || dstport === port)
      );
    });
  }

  /** The next request that is like this and was not found before; repeats and further blocks are none. */
  next(asked: Asked): JsonObject[] {
    const { code, uriPath, query, accept, observe, format, device } = asked;
    const found = this.take('asked', (record) => {
      const coap = coapOf(record);
      const parts = typeof coap.uri_query === 'string' ? coap.uri_query.split('&') : [];
      return (
        this.#rows.get(record)! >= this.#cursor &&
        coap.code === code &&
        (coap.uri_path ?? '/') === uriPath &&
        (query === undefined || query.toSorted().join('&') === parts.sort().join('&')) &&
        (accept === undefined || coap.accept === accept) &&
        (observe === undefined || coap.observe === observe) &&
        (format === undefined || (coapOf(this.lastOf(record)).content_format ?? -1) === format) &&
        (device === undefined || ((record.lwm2m ?? {}) as JsonObject).device === device)
      );
    });
    for (const record of found) this.#cursor = this.#rows.get(record)!;
    return found;
  }

  /** The first message that fits and was not taken before for the same purpose; repeats and further blocks are none. */
  take(purpose: string, fits: (record: JsonObject) => boolean): JsonObject[] {
    const taken = this.#taken.get(purpose) ?? new Set();
    this.#taken.set(purpose, taken);
    const record = this.records.find((one) => !taken.has(one) && isFirst(one) && fits(one));
    if (record === undefined) return [];
    taken.add(record);
    return [record];
  }

  /** The message in which a body that begins in `record` becomes whole: the last block's; itself where it is one block. */
  lastOf(record: JsonObject): JsonObject {
    for (const name of ['block1', 'block2']) {
      if (blockOf(record, name)?.more !== true) continue;
      const ends = (one: JsonObject): string => JSON.stringify([one.ip, one.ipv6, one.udp, one.tcp]);
      const last = this.records
        .slice(this.#rows.get(record)! + 1)
        .find((one) => ends(one) === ends(record) && blockOf(one, name)?.more === false);
      return last ?? record;
    }
    return record;
  }

  /** The answer to a request, to its last block where the request has several. */
  answersTo(requests: readonly JsonObject[]): JsonObject[] {
    return requests.flatMap((request) => {
      const links = (coapOf(this.lastOf(request)).links ?? coapOf(request).links) as JsonObject | undefined;
      const answer = this.#byId.get(String(links?.response ?? ''));
      return answer === undefined ? [] : [answer];
    });
  }

  /** Path in the Location-Path options of an answer (RFC 7252 §5.10.7). */
  locationOf(answer: JsonObject): string {
    const options = (coapOf(answer).opt ?? []) as JsonObject[];
    const path = options.filter(({ number }) => number === LOCATION_PATH);
    return path.map(({ value }) => `/${String(value)}`).join('');
  }

  /** The body that a message completes. */
  async bodyOf(record: JsonObject): Promise<Buffer> {
    const row = this.#rows.get(record)!;
    return Buffer.from((await this.#bytes!.body(row)) ?? []);
  }
}
