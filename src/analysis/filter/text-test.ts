import type { AddressPrefix } from './address-literal.ts';
import { isInPrefix, readAddress, readAddressPrefix } from './address-literal.ts';
import type { Literal } from './ast.ts';
import type {
  AddressField,
  BytesField,
  FilterField,
  PresenceField,
  ReadAddressField,
  ReadTextField,
  TextField,
} from './field.ts';
import type { FieldTest } from './field-test.ts';
import { isError, readAll, wrongOperator } from './field-test.ts';
import type { FilterError } from './filter-error.ts';
import { filterError, quoted } from './filter-error.ts';
import { readBytes } from './literal.ts';
import type { RowTest } from './row-test.ts';
import { anyOf, idHolds } from './row-test.ts';

function noRange(field: FilterField, from: Literal, to: Literal, instead: string): FilterError {
  return filterError(
    { offset: from.offset, length: to.offset + to.length - from.offset },
    `${field.name} has no ranges. ${instead}`,
  );
}

/** What can be asked of a text field; upper and lower case differ, as in Wireshark. */
export function textFieldTest(field: TextField | ReadTextField): FieldTest {
  const holds = (fits: (text: string) => boolean): RowTest => {
    if ('textOfRow' in field) {
      const { textOfRow } = field;
      return (row) => {
        const text = textOfRow(row);
        return text !== undefined && fits(text);
      };
    }
    const { idOf, textOf, partsOf } = field;
    return partsOf === undefined
      ? idHolds(idOf, (id) => fits(textOf(id)))
      : idHolds(idOf, (id) => partsOf(textOf(id)).some(fits));
  };
  return {
    present: () => holds(() => true),
    compare(operator, value, span) {
      if (operator === '==') return holds((text) => text === value.text);
      if (operator === 'contains') return holds((text) => text.includes(value.text));
      return wrongOperator(field, span, 'text', '== != contains or in {…}');
    },
    among(values) {
      const texts = new Set(values.map((value) => value.text));
      return holds((text) => texts.has(text));
    },
    between: (from, to) => noRange(field, from, to, 'A text that holds .. stands in double quotes.'),
  };
}

/** What can be asked of an address field: equal means the same address, or within the prefix. */
export function addressFieldTest(field: AddressField | ReadAddressField): FieldTest {
  const holds = (fits: (address: AddressPrefix) => boolean): RowTest => {
    if ('bytesOfRow' in field) {
      const { bytesOfRow } = field;
      return (row) => {
        const bytes = bytesOfRow(row);
        return bytes !== undefined && fits({ version: 6, bytes: [...bytes], prefix: 128 });
      };
    }
    const ofId = (id: number): boolean => {
      const address = readAddress(field.textOf(id));
      return address !== undefined && address.version === field.version && fits(address);
    };
    return anyOf(field.ends.map((idOf) => idHolds(idOf, ofId)));
  };
  const example = field.version === 4 ? '10.0.0.7 or 10.0.0.0/8' : 'fe80::1 or fe80::/10';
  const read = (literal: Literal): AddressPrefix | FilterError => {
    const prefix = readAddressPrefix(literal.text);
    if (prefix === undefined) {
      return filterError(
        literal,
        `${field.name} is compared with an address or a prefix, such as ${example}; ${quoted(literal.text)} is none.`,
      );
    }
    if (prefix.version === field.version) return prefix;
    const other =
      field.version === 4 ? field.name.replace('ip.', 'ipv6.') : field.name.replace('ipv6.', 'ip.');
    return filterError(
      literal,
      `${field.name} holds IPv${field.version} addresses: use ${other} for this one.`,
    );
  };
  return {
    present: () => holds(() => true),
    compare(operator, value, span) {
      if (operator !== '==') {
        return wrongOperator(field, span, 'addresses', '== or != with an address or a prefix');
      }
      const prefix = read(value);
      return isError(prefix) ? prefix : holds((address) => isInPrefix(address, prefix));
    },
    among(values) {
      const prefixes = readAll(values, read);
      if (isError(prefixes)) return prefixes;
      return holds((address) => prefixes.some((prefix) => isInPrefix(address, prefix)));
    },
    between: (from, to) => noRange(field, from, to, `Write a prefix, such as ${example.split(' or ')[1]}.`),
  };
}

/** What can be asked of bytes: equal to others, or holding them one after the other. */
export function bytesFieldTest(field: BytesField): FieldTest {
  const { lengthOf, byteAt } = field;
  const fitsAt = (row: number, start: number, bytes: Uint8Array): boolean => {
    for (let index = 0; index < bytes.length; index++) {
      if (byteAt(row, start + index) !== bytes[index]) return false;
    }
    return true;
  };
  const read = (literal: Literal): Uint8Array | FilterError =>
    readBytes(literal.text) ??
    filterError(
      literal,
      `${field.name} is compared with bytes in hexadecimal, such as a1b2 or a1:b2; ${quoted(literal.text)} is none.`,
    );
  const equal =
    (bytes: Uint8Array): RowTest =>
    (row) =>
      lengthOf(row) === bytes.length && fitsAt(row, 0, bytes);
  return {
    present: () => (row) => lengthOf(row) >= 0,
    compare(operator, value, span) {
      if (operator !== '==' && operator !== 'contains') {
        return wrongOperator(field, span, 'bytes', '== != contains or in {…}');
      }
      const bytes = read(value);
      if (isError(bytes)) return bytes;
      if (operator === '==') return equal(bytes);
      return (row) => {
        const last = lengthOf(row) - bytes.length;
        for (let start = 0; start <= last; start++) if (fitsAt(row, start, bytes)) return true;
        return false;
      };
    },
    among(values) {
      const all = readAll(values, read);
      return isError(all) ? all : anyOf(all.map(equal));
    },
    between: (from, to) => noRange(field, from, to, 'Name its values one by one.'),
  };
}

/** What can be asked of a thing that is there or not: only that. */
export function presenceFieldTest(field: PresenceField): FieldTest {
  const refuse = (span: { offset: number; length: number }): FilterError =>
    filterError(
      span,
      `${field.name} has no value to compare: write it alone, ${field.name} or !${field.name}.`,
    );
  return {
    present: () => field.has,
    compare: (_operator, _value, span) => refuse(span),
    among: (values) => refuse(values[0] ?? { offset: 0, length: 0 }),
    between: (from) => refuse(from),
  };
}
