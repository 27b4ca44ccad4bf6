import type {
  BooleanField,
  EnumeratedField,
  NamedValue,
  NumberField,
  NumberOfRow,
  PresenceField,
  TextField,
} from './field.ts';

type Declared<Field> = Omit<Field, 'kind' | 'where' | 'name' | 'title' | 'wireshark'>;

/** The field has this name in Wireshark too, and says the same there. */
export const WIRESHARK = true;
/** The field's name is that of the records alone. */
export const OWN = false;

/** Declares a number field that lives in columns; whole numbers unless `more` says otherwise. */
export function number(
  name: string,
  title: string,
  wireshark: boolean,
  sources: readonly NumberOfRow[],
  more: { unit?: string; whole?: boolean } = {},
): NumberField {
  return { kind: 'number', where: 'columns', name, title, wireshark, sources, whole: true, ...more };
}

/** Declares a field with named values that lives in columns. */
export function enumerated(
  name: string,
  title: string,
  wireshark: boolean,
  more: Declared<EnumeratedField>,
): EnumeratedField {
  return { kind: 'enumerated', where: 'columns', name, title, wireshark, ...more };
}

/** Declares a text field that lives in columns. */
export function text(name: string, title: string, wireshark: boolean, more: Declared<TextField>): TextField {
  return { kind: 'text', where: 'columns', name, title, wireshark, ...more };
}

/** Declares a field that is true or false and lives in columns. */
export function boolean(
  name: string,
  title: string,
  wireshark: boolean,
  sources: readonly NumberOfRow[],
): BooleanField {
  return { kind: 'boolean', where: 'columns', name, title, wireshark, sources };
}

/** Declares a field that is there or not, known from columns. */
export function presence(
  name: string,
  title: string,
  wireshark: boolean,
  has: (row: number) => boolean,
): PresenceField {
  return { kind: 'presence', where: 'columns', name, title, wireshark, has };
}

/** Names indexed by number; an empty name is a number that means "none". */
export function namedByIndex(names: readonly string[]): NamedValue[] {
  return names.flatMap((name, value) => (name === '' ? [] : [{ value, names: [name] }]));
}

/** The number of a row, NaN where its name is empty or missing. */
export function indexWithName(names: readonly string[], source: NumberOfRow): NumberOfRow {
  return (row) => {
    const value = source(row);
    return value < names.length && names[value] !== '' ? value : NaN;
  };
}

/** The number of a row, NaN where it is the column's mark for "none". */
export function unless(none: number, source: NumberOfRow): NumberOfRow {
  return (row) => {
    const value = source(row);
    return value === none ? NaN : value;
  };
}
