import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { passesFilter } from '../../src/analysis/filter/compile.ts';
import { Dissector } from '../../src/analysis/dissection/dissect.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { compileMessageFilter } from '../../src/analysis/message-filter.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';
import type { Dissection, FieldNode } from '../../src/analysis/protocol.ts';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import * as oracle from '../tshark.ts';
import { analyseFile } from './analyse.ts';

function dissectorOf(analysis: Analysis): Dissector {
  const facts = new MessageFacts(analysis);
  const bytes = new MessageBytes(analysis);
  const summaries = new MessageSummary(analysis, facts, bytes);
  return new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
}

async function allOf(analysis: Analysis): Promise<Dissection[]> {
  const dissector = dissectorOf(analysis);
  const all: Dissection[] = [];
  for (let row = 0; row < analysis.tracking.messages.count; row++) all.push((await dissector.dissect(row))!);
  return all;
}

function find(nodes: readonly FieldNode[], label: string): FieldNode | undefined {
  for (const node of nodes) {
    const found = node.label === label ? node : find(node.children ?? [], label);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Bytes of a field in hexadecimal. */
function hexOf({ views }: Dissection, { view, start, length }: FieldNode): string {
  return Buffer.from(views[view]!.bytes.subarray(start, start + length)).toString('hex');
}

describe('the bytes of a message', () => {
  it('that came in fragments are the joined datagram and the frame that completed it', async () => {
    const all = await allOf(await analyseFile(join(FIXTURES, 'other/net-ipfrag4-a.pcapng')));
    const joined = all.filter(({ views }) => views[0]!.title === 'Joined datagram');
    expect(joined.length).toBeGreaterThan(3);
    for (const dissection of joined) {
      expect(dissection.views[1]!.title).toBe(`Frame ${dissection.frame}`);
      const udp = find(dissection.fields, 'UDP')!;
      expect([udp.view, udp.start, udp.length]).toEqual([0, 0, 8]);
      // The length in the header is that of the datagram that was joined (RFC 768).
      expect(parseInt(hexOf(dissection, find(udp.children!, 'Destination port')!), 16)).toBeGreaterThan(0);
      expect(dissection.views[0]!.bytes[4]! * 256 + dissection.views[0]!.bytes[5]!).toBe(
        dissection.views[0]!.bytes.length,
      );
      expect(find(dissection.fields, 'IPv4')!.view).toBe(1);
      expect(find(dissection.fields, 'CoAP')).toMatchObject({ view: 0, start: 8 });
    }
  });

  const stream = join(RECORDED ?? '', 'other/aio-ws-a.pcapng');
  it.skipIf(!existsSync(stream))('of a stream are the message and the frame', async () => {
    const all = await allOf(await analyseFile(stream));
    const framed = all.filter(({ views }) => views.length > 1);
    expect(framed.length).toBeGreaterThan(30);
    for (const dissection of all) {
      expect(dissection.views[0]!.title).toBe('Message');
      expect(find(dissection.fields, 'CoAP')).toMatchObject({ view: 0, start: 0 });
    }
    for (const dissection of framed) expect(find(dissection.fields, 'TCP')!.view).toBe(1);
  });

  const blocks = join(RECORDED ?? '', 'leshan/leshan-blockwise-a.pcapng');
  it.skipIf(!existsSync(blocks))('of the last block are the frame and the whole body', async () => {
    const all = await allOf(await analyseFile(blocks));
    const whole = all.filter(({ views }) => views.at(-1)!.title.startsWith('Body from'));
    expect(whole.length).toBeGreaterThan(5);
    const [registration] = whole;
    // 894 bytes in 4 blocks, as tshark puts them together.
    expect([registration!.frame, registration!.views.at(-1)!.bytes.length]).toEqual([7, 894]);
    expect(registration!.views.at(-1)!.title).toBe('Body from 4 blocks');
    const links = find(registration!.fields, 'CoRE link')!;
    expect([links.view, links.start, links.length]).toEqual([1, 0, 894]);
    expect(find(registration!.fields, 'Payload')!.view).toBe(0);
  });
});

describe('the checksum of UDP', () => {
  it.each([
    ['other/wk-dm-a.pcapng', 'probably offloaded'],
    ['other/net-ipfrag4-a.pcapng', 'correct'],
  ])('is told on %s, and filtered by', async (path, said) => {
    const file = join(FIXTURES, path);
    const analysis = await analyseFile(file);
    const all = await allOf(analysis);
    const notes = all.map(({ fields }) => find(fields, 'Checksum')!);
    expect(notes.some(({ value }) => value!.includes(said))).toBe(true);
    for (const { severity } of notes) expect(severity === undefined || severity === 'note').toBe(true);
    if (!oracle.available) return;
    const options = ['-o', 'udp.check_checksum:TRUE', '-Y', 'coap && !icmp && !icmpv6'];
    const theirs = new Map(
      oracle
        .tsharkFields(file, ['frame.number', 'udp.checksum.status'], options)
        .map(([n, s]) => [Number(n), s]),
    );
    for (const state of ['Good', 'Bad', 'Not present']) {
      const filter = compileMessageFilter(`udp.checksum.status == "${state}"`, analysis);
      if (!filter.ok) throw new Error(filter.message);
      const number = { Good: '1', Bad: '0', 'Not present': '3' }[state];
      for (const [row, { frame }] of all.entries())
        expect([frame, await passesFilter(filter, row)]).toEqual([frame, theirs.get(frame) === number]);
    }
  });
});
