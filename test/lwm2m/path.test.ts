import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePath, PathKind, pathOfSegments, pathText } from '../../src/lwm2m/path.ts';
import { NO_ID } from '../../src/lwm2m/value.ts';

describe('parsePath', () => {
  it.each([
    ['/', PathKind.root],
    ['', PathKind.root],
    ['/3', PathKind.numeric],
    ['/3/0/1/65534', PathKind.numeric],
    ['/65535', PathKind.numeric],
    ['/65536', PathKind.other],
    ['/03', PathKind.other],
    ['/-1', PathKind.other],
    ['/3/a', PathKind.other],
    ['/1/2/3/4/5', PathKind.other],
    ['/rd', PathKind.rd],
    ['/rd/5a3f', PathKind.rdLocation],
    ['/rd/a/b', PathKind.rdLocation],
    ['/RD', PathKind.other],
    ['/rdx', PathKind.other],
    ['/bs', PathKind.bs],
    ['/bs/1', PathKind.other],
    ['/bspack', PathKind.bspack],
    ['/dp', PathKind.dp],
    ['/.well-known/core', PathKind.wellKnownCore],
    ['/.well-known/core/x', PathKind.other],
    ['/.well-known/est/sen', PathKind.est],
    ['/.well-known', PathKind.other],
    ['/firmware.bin', PathKind.other],
  ])('%s', (text, kind) => {
    expect(parsePath(text).kind).toBe(kind);
  });

  it('gives the ids of each level', () => {
    expect(parsePath('/3/0/7/1')).toMatchObject({
      depth: 4,
      objectId: 3,
      instanceId: 0,
      resourceId: 7,
      resourceInstanceId: 1,
    });
    expect(parsePath('/3')).toMatchObject({ depth: 1, objectId: 3, instanceId: NO_ID, resourceId: NO_ID });
    expect(parsePath('/rd/3')).toMatchObject({ depth: 0, objectId: NO_ID });
  });

  it('keeps a slash inside a segment apart', () => {
    expect(parsePath('/a%2Fb/c').segments).toEqual(['a/b', 'c']);
    expect(parsePath('/3%2F0').kind).toBe(PathKind.other);
  });

  it('passes over an empty segment at the end', () => {
    expect(parsePath('/3/0/')).toMatchObject({ kind: PathKind.numeric, depth: 2, segments: ['3', '0', ''] });
    expect(parsePath('/rd/').kind).toBe(PathKind.rd);
    expect(pathOfSegments(['']).kind).toBe(PathKind.root);
    expect(parsePath('/3//9').kind).toBe(PathKind.other);
  });

  it('gives back the ids of every numeric path', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 4 }), (ids) => {
        const text = `/${ids.join('/')}`;
        const path = parsePath(text);
        expect(path.kind).toBe(PathKind.numeric);
        expect(pathText(path.objectId, path.instanceId, path.resourceId, path.resourceInstanceId)).toBe(text);
      }),
    );
  });

  it('gives a path for every text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parsePath(text).depth).toBeLessThanOrEqual(4);
      }),
    );
  });
});
