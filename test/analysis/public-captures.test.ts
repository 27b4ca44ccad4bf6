import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../src/analysis/analysis.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { PUBLIC } from '../captures.ts';
import { available, tshark, version } from '../tshark.ts';
import { analyseFile, recordsOf } from './analyse.ts';

/** Files of other kinds than pcap and pcapng, or damaged at their head: what we say of them. Reviewed by hand. */
const REFUSED: readonly [RegExp, RegExp][] = [
  [/\.snoop$/, /snoop/i],
  [/\.zst$/, /zstd|Zstandard/i],
];

/** Frames with CoAP in a UDP datagram of their own, in the clear, by tshark's own settings. */
function coapFrames(path: string): number[] {
  const filter = 'udp && coap && !icmp && !icmpv6 && !dtls && !tcp';
  const { stdout } = tshark(['-r', path, '-Y', filter, '-T', 'fields', '-e', 'frame.number']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

describe.skipIf(!available || PUBLIC === undefined)(`public captures, beside ${version}`, () => {
  const captures = PUBLIC === undefined ? [] : readdirSync(PUBLIC).filter((name) => name !== 'INDEX.tsv');
  let read = 0;
  let messages = 0;
  let ours = 0;

  it.each(captures)('%s', async (capture) => {
    const path = join(PUBLIC!, capture);
    const analysis = await analyseFile(path);
    const file = analysis.files[0]!;
    read++;
    if (file.unreadable !== undefined) {
      expect(file.unreadable).toMatch(REFUSED.find(([name]) => name.test(capture))?.[1] ?? /^$/);
      return;
    }
    const table = analysis.tracking.messages;
    const facts = new MessageFacts(analysis);
    const seen = new Set<number>();
    for (let row = 0; row < table.count; row++) {
      seen.add(table.frame.get(row));
      expect(facts.rowOfId(facts.id(row))).toBe(row);
    }
    ours += table.count;
    const theirs = coapFrames(path);
    messages += theirs.length;
    const missing = theirs.filter((frame) => !seen.has(frame));
    expect(missing, `frames with CoAP that we do not find (${faultOf(file)?.text ?? 'file whole'})`).toEqual(
      [],
    );
    // Every record can be made: nothing throws on what a stranger's network carried.
    const records = await recordsOf(analysis, 'messages');
    expect(records.length).toBe(table.count);
    for (const kind of ['info', 'devices', 'sessions', 'transfers', 'observations', 'firmware'] as const)
      await recordsOf(analysis, kind);
  });

  it('read every public capture', () => {
    console.log(
      `read ${read} public captures; tshark finds ${messages} messages on its ports, we find ${ours} on all`,
    );
    expect(read).toBe(captures.length);
    expect(captures.length).toBeGreaterThan(100);
  });
});
