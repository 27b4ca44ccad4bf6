import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import { Doubt, ValueType } from '../../src/lwm2m/value.ts';
import { collect, hex, utf8 } from './collected-content.ts';

const TEXT = 0;
const OPAQUE = 42;

describe('readPlainText', () => {
  it.each<[string, string, unknown, number]>([
    ['/3/0/0', 'Open Mobile Alliance', 'Open Mobile Alliance', NaN],
    ['/3/0/0', '', '', NaN],
    ['/3/0/0', 'Größe', 'Größe', NaN],
    ['/3/0/9', '25', 25, 25],
    ['/3/0/9', '-25', -25, -25],
    ['/3/0/7/1', '3800', 3800, 3800],
    ['/3442/0/120', '-9223372036854775808', '-9223372036854775808', -(2 ** 63)],
    ['/3442/0/125', '18446744073709551615', '18446744073709551615', 2 ** 64],
    ['/3303/0/5700', '21.5', 21.5, 21.5],
    ['/3303/0/5700', '-0.1', -0.1, -0.1],
    ['/3303/0/5700', '.5', 0.5, 0.5],
    ['/3303/0/5700', '5.', 5, 5],
    ['/3303/0/5700', '1.0E-5', 0.00001, 0.00001],
    ['/3303/0/5700', '1e+300', 1e300, 1e300],
    ['/3303/0/5700', '3.141592653589793238462643', Math.PI, Math.PI],
    ['/1/0/6', '1', true, 1],
    ['/1/0/6', '0', false, 0],
    ['/3/0/13', '1367491215', 1367491215, 1367491215],
    ['/3/0/22/0', '3:1', '3:1', 0x30001],
    ['/3/0/22/0', '65535:65535', '65535:65535', 0xffffffff],
    ['/3/0/22/0', 'FFFF:FFFF', '65535:65535', 0xffffffff],
    ['/3442/0/180', '</3442>', '</3442>', NaN],
    ['/3442/0/150', 'ASNFZ4mrze8=', '0123456789abcdef', NaN],
    ['/3442/0/150', 'ASNFZ4mrze8', '0123456789abcdef', NaN],
    ['/3442/0/150', '-_-_', 'fbffbf', NaN],
  ])('%s %j', (path, text, value, number) => {
    const { result, values } = collect(TEXT, path, utf8(text));
    expect(result.outcome).toBe(Outcome.ok);
    expect(values).toMatchObject([
      { path, value, number, doubts: Doubt.none, start: 0, end: utf8(text).length },
    ]);
  });

  it.each<[string, string, unknown]>([
    ['/3/0/9', '', ''],
    ['/3/0/9', '25%', '25%'],
    ['/3/0/9', '--5', '--5'],
    ['/3/0/9', '2.5', '2.5'],
    ['/3/0/9', '9'.repeat(2000), '9'.repeat(2000)],
    ['/3442/0/125', '-1', -1],
    ['/3303/0/5700', 'warm', 'warm'],
    ['/3303/0/5700', '1e', '1e'],
    ['/3303/0/5700', '1e+-5', '1e+-5'],
    ['/3303/0/5700', '1.2.3', '1.2.3'],
    ['/3303/0/5700', '.', '.'],
    ['/1/0/6', 'true', true],
    ['/1/0/6', 'FALSE', false],
    ['/1/0/6', '2', '2'],
    ['/1/0/6', 'yes!!', 'yes!!'],
    ['/3/0/22/0', '3', '3'],
    ['/3/0/22/0', '3:', '3:'],
    ['/3/0/22/0', '3:65536', '3:65536'],
    ['/3/0/22/0', '-1:0', '-1:0'],
    ['/3442/0/150', 'A', 'A'],
    ['/3442/0/150', 'AB=', 'AB='],
    ['/3442/0/150', 'A*==', 'A*=='],
    ['/3/0/4', '0', '0'],
  ])('doubts %s %j', (path, text, value) => {
    const { result, values } = collect(TEXT, path, utf8(text));
    expect(result.outcome).toBe(Outcome.ok);
    expect(values).toMatchObject([{ value, doubts: Doubt.typeDiffers }]);
  });

  it('gives text for a resource that no definition knows', () => {
    expect(collect(TEXT, '/3/0/99', utf8('7')).values).toMatchObject([
      { type: ValueType.unknown, value: '7', doubts: Doubt.unknownResource },
    ]);
  });

  it('says that an instance has no single value', () => {
    const { result, values } = collect(TEXT, '/3/0', utf8('7'));
    expect(result).toMatchObject({ outcome: Outcome.malformed, fault: { clause: 'LwM2M Core §7.5.1' } });
    expect(values[0]!.doubts & Doubt.wrongNesting).toBe(Doubt.wrongNesting);
  });

  it('takes 1541 for the same format', () => {
    expect(collect(1541, '/3/0/9', utf8('25')).values).toMatchObject([{ value: 25 }]);
  });
});

describe('readOpaque', () => {
  it('gives the bytes', () => {
    expect(collect(OPAQUE, '/5/0/0', hex('00ff10'))).toMatchObject({
      result: { outcome: Outcome.ok },
      values: [
        { path: '/5/0/0', type: ValueType.opaque, value: '00ff10', doubts: Doubt.none, start: 0, end: 3 },
      ],
    });
    expect(collect(OPAQUE, '/5/0/0', hex('')).values).toMatchObject([{ value: '', doubts: Doubt.none }]);
    expect(collect(1544, '/5/0/0', hex('01')).values).toMatchObject([{ value: '01' }]);
  });

  it('doubts a resource of another type and an unknown one', () => {
    expect(collect(OPAQUE, '/3/0/9', hex('19')).values).toMatchObject([
      { type: ValueType.opaque, value: '19', doubts: Doubt.typeDiffers },
    ]);
    expect(collect(OPAQUE, '/3/0/99', hex('19')).values).toMatchObject([{ doubts: Doubt.unknownResource }]);
  });

  it('says that an instance has no single value', () => {
    expect(collect(OPAQUE, '/5/0', hex('19')).result.outcome).toBe(Outcome.malformed);
  });
});
