import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DETECT_LENGTH, detectContainer, openReader } from '../../src/capture/container.ts';
import { linkTypeName } from '../../src/capture/link-types.ts';
import { DESCRIBE_LENGTH, describeUnknown } from '../../src/capture/unknown-file.ts';
import { PUBLIC } from '../captures.ts';
import { readCapture } from './read-capture.ts';
import { concat, pcapHeader, sectionHeader, text } from './write-capture.ts';

describe('detectContainer', () => {
  test('each container, in both byte orders, from its first bytes only', () => {
    const cases: readonly (readonly [file: Uint8Array, kind: string])[] = [
      [pcapHeader(), 'pcap'],
      [pcapHeader({ big: true }), 'pcap'],
      [pcapHeader({ magic: 0xa1b23c4d }), 'pcap'],
      [pcapHeader({ magic: 0xa1b23c4d, big: true }), 'pcap'],
      [pcapHeader({ magic: 0xa1b2cd34 }), 'modified pcap'],
      [pcapHeader({ magic: 0xa1b2cd34, big: true }), 'modified pcap'],
      [sectionHeader(), 'pcapng'],
      [sectionHeader(true), 'pcapng'],
      [gzipSync(pcapHeader()), 'gzip'],
      [text('hello, world'), 'unknown'],
      [new Uint8Array(0), 'unknown'],
    ];
    for (const [file, kind] of cases) {
      expect(detectContainer(file)).toBe(kind);
      expect(detectContainer(file.subarray(0, DETECT_LENGTH))).toBe(kind);
    }
  });

  test('a file cut within its first bytes is what it begins like', () => {
    for (let length = 4; length < 12; length++) {
      expect(detectContainer(sectionHeader().subarray(0, length))).toBe('pcapng');
      expect(detectContainer(pcapHeader().subarray(0, length))).toBe('pcap');
    }
    expect(detectContainer(Uint8Array.of(0x1f, 0x8b))).toBe('gzip');
    expect(detectContainer(Uint8Array.of(0x1f))).toBe('unknown');
    expect(detectContainer(pcapHeader().subarray(0, 3))).toBe('unknown');
  });

  test('the reader of what was detected', () => {
    const sink = { frame: () => undefined };
    expect(openReader('pcapng', sink).container).toBe('pcapng');
    expect(openReader('pcap', sink).container).toBe('pcap');
    expect(readCapture(pcapHeader({ magic: 0xa1b2cd34 })).reader.container).toBe('modified pcap');
  });

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        detectContainer(bytes);
        const sentence = describeUnknown(bytes.subarray(0, DESCRIBE_LENGTH));
        expect(sentence).toMatch(/^[A-Z][^\n]*\.$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('describeUnknown', () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13);
  const tar = new Uint8Array(512);
  tar.set(text('capture.pcap'));
  tar.set(text('ustar'), 257);
  const utf16 = (value: string): Uint8Array => Uint8Array.from(Buffer.from(`\ufeff${value}`, 'utf16le'));
  const cases: readonly (readonly [head: Uint8Array, says: string])[] = [
    [new Uint8Array(0), 'empty'],
    [png, 'PNG'],
    [Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16), 'JPEG'],
    [text('%PDF-1.7\n'), 'PDF'],
    [Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0), 'zip archive'],
    [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 4, 0), 'zstd -d'],
    [Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), 'xz -d'],
    [text('BZh91AY&SY'), 'bzip2'],
    [concat(text('snoop'), new Uint8Array(3), Uint8Array.of(0, 0, 0, 2)), 'snoop'],
    [concat(text('btsnoop'), new Uint8Array(1)), 'Bluetooth'],
    [tar, 'tar archive'],
    [text('{"psk": []}'), 'JSON'],
    [text('\n  [1, 2]'), 'JSON'],
    [text('<?xml version="1.0"?>\n<pdml>'), 'PDML'],
    [text('<?xml version="1.0"?>\n<LWM2M>'), 'XML'],
    [text('<!DOCTYPE html><html>'), 'web page'],
    [text('CLIENT_RANDOM 0011 2233\n'), 'TLS key log'],
    [text('-----BEGIN EC PRIVATE KEY-----\n'), 'PEM'],
    [text('version https://git-lfs.github.com/spec/v1\n'), 'git lfs pull'],
    [text('0000  60 00 00 00 00 1c 11 40\n0010  00 00 00 00'), 'text2pcap'],
    [text('0x0000:  4500 0054 0000 4000\n'), 'hex dump'],
    [text('2026-01-02 03:04:05 INFO client registered\n'), 'a log'],
    [utf16('2026-01-02 INFO started'), 'a log'],
    [text('  \n'), 'white space'],
    [Uint8Array.of(0xa2, 0x61, 0x61, 0x01, 0x61, 0x62, 0xf5), 'CBOR'],
    [Uint8Array.of(0x9f, 0x01, 0xff), 'CBOR'],
    [new Uint8Array(100), 'zeros'],
    [concat(Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a), new Uint8Array(28)), 'binary mode'],
    [Uint8Array.of(0xee, 0xdd, 0xcc, 0xbb, 0xaa), 'bytes ee dd cc bb'],
    [Uint8Array.of(0xa1, 0xb2, 0xc3, 0xcd), 'pcap variant'],
    [Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1), 'program'],
  ];
  for (const [head, says] of cases) {
    test(`${says}`, () => {
      expect(describeUnknown(head)).toContain(says);
    });
  }

  test.skipIf(PUBLIC === undefined)('public captures in other formats (skips where they are absent)', () => {
    const folder = PUBLIC ?? '';
    for (const name of readdirSync(folder)) {
      if (name.endsWith('.snoop'))
        expect(describeUnknown(readFileSync(`${folder}/${name}`))).toContain('snoop');
      if (name.endsWith('.zst')) expect(describeUnknown(readFileSync(`${folder}/${name}`))).toContain('zstd');
    }
  });
});

describe('linkTypeName', () => {
  test('names as people say them, and the number where there is none', () => {
    expect([0, 1, 101, 113, 195, 230, 276, 283].map(linkTypeName)).toEqual([
      'BSD loopback',
      'Ethernet',
      'raw IP',
      'Linux cooked v1',
      'IEEE 802.15.4',
      'IEEE 802.15.4 without FCS',
      'Linux cooked v2',
      'IEEE 802.15.4 with TAP header',
    ]);
    expect(linkTypeName(149)).toBe('private use 2');
    expect(linkTypeName(4242)).toBe('link type 4242');
  });
});
