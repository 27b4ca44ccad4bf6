import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import { readExecuteArguments } from '../../src/lwm2m/execute-arguments.ts';
import { utf8 } from './collected-content.ts';

function read(text: string) {
  const bytes = utf8(`''${text}'`);
  return readExecuteArguments(bytes, 2, bytes.length - 1);
}

function shape(text: string): [number, string | undefined][] {
  return read(text).arguments.map(({ digit, value }) => [digit, value]);
}

describe('readExecuteArguments', () => {
  it.each<[string, [number, string | undefined][]]>([
    ['', []],
    ['5', [[5, undefined]]],
    // LwM2M Core §6.3.5, examples.
    ["2='10.3'", [[2, '10.3']]],
    [
      "7,0='https://www.oma.org'",
      [
        [7, undefined],
        [0, 'https://www.oma.org'],
      ],
    ],
    ['0,1,2,3,4', [0, 1, 2, 3, 4].map((digit) => [digit, undefined])],
    ["0=''", [[0, '']]],
    [
      "0='a b', 1",
      [
        [0, 'a b'],
        [1, undefined],
      ],
    ],
    ["0='</33629/1>,</33629/2>'", [[0, '</33629/1>,</33629/2>']]],
  ])('%s', (text, expected) => {
    expect(read(text).outcome).toBe(Outcome.ok);
    expect(shape(text)).toEqual(expected);
  });

  it.each<[string, number, number]>([
    ['a', 0, 0],
    ['1,', 2, 1],
    ['1,,2', 2, 1],
    ['12', 1, 1],
    ['1=', 2, 0],
    ['1=5', 2, 0],
    ["1='5", 2, 0],
    ["1='5'2", 5, 1],
    ['1,1', 2, 2],
    ['1,2,1,2', 4, 4],
  ])('says where %s is wrong', (text, offset, whole) => {
    const result = read(text);
    expect(result).toMatchObject({
      outcome: Outcome.malformed,
      fault: { offset, clause: 'LwM2M Core §6.3.5' },
    });
    expect(result.arguments.length).toBe(whole);
  });

  it('ends for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123=', a") }), (text) => {
        const result = read(text);
        expect(result.arguments.length).toBeLessThanOrEqual(11);
        expect(result.fault?.offset ?? 0).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
