import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VALUE_TYPE_NAMES } from '../../src/lwm2m/value.ts';

const file = resolve(dirname(fileURLToPath(import.meta.url)), '../../../shared/registry/objects.json');

/** A resource as the source file has it: id, name, operations, multiple, mandatory, type, range, units. */
export type SourceResource = [number, string, string, number, number, string, string, string];

/** An object definition as the source file has it. */
export interface SourceObject {
  id: number;
  version: string;
  name: string;
  lwm2m: string;
  multiple: number;
  mandatory: number;
  resources: SourceResource[];
}

/** The definitions that the compact data is made from, or undefined where this machine lacks the file. */
export const SOURCE: SourceObject[] | undefined = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as { objects: SourceObject[] }).objects
  : undefined;

/** Cuts what stands at the end of a row and says nothing. */
function trimmed(row: (string | number)[]): (string | number)[] {
  const result = [...row];
  while (result.at(-1) === '') result.pop();
  return result;
}

/** Writes definitions in the compact form that `src/lwm2m/registry/README.md` describes: one object a line. */
export function compactText(objects: readonly SourceObject[]): string {
  const lines = objects.map((object) => {
    const resources = object.resources.map(
      ([id, name, operations, multiple, mandatory, type, range, units]) =>
        trimmed([
          id,
          name,
          operations,
          multiple + 2 * mandatory,
          type === '' ? 0 : VALUE_TYPE_NAMES.indexOf(type as (typeof VALUE_TYPE_NAMES)[number]),
          range,
          units,
        ]),
    );
    const flags = object.multiple + 2 * object.mandatory;
    return JSON.stringify([object.id, object.version, object.name, object.lwm2m, flags, resources]);
  });
  return `[\n${lines.join(',\n')}\n]\n`;
}
