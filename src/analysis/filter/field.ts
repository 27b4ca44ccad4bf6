import type { Nanoseconds } from '../../capture/units.ts';

/**
 * Where a field's values are kept, from cheap to dear: in columns of the message table, in a table beside it, or
 * only in the message's bytes, which are read again. A filter's `reads` is the dearest of its fields, so that
 * the caller can make the bytes of a row ready before it asks; cheap fields are asked first.
 */
export const FIELD_PLACES = ['columns', 'values', 'bytes'] as const;
export type FieldPlace = (typeof FIELD_PLACES)[number];

/** What one row gives for a number field; NaN where the row has no such value. */
export type NumberOfRow = (row: number) => number;

/** Id of an interned text; −1 where the row has none. */
export type IdOfRow = (row: number) => number;

/**
 * Walks over the values of a row: makes each in turn the one that the field's sources give, and stops at the first for
 * which `visit` is true. Gives whether it was true for one.
 */
export type EachValue = (row: number, visit: (row: number) => boolean) => boolean;

interface FieldDescription {
  /** Dotted path of the field in the records, or the name that Wireshark has for it. */
  name: string;
  /** What the field says, in a few words, for completion and documentation. */
  title: string;
  where: FieldPlace;
  /** True where Wireshark has a field of this name that says the same. */
  wireshark: boolean;
  /** For fields that only the bytes answer, of which a message may have any number of values. */
  each?: EachValue;
}

/** A number. Several sources give a field several values. */
export interface NumberField extends FieldDescription {
  kind: 'number';
  sources: readonly NumberOfRow[];
  /** Only whole numbers are asked for. */
  whole: boolean;
  unit?: string;
  /** Whether there is a value at all, where some values are no numbers. */
  has?: (row: number) => boolean;
  /** What is asked in its place where it is compared with text. */
  orText?: ReadTextField;
}

/** A number and its names; the first name is the one that completion offers. */
export interface NamedValue {
  value: number;
  names: readonly string[];
}

/** A number whose values have names. */
export interface EnumeratedField extends FieldDescription {
  kind: 'enumerated';
  sources: readonly NumberOfRow[];
  values: readonly NamedValue[];
  /** The number itself is known to people, and may be written in place of a name. */
  numeric: boolean;
  /** Reads a spelling that is not in `values`, such as any code `c.dd`; undefined where it is none. */
  read?: (text: string) => number | undefined;
}

/**
 * Interned text. `textOf` must give the same text for an id as long as a compiled filter is in use: what was
 * found for a text is kept by id.
 */
export interface TextField extends FieldDescription {
  kind: 'text';
  idOf: IdOfRow;
  textOf: (id: number) => string;
  /** For text that holds several values, such as the segments of a path. */
  partsOf?: (text: string) => readonly string[];
  /** Texts to offer while typing; a bounded number. */
  known?: () => readonly string[];
}

/** Text that is read anew for each row, such as from its bytes; undefined where the row has none. */
export interface ReadTextField extends FieldDescription {
  kind: 'text';
  textOfRow: (row: number) => string | undefined;
  /** Texts to offer while typing; a bounded number. */
  known?: () => readonly string[];
}

/** True or false; NaN where the row has neither. A bare name asks whether there is a value, not whether it is true. */
export interface BooleanField extends FieldDescription {
  kind: 'boolean';
  sources: readonly NumberOfRow[];
}

/** A thing that a row has or has not, such as a protocol; compared with nothing. */
export interface PresenceField extends FieldDescription {
  kind: 'presence';
  has: (row: number) => boolean;
}

/** IP addresses, as interned text of the ends of a message; only those of the field's version count. */
export interface AddressField extends FieldDescription {
  kind: 'address';
  version: 4 | 6;
  ends: readonly IdOfRow[];
  textOf: (id: number) => string;
}

/** An IPv6 address that only the bytes give, as 16 bytes; undefined where the row has none. */
export interface ReadAddressField extends FieldDescription {
  kind: 'address';
  version: 6;
  bytesOfRow: (row: number) => Uint8Array | undefined;
}

/** Some bytes, few enough to be compared one by one. */
export interface BytesField extends FieldDescription {
  kind: 'bytes';
  /** Number of bytes; −1 where the row has none. */
  lengthOf: (row: number) => number;
  byteAt: (row: number, index: number) => number;
}

/** A moment: an offset in nanoseconds from an epoch, which may be unknown until the first row is asked. */
export interface TimeField extends FieldDescription {
  kind: 'time';
  offsetOf: (row: number) => Nanoseconds;
  epoch: () => { seconds: number; nanoseconds: number };
}

export type FilterField =
  | NumberField
  | EnumeratedField
  | TextField
  | ReadTextField
  | BooleanField
  | PresenceField
  | AddressField
  | ReadAddressField
  | BytesField
  | TimeField;

/** Another name of a field. */
export interface FieldAlias {
  alias: string;
  field: string;
  /** True where the name is Wireshark's. */
  wireshark: boolean;
}

/** The fields a filter may name. */
export interface FilterFields {
  readonly fields: readonly FilterField[];
  readonly aliases: readonly FieldAlias[];
  /** The field of a name or alias, in upper or lower case. */
  find(name: string): FilterField | undefined;
}

/** Joins fields and their aliases for look-up. An alias of a field that is not there is left out. */
export function filterFields(
  fields: readonly FilterField[],
  aliases: readonly FieldAlias[] = [],
): FilterFields {
  const byName = new Map<string, FilterField>();
  for (const field of fields) byName.set(field.name.toLowerCase(), field);
  const used: FieldAlias[] = [];
  for (const alias of aliases) {
    const field = byName.get(alias.field.toLowerCase());
    if (field === undefined) continue;
    byName.set(alias.alias.toLowerCase(), field);
    used.push(alias);
  }
  return { fields, aliases: used, find: (name) => byName.get(name.toLowerCase()) };
}
