import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatByShape } from '../../src/lwm2m/content-recognition.ts';
import { NO_FORMAT } from '../../src/lwm2m/operation-event.ts';
import { contextOf, hex, utf8 } from './collected-content.ts';

const SENML_JSON = utf8('[{"bn":"/3/0/","n":"9","v":5}]');
const SENML_CBOR = hex('81 a3 21 65 2f332f302f 00 61 39 02 05');
const LWM2M_JSON = utf8('{"bn":"/3/0/","e":[{"n":"9","v":5}]}');
const LWM2M_CBOR = hex('a1 83 03 00 09 05');
const TLV = hex('c1 09 05 c1 0a 05');

function formatOf(declared: number, path: string, bytes: Uint8Array): number {
  return formatByShape(declared, bytes, 0, bytes.length, contextOf(path));
}

describe('formatByShape', () => {
  it.each<[string, number, string, Uint8Array, number]>([
    ['SenML JSON without a format', NO_FORMAT, '/3/0', SENML_JSON, 110],
    ['SenML CBOR without a format', NO_FORMAT, '/3/0', SENML_CBOR, 112],
    ['LwM2M JSON without a format', NO_FORMAT, '/3/0', LWM2M_JSON, 11543],
    ['LwM2M CBOR without a format', NO_FORMAT, '/3/0', LWM2M_CBOR, 11544],
    ['TLV without a format', NO_FORMAT, '/3/0', TLV, 11542],
    ['TLV of an object without a format', NO_FORMAT, '/3', hex('08 00 03 c1 09 05'), 11542],
    ['number as text without a format', NO_FORMAT, '/3/0/9', utf8('87'), 0],
    ['text without a format', NO_FORMAT, '/3/0/0', utf8('Acme'), 0],
    ['SenML as plain JSON', 50, '/3/0', SENML_JSON, 110],
    ['LwM2M JSON as plain JSON', 50, '/3/0', LWM2M_JSON, 11543],
    ['LwM2M JSON as SenML', 110, '/3/0', LWM2M_JSON, 11543],
    ['SenML as LwM2M JSON', 11543, '/3/0', SENML_JSON, 110],
    ['LwM2M CBOR as SenML', 112, '/3/0', LWM2M_CBOR, 11544],
    ['SenML CBOR as a single value', 60, '/3/0/9', SENML_CBOR, 112],
    ['SenML JSON as TLV', 11542, '/3/0', SENML_JSON, 110],
    ['SenML CBOR as TLV', 11542, '/3/0', SENML_CBOR, 112],
    ['SenML JSON as text of an instance', 0, '/3/0', SENML_JSON, 110],
    ['TLV as text', 0, '/3/0/9', hex('c1 09 05'), 11542],
    ['a number without a name', 11540, '/3/0', SENML_JSON, 110],
  ])('tells %s', (_what, declared, path, bytes, format) => {
    expect(formatOf(declared, path, bytes)).toBe(format);
  });

  it.each<[string, number, string, Uint8Array]>([
    ['text that is JSON', 0, '/3/0/0', SENML_JSON],
    ['bytes that are JSON', 42, '/5/0/0', SENML_JSON],
    ['damaged SenML', 110, '/3/0', SENML_JSON.subarray(0, 9)],
    ['damaged TLV', 11542, '/3/0', TLV.subarray(0, 4)],
    ['TLV that begins as an array of CBOR does', 11542, '/3/0', hex('87 08 41 00 7d 42 01 03 84')],
    ['a single value in CBOR', 60, '/3/0/9', hex('05')],
    ['cut JSON without a format', NO_FORMAT, '/3/0', SENML_JSON.subarray(0, 20)],
    ['JSON of something else', 50, '/3/0', utf8('{"temperature":5}')],
    ['text of an instance', NO_FORMAT, '/3/0', utf8('hello')],
    ['text that is no number', NO_FORMAT, '/3/0/9', utf8('abc')],
    ['TLV of another resource', NO_FORMAT, '/3/0/9', hex('c1 0a 05')],
    ['links', 40, '/3/0', utf8('</3/0>')],
    ['a format beside LwM2M', 51, '/3/0', SENML_JSON],
    ['nothing', NO_FORMAT, '/3/0', hex('')],
    ['space before SenML', 110, '/3/0', utf8(' \n[{"n":"/3/0/9","v":5}]')],
  ])('leaves %s as it is declared', (_what, declared, path, bytes) => {
    expect(formatOf(declared, path, bytes)).toBe(declared);
  });

  it('never fails, whatever the bytes, and depends on nothing else', () => {
    const path = fc.constantFrom('/', '/3', '/3/0', '/3/0/9', '/3/0/7/0', '/5/0/0');
    const declared = fc.constantFrom(
      NO_FORMAT,
      0,
      42,
      50,
      60,
      110,
      112,
      320,
      322,
      1543,
      11540,
      11542,
      11543,
      11544,
    );
    const start = fc.constantFrom<number[]>([], [0x5b, 0x7b, 0x22], [0x81, 0xa1, 0], [0xa1, 3], [0x08, 0, 3]);
    fc.assert(
      fc.property(declared, path, start, fc.uint8Array({ maxLength: 30 }), (format, request, head, tail) => {
        const bytes = Uint8Array.from([...head, ...tail]);
        expect(formatOf(format, request, bytes)).toBe(formatOf(format, request, bytes));
      }),
      { numRuns: 2000 },
    );
  });
});
