import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { isRequest } from '../coap/code.ts';
import { hasValueNames } from '../lwm2m/value-names.ts';
import { describeValue, readValue, type Value } from '../lwm2m/value-text.ts';
import { Doubt, isRelativeTime, VALUE_TYPE_NAMES, ValueType, type ValueTypeCode } from '../lwm2m/value.ts';
import type { ResourceDefinition } from '../lwm2m/registry/object-definition.ts';
import { sensitiveKind } from '../lwm2m/sensitive-data.ts';
import type { Analysis } from './analysis.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { MessageFacts } from './message-facts.ts';
import { SeriesKind, type SeriesKindCode } from './value-protocol.ts';

/** Doubts of a value itself. That nothing defines its resource says nothing against it: its line says so. */
export const CASTS_DOUBT = ~Doubt.unknownResource;

/** What is shown of a value: read from its bytes when somebody looks. */
export interface ReadValue {
  value: Value;
  /** As people read it: enumerations named, Time as UTC, without its unit; a secret covered. */
  text: string;
  /** True for a key, a password and the like (LwM2M Core §5). */
  isSecret: boolean;
  /** Bytes it takes in its content. */
  length: number;
}

/** Stands for a secret where people look in passing. */
const COVER = '••••';

/** Time of a value: its own where it has one (RFC 8428 §4.5.3), else that of its message. */
export function timeOfValue(analysis: Analysis, valueRow: number): Nanoseconds {
  const { values, messages } = analysis.tracking;
  const told = messages.time.get(values.message.get(valueRow));
  const own = values.time.get(valueRow);
  if (Number.isNaN(own)) return told;
  if (isRelativeTime(own)) return told + own * 1e9;
  const { epochSeconds, epochNanoseconds } = analysis.frames;
  return (own - epochSeconds) * 1e9 - epochNanoseconds;
}

/** Reads single values of the value table again from the bytes of their messages. */
export class ValueReading {
  #row: MessageRow = -1;
  #body: Uint8Array | undefined;

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly bytes: MessageBytes,
  ) {}

  /** The definition of a value's resource that holds for its device, or undefined where none is known. */
  definition(valueRow: number): ResourceDefinition | undefined {
    const { values } = this.analysis.tracking;
    const path = values.path.get(valueRow);
    const resourceId = values.paths.id(path, 2);
    if (resourceId < 0) return undefined;
    const model = this.analysis.tracking.modelOf(values.message.get(valueRow));
    return model.resource(values.paths.id(path, 0), resourceId);
  }

  /** Name of the type that a value was read as. */
  typeName(valueRow: number): string {
    return VALUE_TYPE_NAMES[this.analysis.tracking.values.type.get(valueRow)]!;
  }

  /** Time of a value: its own where it has one, else that of its message. */
  time(valueRow: number): Nanoseconds {
    return timeOfValue(this.analysis, valueRow);
  }

  /** True where the server set the value, false where the device told it. */
  isWritten(valueRow: number): boolean {
    const { values } = this.analysis.tracking;
    return this.facts.direction(values.message.get(valueRow)) === 2;
  }

  /** True where a request brought the value and its answer refused it. */
  isRefused(valueRow: number): boolean {
    const { values, messages } = this.analysis.tracking;
    const row = values.message.get(valueRow);
    if (!isRequest(messages.code.get(row))) return false;
    const partner = this.facts.partner(row);
    return partner >= 0 && messages.code.get(partner) >> 5 >= 4;
  }

  /** The value itself; undefined where its bytes are gone. */
  async read(valueRow: number): Promise<ReadValue | undefined> {
    const { values } = this.analysis.tracking;
    const row = values.message.get(valueRow);
    if (row !== this.#row) {
      this.#body = await this.bytes.body(row);
      this.#row = row;
    }
    const body = this.#body;
    if (body === undefined) return undefined;
    const type = values.type.get(valueRow) as ValueTypeCode;
    const start = values.start.get(valueRow);
    const end = values.end(valueRow, body.length);
    const value =
      values.doubts.get(valueRow) & Doubt.baseAdded
        ? values.number.get(valueRow)
        : readValue(type, this.facts.bodyFormat(row), body, start, end);
    const path = values.path.get(valueRow);
    const objectId = values.paths.id(path, 0);
    const resourceId = values.paths.id(path, 2);
    const definition = this.definition(valueRow);
    const isSecret = sensitiveKind(objectId, resourceId, definition, value) !== undefined;
    return {
      value,
      text: isSecret
        ? COVER
        : describeValue(objectId, resourceId, type, value, '', definition?.limits?.names),
      isSecret,
      length: end - start,
    };
  }
}

/** How the values of a resource are drawn, by the type they were read as. */
export function seriesKindOf(
  objectId: number,
  resourceId: number,
  type: number,
  definition: ResourceDefinition | undefined,
): SeriesKindCode {
  switch (type) {
    case ValueType.boolean:
      return SeriesKind.state;
    case ValueType.integer:
    case ValueType.unsigned:
    case ValueType.float:
    case ValueType.time:
      return (definition?.limits?.names.size ?? 0) > 0 || hasValueNames(objectId, resourceId)
        ? SeriesKind.state
        : SeriesKind.number;
    default:
      return SeriesKind.text;
  }
}
