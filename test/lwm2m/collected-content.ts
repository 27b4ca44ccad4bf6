import { contentFormat } from '../../src/lwm2m/content-format.ts';
import { parsePath, pathText } from '../../src/lwm2m/path.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import {
  type ContentContext,
  type ContentResult,
  type ContentSink,
  NO_ID,
  type ValueTypeCode,
} from '../../src/lwm2m/value.ts';
import { readValue, type Value } from '../../src/lwm2m/value-text.ts';

/** A value that a content reader gave. */
export interface CollectedValue {
  /** `?` for a level without an id above one that has one. */
  path: string;
  type: ValueTypeCode;
  number: number;
  value: Value;
  doubts: number;
  start: number;
  end: number;
  time: number;
}

/** All that a content reader gave. */
export interface CollectedContent {
  result: ContentResult;
  values: CollectedValue[];
  /** What a list of paths names. */
  names: string[];
}

export const registry = ObjectRegistry.core();
await registry.loadAll();

/** Bytes of hex text; spaces and line breaks do not count. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/\s+/g, ''), 'hex'));
}

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What a reader is told of a request with this path. */
export function contextOf(path: string, listsPaths = false): ContentContext {
  const { objectId, instanceId, resourceId, resourceInstanceId } = parsePath(path);
  return {
    objectId,
    instanceId,
    resourceId,
    resourceInstanceId,
    listsPaths,
    typeOf: (object, resource) => registry.newest.typeOf(object, resource),
  };
}

function pathOf(ids: number[]): string {
  const last = ids.findLastIndex((id) => id !== NO_ID);
  return (
    ids
      .slice(0, last + 1)
      .map((id) => (id === NO_ID ? '/?' : pathText(id, NO_ID, NO_ID, NO_ID)))
      .join('') || '/'
  );
}

/** Reads a content from the middle of a larger array, so that nothing can rely on where it starts or ends. */
export function collect(
  format: number,
  path: string,
  content: Uint8Array,
  sink?: Partial<ContentSink>,
  listsPaths = false,
): CollectedContent {
  const before = 3;
  const bytes = new Uint8Array(content.length + before + 4).fill(0xc1);
  bytes.set(content, before);
  const values: CollectedValue[] = [];
  const names: string[] = [];
  const result = contentFormat(format)!.read!(
    bytes,
    before,
    before + content.length,
    contextOf(path, listsPaths),
    {
      ...sink,
      name(objectId, instanceId, resourceId, resourceInstanceId) {
        names.push(pathOf([objectId, instanceId, resourceId, resourceInstanceId]));
      },
      value(objectId, instanceId, resourceId, resourceInstanceId, type, number, start, end, doubts, time) {
        values.push({
          path: pathOf([objectId, instanceId, resourceId, resourceInstanceId]),
          type,
          number,
          value: readValue(type, format, bytes, start, end),
          doubts,
          start: start - before,
          end: end - before,
          time,
        });
      },
    },
  );
  return { result, values, names };
}

/** The values of a content by path. */
export function valuesByPath(content: CollectedContent): Record<string, Value> {
  return Object.fromEntries(content.values.map(({ path, value }) => [path, value]));
}
