import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PcapConversion } from '../../src/capture/pcapng-conversion.ts';
import { type ReadCapture, readCapture } from './read-capture.ts';
import { concat, pcapHeader, pcapRecord } from './write-capture.ts';

function convert(file: Uint8Array, size = file.length): { bytes: Uint8Array; conversion: PcapConversion } {
  const conversion = new PcapConversion();
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < file.length; at += size)
    blocks.push(...conversion.push(file.subarray(at, at + size)));
  return { bytes: concat(...blocks), conversion };
}

function facts(read: ReadCapture): unknown {
  return {
    frames: read.frames.map((frame) => ({ ...frame, fileOffset: 0 })),
    interfaces: read.interfaces.map(({ linkType, snapLength, frames }) => ({ linkType, snapLength, frames })),
  };
}

describe('a pcap stream written as pcapng', () => {
  const file = concat(
    pcapHeader(),
    pcapRecord(1, 2, new Uint8Array(5)),
    pcapRecord(3, 999_999, new Uint8Array(64)),
  );

  it('has the frames of the pcap, in pieces of any size', () => {
    for (const size of [1, 7, 24, file.length]) {
      const read = readCapture(convert(file, size).bytes);
      expect(read.fault).toBeUndefined();
      expect(facts(read)).toEqual(facts(readCapture(file)));
    }
  });

  it('has the whole frames of a cut one', () => {
    for (let length = 24; length < file.length; length++) {
      const cut = file.subarray(0, length);
      expect(facts(readCapture(convert(cut).bytes))).toEqual(facts(readCapture(cut)));
    }
  });

  it('says what is damaged, after the frames before it', () => {
    const damaged = concat(file, pcapRecord(5, 6, new Uint8Array(4), { captured: 0x7fffffff }));
    const { bytes, conversion } = convert(damaged);
    expect(conversion.fault).toEqual(readCapture(damaged).fault);
    expect(conversion.fault).toBeDefined();
    expect(readCapture(bytes).frames).toHaveLength(2);
  });

  it.each(['net-any-sll2-a.pcap', 'der-bigendian-nsec-a.pcap'])('has the frames of %s', (name) => {
    const bytes = readFileSync(new URL(`../../fixtures/other/${name}`, import.meta.url));
    const read = readCapture(convert(bytes, 1000).bytes);
    expect(read.frames.length).toBeGreaterThan(0);
    expect(facts(read)).toEqual(facts(readCapture(bytes)));
  });
});
