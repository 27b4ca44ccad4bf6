import { describe, expect, it } from 'vitest';
import {
  contentFormat,
  contentFormatName,
  contentFormats,
  Encoding,
} from '../../src/lwm2m/content-format.ts';

describe('content formats', () => {
  it.each([
    [0, 'plain text', true],
    [40, 'CoRE link', true],
    [42, 'opaque', true],
    [60, 'CBOR', true],
    [110, 'SenML JSON', true],
    [112, 'SenML CBOR', true],
    [320, 'SenML-ETCH JSON', true],
    [322, 'SenML-ETCH CBOR', true],
    [1541, 'plain text', true],
    [1542, 'TLV', true],
    [1543, 'LwM2M JSON', true],
    [1544, 'opaque', true],
    [11542, 'TLV', true],
    [11543, 'LwM2M JSON', true],
    [11544, 'LwM2M CBOR', true],
  ])('%i is %s', (id, name, readable) => {
    expect(contentFormat(id)).toMatchObject({ id, name, readable, lwm2m: true });
    expect(contentFormatName(id)).toBe(name);
  });

  it('has each number that stacks or registries name, once, in order', () => {
    expect([...contentFormats()].map(({ id }) => id)).toEqual([
      ...[0, 16, 17, 18, 40, 41, 42, 46, 47, 50, 51, 52, 60, 61, 62, 63, 96, 97, 98, 101, 102],
      ...[110, 111, 112, 113, 114, 115, 256, 271, 272, 280, 281, 284, 285, 286, 287, 310, 311, 320, 322],
      ...[1541, 1542, 1543, 1544, 10000, 10001, 11050, 11060, 11542, 11543, 11544],
    ]);
  });

  it('knows how values are written wherever it reads values', () => {
    for (const { read, encoding } of contentFormats())
      expect(encoding !== Encoding.none).toBe(read !== undefined);
  });

  it('names what LwM2M does not use by its media type, and the rest by its number', () => {
    expect(contentFormat(50)).toMatchObject({ name: 'application/json', lwm2m: false, readable: false });
    expect(contentFormat(11540)).toBeUndefined();
    expect(contentFormatName(11540)).toBe('content format 11540');
  });

  it('leads from a number before registration to the one of today', () => {
    for (const { id, replacedBy, name } of contentFormats()) {
      if (replacedBy === undefined) continue;
      expect(id).toBeGreaterThan(1540);
      expect(contentFormat(replacedBy)!.name).toBe(name);
    }
  });
});
