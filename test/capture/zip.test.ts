import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZip, readZip, type ZipLimits } from '../../src/capture/zip.ts';
import { zipOf } from './write-zip.ts';

const LIMITS: ZipLimits = { entries: 10, entryBytes: 100_000, totalBytes: 250_000 };
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const all = (): boolean => true;
const TEXT = utf8('one two three '.repeat(100));
const archive = zipOf([
  { name: 'stored', bytes: utf8('as it is'), deflate: false },
  { name: 'folder/deflated', bytes: TEXT, deflate: true },
  { name: 'empty', bytes: new Uint8Array(0), deflate: true },
]);

/** The archive with some bytes changed. */
function changed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = archive.slice();
  change(bytes);
  return bytes;
}

/** Where the directory's first entry begins. */
const central = Buffer.from(archive).indexOf('PK\u0001\u0002', 0, 'latin1');

describe('readZip', () => {
  it('reads stored and deflated files', () => {
    expect(isZip(archive)).toBe(true);
    const { entries, faults } = readZip(archive, all, LIMITS);
    expect(faults).toEqual([]);
    expect(entries.map(({ name, bytes }) => [name, bytes.length])).toEqual([
      ['stored', 8],
      ['folder/deflated', 1400],
      ['empty', 0],
    ]);
    expect(entries[1]!.bytes).toEqual(TEXT);
  });

  it('reads what Python writes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-zip-'));
    const path = join(folder, 'a.zip');
    writeFileSync(join(folder, 'text'), TEXT);
    try {
      execFileSync('python3', ['-m', 'zipfile', '-c', path, 'text'], { cwd: folder });
    } catch {
      // Without Python the archives of this file's own writer must do.
      rmSync(folder, { recursive: true });
      return;
    }
    const read = readZip(new Uint8Array(readFileSync(path)), all, LIMITS);
    rmSync(folder, { recursive: true });
    expect(read).toEqual({ entries: [{ name: 'text', bytes: TEXT }], faults: [] });
  });

  it('reads only what is wanted', () => {
    const { entries } = readZip(archive, (name) => name === 'empty', LIMITS);
    expect(entries.map(({ name }) => name)).toEqual(['empty']);
  });

  it.each([
    ['encryption', (bytes: Uint8Array) => (bytes[central + 8] = 1), /encrypted/],
    ['another method', (bytes: Uint8Array) => (bytes[central + 10] = 12), /method 12/],
    ['a wrong checksum', (bytes: Uint8Array) => (bytes[central + 16]! ^= 1), /checksum is wrong/],
    ['a wrong size', (bytes: Uint8Array) => (bytes[central + 24] = 7), /has 8 bytes and not 7/],
    ['data elsewhere', (bytes: Uint8Array) => (bytes[central + 42] = 9), /not where the directory says/],
  ])('refuses a file with %s', (_, change, text) => {
    const { entries, faults } = readZip(changed(change), all, LIMITS);
    expect(entries.map(({ name }) => name)).toEqual(['folder/deflated', 'empty']);
    expect(faults).toEqual([{ name: 'stored', text: expect.stringMatching(text) as string }]);
  });

  it('refuses files that share their data', () => {
    const two = zipOf([
      { name: 'a', bytes: TEXT, deflate: true },
      { name: 'b', bytes: TEXT, deflate: true },
    ]);
    const second = Buffer.from(two).lastIndexOf('PK\u0001\u0002', undefined, 'latin1');
    two.fill(0, second + 42, second + 46);
    expect(readZip(two, all, LIMITS).faults).toEqual([
      { name: 'b', text: 'it shares its data with another file' },
    ]);
  });

  it('refuses what grows beyond its limits', () => {
    const zeros = (length: number): Uint8Array =>
      zipOf([{ name: 'a', bytes: new Uint8Array(length), deflate: true }]);
    expect(readZip(zeros(100_001), all, LIMITS).faults[0]!.text).toMatch(/longer than 100000 bytes/);
    // The directory says less than there is.
    const lying = zeros(100_000);
    const at = Buffer.from(lying).indexOf('PK\u0001\u0002', 0, 'latin1');
    lying.fill(0, at + 25, at + 28);
    expect(readZip(lying, all, LIMITS).faults[0]!.text).toMatch(
      /longer than 160 bytes, which the directory says/,
    );
    const many = Array.from({ length: 11 }, (_, index) => ({
      name: String(index),
      bytes: utf8('x'),
      deflate: false,
    }));
    expect(readZip(zipOf(many), all, LIMITS)).toMatchObject({
      entries: { length: 10 },
      faults: [{ text: 'the archive has more than 10 files of interest' }],
    });
    const large = Array.from({ length: 3 }, (_, index) => ({
      name: String(index),
      bytes: new Uint8Array(100_000),
      deflate: true,
    }));
    expect(readZip(zipOf(large), all, LIMITS).faults[0]!.text).toMatch(/archive is longer than 250000/);
  });

  it('says of an archive cut anywhere that it has no directory', () => {
    for (let length = 0; length < archive.length; length++)
      expect(readZip(archive.subarray(0, length), all, LIMITS).faults, String(length)).toHaveLength(1);
  });

  it('takes anything without throwing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const bytes = archive.slice();
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        readZip(bytes, all, LIMITS);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readZip(bytes, all, LIMITS)));
  });
});
