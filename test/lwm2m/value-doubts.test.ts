import { describe, expect, it } from 'vitest';
import { Encoding } from '../../src/lwm2m/content-format.ts';
import { Operation } from '../../src/lwm2m/operation.ts';
import { define } from '../../src/lwm2m/registry/object-definition.ts';
import { Access, accessOf, registryDoubts } from '../../src/lwm2m/value-doubts.ts';
import { Doubt, NO_ID, ValueType } from '../../src/lwm2m/value.ts';

const { resources } = define(
  [
    26300,
    '1.0',
    'Acme',
    '1.0',
    0,
    [
      [0, 'level', 'R', 0, ValueType.integer, '0..100'],
      [1, 'name', 'RW', 0, ValueType.string, '1..4 bytes'],
      [2, 'key', 'W', 0, ValueType.opaque, '4'],
      [3, 'list', 'RW', 1, ValueType.integer],
      [4, 'start', 'E', 0, ValueType.none],
      [5, 'secret', '', 0, ValueType.opaque],
    ],
  ],
  '',
);

interface Given {
  access?: 0 | 1 | 2;
  encoding?: 1 | 2 | 3 | 4 | 0;
  instance?: number;
  number?: number;
  bytes?: number[];
  doubts?: number;
}

function doubts(id: number, given: Given = {}): number {
  const { access = 0, encoding = 2, instance = NO_ID, number = NaN, bytes = [], doubts = 0 } = given;
  const array = new Uint8Array([9, ...bytes, 9]);
  return registryDoubts(
    resources.get(id)!,
    access,
    encoding,
    instance,
    number,
    array,
    1,
    array.length - 1,
    doubts,
  );
}

describe('registryDoubts', () => {
  it('asks the range of numbers', () => {
    expect(doubts(0, { number: 0 })).toBe(0);
    expect(doubts(0, { number: 100 })).toBe(0);
    expect(doubts(0, { number: 101 })).toBe(Doubt.outOfRange);
    expect(doubts(0, { number: -1 })).toBe(Doubt.outOfRange);
    expect(doubts(0, { number: 101, doubts: Doubt.typeDiffers })).toBe(0);
  });

  it('asks the length of texts and bytes in each encoding', () => {
    const text = [0x61, 0x62, 0x63, 0x64];
    expect(doubts(1, { bytes: text })).toBe(0);
    expect(doubts(1, { bytes: [...text, 0x65] })).toBe(Doubt.outOfRange);
    // An empty one is not set.
    expect(doubts(1)).toBe(0);
    expect(doubts(2, { bytes: [1, 2, 3] })).toBe(Doubt.outOfRange);
    // Base64 of four bytes; the same as CBOR (RFC 8949 §3.1), also with a longer head.
    expect(doubts(2, { encoding: Encoding.text, bytes: [...Buffer.from('AQIDBA==')] })).toBe(0);
    expect(doubts(2, { encoding: Encoding.text, bytes: [...Buffer.from('AQID')] })).toBe(Doubt.outOfRange);
    expect(doubts(2, { encoding: Encoding.cbor, bytes: [0x44, 1, 2, 3, 4] })).toBe(0);
    expect(doubts(2, { encoding: Encoding.cbor, bytes: [0x58, 4, 1, 2, 3, 4] })).toBe(0);
    expect(doubts(2, { encoding: Encoding.cbor, bytes: [0x59, 0, 3, 1, 2, 3] })).toBe(Doubt.outOfRange);
    expect(doubts(2, { encoding: Encoding.cbor, bytes: [0x5f, 0x41, 1, 0xff] })).toBe(0);
    expect(doubts(2, { encoding: Encoding.none, bytes: [1] })).toBe(0);
  });

  it('asks whether the operation is allowed', () => {
    expect(doubts(0, { access: Access.read, number: 1 })).toBe(0);
    expect(doubts(0, { access: Access.write, number: 1 })).toBe(Doubt.notAllowed);
    expect(doubts(2, { access: Access.read, bytes: [1, 2, 3, 4] })).toBe(Doubt.notAllowed);
    expect(doubts(2, { access: Access.write, bytes: [1, 2, 3, 4] })).toBe(0);
    expect(doubts(4, { access: Access.write })).toBe(Doubt.notAllowed);
    expect(doubts(5, { access: Access.read })).toBe(Doubt.notAllowed);
    // Written in a bootstrap, which the capture may not show.
    expect(doubts(5, { access: Access.write })).toBe(0);
    expect(doubts(0, { access: Access.other, number: 1 })).toBe(0);
  });

  it('asks whether there are several', () => {
    expect(doubts(3, { instance: 0, number: 1 })).toBe(0);
    expect(doubts(3, { number: 1 })).toBe(Doubt.wrongNesting);
    expect(doubts(0, { instance: 0, number: 1 })).toBe(Doubt.wrongNesting);
  });
});

it('knows which operations read and write', () => {
  expect(accessOf(Operation.notify)).toBe(Access.read);
  expect(accessOf(Operation.writeComposite)).toBe(Access.write);
  for (const operation of [
    Operation.create,
    Operation.send,
    Operation.bootstrapWrite,
    Operation.bootstrapRead,
  ])
    expect(accessOf(operation)).toBe(Access.other);
});
