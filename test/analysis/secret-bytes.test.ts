import { describe, expect, it } from 'vitest';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { Dissector } from '../../src/analysis/dissection/dissect.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';
import type { FieldNode } from '../../src/analysis/protocol.ts';
import { path } from '../coap/coap-message.ts';
import { analyseBytes } from './analyse.ts';
import {
  captureOf,
  captureOfPackets,
  packetOf,
  registrationAt,
  type SentMessage,
} from './written-capture.ts';

const SECRET = 'TopSecretKey1234';
const TLV = 11542;
const BLOCK1 = 27;
/** Number, M and 16 bytes of SZX 0 (RFC 7959 §2.2). */
const FIRST_OF_MORE = 0b1000;

function writing(resource: string, options: SentMessage['options'], payload: string | number[]): SentMessage {
  const of = options ?? [];
  return { at: 1001, code: '0.03', mid: 7, token: 'b1', options: [...path(resource), ...of], payload };
}

/** What all views of the last message show of its bytes, covered ones as `•`. */
async function shownOf(capture: Uint8Array): Promise<string> {
  const analysis = await analyseBytes('secret.pcap', capture);
  const facts = new MessageFacts(analysis);
  const bytes = new MessageBytes(analysis);
  const summaries = new MessageSummary(analysis, facts, bytes);
  const dissector = new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
  const dissection = (await dissector.dissect(analysis.tracking.messages.count - 1))!;
  const views = dissection.views.map((view) => [...Buffer.from(view.bytes).toString('latin1')]);
  const cover = (nodes: readonly FieldNode[]): void => {
    for (const { view, start, length, sensitive, children } of nodes) {
      if (sensitive !== undefined) for (let at = start; at < start + length; at++) views[view]![at] = '•';
      cover(children ?? []);
    }
  };
  cover(dissection.fields);
  return views.map((view) => view.join('')).join('\n');
}

describe('the bytes of a secret', () => {
  it('are covered where the value is read', async () => {
    const shown = await shownOf(captureOf([...registrationAt(1000), writing('/0/0/5', [[12, 42]], SECRET)]));
    expect(shown).toContain('•'.repeat(SECRET.length));
    expect(shown).not.toMatch(/Secret|1234/);
  });

  it('are covered behind damage', async () => {
    // /0/0/5 says 40 bytes and has 16 (LwM2M Core §7.5.3).
    const damaged = [0xc8, 5, 40, ...Buffer.from(SECRET)];
    const shown = await shownOf(captureOf([...registrationAt(1000), writing('/0/0', [[12, TLV]], damaged)]));
    expect(shown).not.toMatch(/Secret|1234/);
  });

  it('are covered in a block that has no meaning alone', async () => {
    const block = [BLOCK1, FIRST_OF_MORE] as const;
    const shown = await shownOf(
      captureOf([...registrationAt(1000), writing('/0/0/5', [[12, 42], block], SECRET)]),
    );
    expect(shown).not.toMatch(/Secret|1234/);
  });

  it('are covered in the frame that a datagram was joined from', async () => {
    const packet = packetOf(writing('/0/0/5', [[12, 42]], SECRET));
    const cut = 20 + 24;
    const [head, tail] = [packet.slice(0, cut), new Uint8Array(20 + packet.length - cut)];
    tail.set(packet.subarray(0, 20));
    tail.set(packet.subarray(cut), 20);
    for (const [part, flags, offset] of [
      [head, 0x2000, 0],
      [tail, 0, 3],
    ] as const) {
      const view = new DataView(part.buffer);
      view.setUint16(2, part.length);
      view.setUint16(6, flags | offset);
    }
    const register = registrationAt(1000).map((message) => ({ ...message, packet: packetOf(message) }));
    const shown = await shownOf(
      captureOfPackets([...register, { at: 1001, packet: head }, { at: 1001, packet: tail }]),
    );
    expect(shown).not.toMatch(/Secret|1234/);
    expect(shown.split('\n').length).toBeGreaterThan(1);
  });

  it('are seen where nothing secret can stand', async () => {
    const shown = await shownOf(
      captureOf([...registrationAt(1000), writing('/3/0/15', [[12, 0]], 'Europe/Berlin')]),
    );
    expect(shown).toContain('Europe/Berlin');
    expect(shown).not.toContain('•');
  });
});
