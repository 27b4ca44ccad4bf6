import type { BytesField, EachValue, FilterField, NamedValue, NumberOfRow } from './field.ts';

/** What all fields that only the bytes answer have in common. */
interface ReadField {
  name: string;
  title: string;
  wireshark: boolean;
  each: EachValue;
}

/** Declares a whole number that is read from the bytes; `source` gives the value at hand, NaN for none. */
export function readNumber(field: ReadField, source: NumberOfRow, unit?: string): FilterField {
  const made = { kind: 'number', where: 'bytes', sources: [source], whole: true, ...field } as const;
  return unit === undefined ? made : { ...made, unit };
}

/** Declares a number with names that is read from the bytes. */
export function readNamed(field: ReadField, source: NumberOfRow, values: readonly NamedValue[]): FilterField {
  return { kind: 'enumerated', where: 'bytes', sources: [source], values, numeric: true, ...field };
}

/** Declares a bit that is read from the bytes. */
export function readFlag(field: ReadField, source: NumberOfRow): FilterField {
  return { kind: 'boolean', where: 'bytes', sources: [source], ...field };
}

/** Declares text that is read from the bytes; a row has as many texts as `each` visits. */
export function readText(field: ReadField, textOfRow: (row: number) => string | undefined): FilterField {
  return { kind: 'text', where: 'bytes', textOfRow, ...field };
}

/** Declares bytes as they stand in the message. */
export function readOpaque(
  field: ReadField,
  lengthOf: BytesField['lengthOf'],
  byteAt: BytesField['byteAt'],
): FilterField {
  return { kind: 'bytes', where: 'bytes', lengthOf, byteAt, ...field };
}

/** Declares what is there or not, as the bytes tell. */
export function readPresence(
  name: string,
  title: string,
  wireshark: boolean,
  has: (row: number) => boolean,
): FilterField {
  return { kind: 'presence', where: 'bytes', name, title, wireshark, has };
}

/** Visits the one value that a row has, where it has it. */
export function once(has: (row: number) => boolean = () => true): EachValue {
  return (row, visit) => has(row) && visit(row);
}
