import { VALUE_TYPE_NAMES } from '../../lwm2m/value.ts';
import { OWN, number, text } from './field-declaration.ts';
import type { FilterField } from './field.ts';
import type { MessageValuesAccess } from './values-access.ts';

/** A path and all that it lies below: `/3/0/9` lies below `/3/0`, `/3` and `/` too. */
function pathAndAbove(path: string): string[] {
  const found = ['/'];
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) found.push(path.slice(0, at));
  if (path.length > 1) found.push(path);
  return found;
}

/** Fields of what messages say: paths, names, values and doubts of resources, and what registrations ask for. */
export function valueFields(access: MessageValuesAccess): FilterField[] {
  const { eachPath, eachValue, definitionId } = access;
  const shape = { where: 'values', wireshark: OWN } as const;
  const level = (at: 0 | 1 | 2 | 3, name: string, title: string): FilterField => ({
    kind: 'number',
    ...shape,
    name: `lwm2m.${name}`,
    title,
    whole: true,
    sources: [() => access.level(at)],
    each: eachPath,
  });
  const fromQuery = (name: 'version' | 'binding', title: string, known: () => readonly string[]) =>
    text(`lwm2m.${name}`, title, OWN, {
      idOf: (row) => {
        const id = access.registrationId(row);
        return id < 0 || access.registration(id)[name] === undefined ? -1 : id;
      },
      textOf: (id) => access.registration(id)[name] ?? '',
      known,
    });
  return [
    {
      kind: 'text',
      ...shape,
      name: 'lwm2m.under',
      title: 'path of the operation or of a value, and all above it',
      idOf: access.pathId,
      textOf: access.pathOf,
      partsOf: pathAndAbove,
      known: access.knownPlaces,
      each: eachPath,
    },
    level(0, 'object', 'object of the path or of a value'),
    level(1, 'instance', 'object instance of the path or of a value'),
    level(2, 'resource', 'resource of the path or of a value'),
    level(3, 'resource_instance', 'resource instance of the path or of a value'),
    {
      kind: 'text',
      ...shape,
      name: 'lwm2m.name',
      title: 'name of the path’s resource or of a value’s',
      idOf: definitionId,
      textOf: access.nameOf,
      known: access.knownNames,
      each: eachPath,
    },
    {
      kind: 'number',
      ...shape,
      name: 'lwm2m.value',
      title: 'each value; numbers compare, texts are read',
      whole: false,
      sources: [access.number],
      each: eachValue,
      has: () => true,
      orText: {
        kind: 'text',
        where: 'bytes',
        wireshark: OWN,
        name: 'lwm2m.value',
        title: 'each value as text',
        textOfRow: access.text,
        each: eachValue,
      },
    },
    {
      kind: 'enumerated',
      ...shape,
      name: 'lwm2m.type',
      title: 'data type that a value was read as',
      sources: [access.type],
      values: VALUE_TYPE_NAMES.map((name, value) => ({ value, names: [name] })),
      numeric: false,
      each: eachValue,
    },
    {
      kind: 'text',
      ...shape,
      name: 'lwm2m.unit',
      title: 'unit of a value’s resource',
      idOf: () => {
        const id = definitionId();
        return id < 0 || access.unitOf(id) === '' ? -1 : id;
      },
      textOf: access.unitOf,
      known: access.knownUnits,
      each: eachValue,
    },
    {
      kind: 'text',
      ...shape,
      name: 'lwm2m.doubt',
      title: 'each doubt of a value',
      idOf: () => (access.doubts() === 0 ? -1 : access.doubts()),
      textOf: (bits) => access.doubtsOf(bits).join('\n'),
      partsOf: (lines) => lines.split('\n'),
      known: () => access.doubtsOf(0xff),
      each: eachValue,
    },
    {
      kind: 'boolean',
      ...shape,
      name: 'lwm2m.guessed',
      title: 'the format of the values was recognised by shape',
      sources: [(row) => (access.isGuessed(row) ? 1 : NaN)],
    },
    {
      kind: 'boolean',
      ...shape,
      name: 'lwm2m.incomplete',
      title: 'a Create that leaves out mandatory resources',
      sources: [(row) => (access.isIncomplete(row) ? 1 : NaN)],
    },
    number(
      'lwm2m.lifetime',
      'lifetime in a Register or an Update',
      OWN,
      [
        (row) => {
          const id = access.registrationId(row);
          return id < 0 ? NaN : (access.registration(id).lifetime ?? NaN);
        },
      ],
      { unit: 'seconds' },
    ),
    fromQuery('version', 'version of LwM2M in a Register', access.knownVersions),
    fromQuery('binding', 'binding mode in a Register or an Update', access.knownBindings),
  ];
}
