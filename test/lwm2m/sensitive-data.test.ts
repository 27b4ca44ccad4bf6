import { describe, expect, it } from 'vitest';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import {
  holdsSecrets,
  queryWithoutSecrets,
  sensitiveKind,
  withoutCredentials,
} from '../../src/lwm2m/sensitive-data.ts';

const registry = ObjectRegistry.core();
await registry.loadAll();
const { newest } = registry;

describe('sensitiveKind', () => {
  it.each([
    [0, 5, 'key'],
    [0, 3, 'identity'],
    [0, 4, undefined],
    [0, 0, undefined],
    [21, 0, 'key'],
    [21, 5, 'key'],
    [21, 1, undefined],
    [23, 2, 'key'],
    [24, 7, 'identity'],
    [24, 8, 'password'],
    [9, 15, 'password'],
    [11, 6, 'password'],
    // By their names in the registry: WPA Pre Shared Key, RADIUS Secret, Public Key.
    [12, 17, 'key'],
    [12, 28, 'password'],
    [10253, 0, undefined],
    [3, 0, undefined],
    [3303, 5700, undefined],
  ] as const)('/%i/x/%i', (objectId, resourceId, kind) => {
    expect(sensitiveKind(objectId, resourceId, newest.resource(objectId, resourceId), 'abc')).toBe(kind);
  });

  it('takes addresses with credentials only', () => {
    const of = (value: string): unknown => sensitiveKind(5, 1, newest.resource(5, 1), value);
    expect(of('coap://10.0.0.1/fw.bin')).toBeUndefined();
    expect(of('https://joe:secret@host/fw.bin')).toBe('address with credentials');
    expect(of('https://host/fw.bin?access_token=1')).toBe('address with credentials');
  });
});

it('says which objects have secrets', () => {
  expect([0, 21, 12, 24].map((objectId) => holdsSecrets(objectId, newest))).toEqual([true, true, true, true]);
  expect([1, 3, 5, 3303, 4242].map((objectId) => holdsSecrets(objectId, newest))).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

it('takes credentials out of addresses and queries, and nothing else', () => {
  expect(withoutCredentials('https://joe:secret@host:8443/a/b?x=1&token=abc&y=2#end')).toBe(
    'https://…@host:8443/a/b?x=1&token=…&y=2#end',
  );
  expect(withoutCredentials('coap://host/a@b')).toBe('coap://host/a@b');
  expect(withoutCredentials('key=1')).toBe('key=1');
  expect(queryWithoutSecrets('ep=dev&lt=60&key=1')).toBe('ep=dev&lt=60&key=…');
});
