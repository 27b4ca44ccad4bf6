import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  NOTIFICATION_ATTRIBUTES,
  parseAttributes,
  parseRegistrationQuery,
  queryFlags,
  QueryFlag,
} from '../../src/lwm2m/query.ts';

describe('parseRegistrationQuery', () => {
  it('reads a registration of LwM2M 1.1 in queue mode', () => {
    expect(parseRegistrationQuery('lwm2m=1.1&ep=dev1&b=U&Q&lt=60&sms=4711')).toEqual({
      flags: QueryFlag.lwm2m | QueryFlag.ep | QueryFlag.b | QueryFlag.Q | QueryFlag.lt | QueryFlag.sms,
      endpoint: 'dev1',
      lifetime: 60,
      version: '1.1',
      binding: 'U',
      queue: true,
      sms: '4711',
      all: ['lwm2m=1.1', 'ep=dev1', 'b=U', 'Q', 'lt=60', 'sms=4711'],
    });
  });

  it('reads queue mode from the binding of LwM2M 1.0', () => {
    expect(parseRegistrationQuery('ep=a&b=UQ')).toMatchObject({ binding: 'UQ', queue: true });
    expect(parseRegistrationQuery('ep=a&b=US')).toMatchObject({ binding: 'US', queue: false });
  });

  it('keeps an ampersand and an equals sign in a value', () => {
    expect(parseRegistrationQuery('ep=a%26b=c').endpoint).toBe('a&b=c');
  });

  it('reads a bootstrap request', () => {
    expect(parseRegistrationQuery('ep=dev1&pct=112')).toMatchObject({
      endpoint: 'dev1',
      preferredFormat: 112,
    });
  });

  it('takes the first of repeated names and keeps all', () => {
    const query = parseRegistrationQuery('lwm2m=1.0&lwm2m=1.1');
    expect(query).toMatchObject({ version: '1.0', all: ['lwm2m=1.0', 'lwm2m=1.1'] });
  });

  it('leaves out what is no number, and names without value', () => {
    expect(parseRegistrationQuery('lt=soon&ep')).toEqual({
      flags: QueryFlag.lt | QueryFlag.ep,
      queue: false,
      all: ['lt=soon', 'ep'],
    });
  });

  it('marks names that LwM2M does not define', () => {
    expect(queryFlags('foo=1&=&')).toBe(QueryFlag.other);
    expect(queryFlags('')).toBe(0);
  });

  it('gives a result for every text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseRegistrationQuery(text).all.length).toBeLessThanOrEqual(64);
      }),
    );
  });
});

describe('parseAttributes', () => {
  it('reads every NOTIFICATION attribute', () => {
    const text = 'pmin=1&pmax=60&epmin=2&epmax=3&hqmax=10&gt=21.5&lt=-40&st=1e-3&edge=1&con=0';
    expect(parseAttributes(text)).toEqual({
      pmin: 1,
      pmax: 60,
      epmin: 2,
      epmax: 3,
      hqmax: 10,
      gt: 21.5,
      lt: -40,
      st: 0.001,
      edge: 1,
      con: 0,
    });
    expect(queryFlags(text) & ~NOTIFICATION_ATTRIBUTES).toBe(0);
  });

  it('gives null for an attribute that is unset', () => {
    expect(parseAttributes('pmin&pmax=')).toEqual({ pmin: null, pmax: null });
  });

  it('leaves out other names and what is no number', () => {
    expect(parseAttributes('ep=a&pmin=x&pmax=10&pmax=20')).toEqual({ pmax: 10 });
  });
});
