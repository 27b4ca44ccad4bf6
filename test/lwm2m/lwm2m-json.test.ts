import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import { Doubt, ValueType } from '../../src/lwm2m/value.ts';
import { collect, utf8, valuesByPath } from './collected-content.ts';

const LWM2M_JSON = 11543;

// LwM2M Core 1.0 §6.4.4, the example of a device.
const DEVICE = utf8(`{"bn":"/3/0/","e":[
  {"n":"0","sv":"Open Mobile Alliance"}, {"n":"1","sv":"Lightweight M2M Client"}, {"n":"2","sv":"345000123"},
  {"n":"3","sv":"1.0"}, {"n":"6/0","v":1}, {"n":"6/1","v":5}, {"n":"7/0","v":3800}, {"n":"7/1","v":5000},
  {"n":"8/0","v":125}, {"n":"8/1","v":900}, {"n":"9","v":100}, {"n":"10","v":15}, {"n":"11/0","v":0},
  {"n":"13","v":1367491215}, {"n":"14","sv":"+02:00"}, {"n":"16","sv":"U"}]}`);

describe('readLwm2mJson', () => {
  it('reads the device of the specification', () => {
    const content = collect(LWM2M_JSON, '/3/0', DEVICE);
    expect(content.result.outcome).toBe(Outcome.ok);
    expect(content.values.every(({ doubts }) => doubts === Doubt.none)).toBe(true);
    expect(valuesByPath(content)).toMatchObject({
      '/3/0/0': 'Open Mobile Alliance',
      '/3/0/6/1': 5,
      '/3/0/13': 1367491215,
      '/3/0/16': 'U',
    });
    expect(content.values.length).toBe(16);
    expect(collect(1543, '/3/0', DEVICE)).toEqual(content);
  });

  it('reads the historical values of the specification', () => {
    // LwM2M Core 1.0 §6.4.4: base time 25462634, times before it.
    const { values } = collect(
      LWM2M_JSON,
      '/72/1/2',
      utf8('{"e":[{"n":"/72/1/2","v":22.4,"t":-5},{"n":"/72/1/2","v":22.9,"t":-30}],"bt":25462634}'),
    );
    expect(values.map(({ path, value, time }) => [path, value, time])).toEqual([
      ['/72/1/2', 22.4, 25462629],
      ['/72/1/2', 22.9, 25462604],
    ]);
  });

  it('finds the base name behind the entries', () => {
    const text = '{"e":[{"n":"9","v":5}],"bn":"/3/0/"}';
    expect(collect(LWM2M_JSON, '/3', utf8(text)).values).toMatchObject([{ path: '/3/0/9', value: 5 }]);
  });

  it.each([
    ['/3/0', '{"e":[{"n":"9","v":5}]}'],
    ['/3/0/9', '{"e":[{"v":5}]}'],
    ['/3/0/9', '{"e":[{"n":"","v":5}]}'],
    ['/3/0', '{"bn":"","e":[{"n":"/3/0/9","v":5}]}'],
  ])('takes names without a base below the path %s', (path, text) => {
    const { result, values } = collect(LWM2M_JSON, path, utf8(text));
    expect(result.outcome).toBe(Outcome.ok);
    expect(values).toMatchObject([{ path: '/3/0/9', value: 5, doubts: Doubt.none }]);
  });

  it('reads every type in its field', () => {
    const text = `{"bn":"/3442/0/","e":[{"n":"110","sv":"a\\u00e4"},{"n":"120","v":-9223372036854775808},{"n":"130","v":1e-3},
      {"n":"140","bv":true},{"n":"150","sv":"++//AA=="},{"n":"160","v":1},{"n":"170","ov":"3:0"},{"n":"9999","ov":"1:2"}]}`;
    const { result, values } = collect(LWM2M_JSON, '/3442/0', utf8(text));
    expect(result.outcome).toBe(Outcome.ok);
    expect(values.map(({ type, value, doubts }) => [type, value, doubts])).toEqual([
      [ValueType.string, 'aä', 0],
      [ValueType.integer, '-9223372036854775808', 0],
      [ValueType.float, 0.001, 0],
      [ValueType.boolean, true, 0],
      [ValueType.opaque, 'fbefff00', 0],
      [ValueType.time, 1, 0],
      [ValueType.objlnk, '3:0', 0],
      [ValueType.objlnk, '1:2', Doubt.unknownResource],
    ]);
  });

  it.each([
    ['[{"n":"/3/0/9","v":1}]', 'LwM2M JSON is an object'],
    ['{"bn":"/3/0/"}', 'no array of entries'],
    ['{"e":[{"n":"9","vs":"a"}]}', 'a record without a value'],
    ['{"e":[{"n":"9","v":1}]} x', 'bytes behind the value'],
    ['{"e":[1]}', 'a record that is no object'],
  ])('says what is wrong in %s', (text, fault) => {
    expect(collect(LWM2M_JSON, '/3/0', utf8(text)).result).toMatchObject({
      outcome: Outcome.malformed,
      fault: { text: fault },
    });
  });

  it('gives what stands before a cut at every byte', () => {
    const whole = collect(LWM2M_JSON, '/3/0', DEVICE).values;
    for (let length = 0; length < DEVICE.length; length++) {
      const { result, values } = collect(LWM2M_JSON, '/3/0', DEVICE.subarray(0, length));
      expect(result.outcome).toBe(Outcome.malformed);
      expect(result.fault!.offset).toBeLessThanOrEqual(length);
      expect(values).toEqual(whole.slice(0, values.length));
    }
    expect(collect(LWM2M_JSON, '/3/0', DEVICE.subarray(0, DEVICE.length - 2)).values.length).toBe(16);
  });

  it('never fails, whatever the bytes', () => {
    const damage = fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(damage, (changes) => {
        const damaged = DEVICE.slice();
        for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
        const { values } = collect(LWM2M_JSON, '/3/0', damaged, { open: () => {}, close: () => {} });
        expect(values.every(({ start, end }) => start <= end && end <= damaged.length)).toBe(true);
      }),
    );
  });
});
