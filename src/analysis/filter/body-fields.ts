import { NO_ROW } from '../../capture/units.ts';
import { WIRESHARK } from './field-declaration.ts';
import type { EachValue, FilterField, NumberOfRow } from './field.ts';
import type { MessageColumnsAccess, WholeBody } from './message-columns.ts';

/** Fields of bodies that came in blocks, from the table of transfers; on the message that makes a body whole. */
export function bodyFields(access: MessageColumnsAccess): FilterField[] {
  const { wholeBody, bodyWholeIn, frame } = access;
  let block = NO_ROW;
  const rowsOf =
    (rows: (body: WholeBody) => readonly number[]): EachValue =>
    (row, visit) => {
      const body = wholeBody(row);
      if (body === undefined) return false;
      for (const one of rows(body)) {
        block = one;
        if (visit(row)) return true;
      }
      return false;
    };
  const shape = { where: 'values', wireshark: WIRESHARK } as const;
  const number = (name: string, title: string, source: NumberOfRow, each?: EachValue): FilterField => {
    const made = { kind: 'number', ...shape, name: `coap.block${name}`, title, sources: [source] } as const;
    return each === undefined ? { ...made, whole: true } : { ...made, whole: true, each };
  };
  const ofBody =
    (read: (body: WholeBody) => number): NumberOfRow =>
    (row) => {
      const body = wholeBody(row);
      return body === undefined ? NaN : read(body);
    };
  const flag = (name: string, title: string, holds: (body: WholeBody) => boolean): FilterField => ({
    kind: 'boolean',
    ...shape,
    name: `coap.block.${name}`,
    title,
    sources: [ofBody((body) => (holds(body) ? 1 : NaN))],
  });
  return [
    {
      kind: 'presence',
      ...shape,
      name: 'coap.blocks',
      title: 'the message makes a body of blocks whole',
      has: (row) => wholeBody(row) !== undefined,
    },
    number(
      '',
      'frame of each block of the body that is whole here',
      () => frame(block),
      rowsOf(({ rows }) => rows),
    ),
    number(
      '.count',
      'blocks of the body that is whole here',
      ofBody(({ rows }) => rows.length),
    ),
    number('.reassembled.in', 'frame in which the body of this block is whole', (row) => {
      const whole = bodyWholeIn(row);
      return whole === NO_ROW ? NaN : frame(whole);
    }),
    number(
      '.reassembled.length',
      'bytes of the body that is whole here',
      ofBody(({ length }) => length),
    ),
    flag('overlap', 'a block of the body came more than once', ({ isRepeated }) => isRepeated),
    flag('overlap.conflicts', 'the body began anew, as blocks did not fit', ({ isRestarted }) => isRestarted),
    flag('multiple_tails', 'more than one block says it is the last', ({ hasSecondTail }) => hasSecondTail),
    flag('too_long', 'a block passes the end of the body', ({ tooLong }) => tooLong.length > 0),
    number(
      '.error',
      'frame of each block that passes the end of the body',
      () => frame(block),
      rowsOf(({ tooLong }) => tooLong),
    ),
  ];
}
