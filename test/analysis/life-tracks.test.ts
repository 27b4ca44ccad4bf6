import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { Dissector } from '../../src/analysis/dissection/dissect.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';
import type { Dissection, FieldNode } from '../../src/analysis/protocol.ts';
import { SpanLook } from '../../src/analysis/timeline-protocol.ts';
import { ShownRows } from '../../src/analysis/shown-rows.ts';
import { Timeline } from '../../src/analysis/timeline.ts';
import { captureOfDescription } from '../described/described-capture.ts';
import { readDescription } from '../described/description.ts';
import { analyseBytes } from './analyse.ts';

async function analyseText(text: string): Promise<Analysis> {
  return analyseBytes('life.pcap', captureOfDescription(readDescription(text)));
}

interface Shown {
  from: number;
  to: number;
  look: number;
  row: number;
  label: string;
}

/** The spans of each track of a capture with one device, by the track's title; times in seconds. */
function tracksOf(analysis: Analysis): Map<string, Shown[]> {
  const { messages, clock } = analysis.tracking;
  const devices = new DeviceIndex(analysis);
  const timeline = new Timeline(
    analysis,
    new MessageFacts(analysis),
    devices,
    () => true,
    new ShownRows(messages),
  );
  const { rows } = timeline.window({ from: 0, to: clock, pixels: 1e9, firstTrack: 0, trackCount: 50 }, 1);
  return new Map(
    rows.map(({ title, spans }) => [
      title,
      [...spans!.from].map((from, index) => ({
        from: from / 1e9,
        to: spans!.to[index]! / 1e9,
        look: spans!.look[index]!,
        row: spans!.row[index]!,
        label: spans!.labels[spans!.label[index]!]!,
      })),
    ]),
  );
}

async function dissect(analysis: Analysis, row: number): Promise<Dissection> {
  const facts = new MessageFacts(analysis);
  const bytes = new MessageBytes(analysis);
  const summaries = new MessageSummary(analysis, facts, bytes);
  const dissector = new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
  return (await dissector.dissect(row))!;
}

function valueOf(nodes: readonly FieldNode[], label: string): string | undefined {
  for (const node of nodes) {
    const found = node.label === label ? node.value : valueOf(node.children ?? [], label);
    if (found !== undefined) return found;
  }
  return undefined;
}

const BOOTSTRAP = `
1 0 dev > srv CON POST 0001 token=a1 /bs ?ep=dev1
2 1 srv > dev ACK 2.04
3 2 srv > dev CON PUT 0002 token=a2 /1/0 ct=11542 hex: c1 00 65 c1 01 3c
4 3 dev > srv ACK 2.04
5 4 srv > dev CON POST 0003 token=a3 /bs
6 5 dev > srv ACK 2.04
7 6 dev > srv CON POST 0004 token=a4 /rd ?ep=dev1&lt=300&lwm2m=1.1&Q ct=40 "</1/0>,</3/0>"
8 7 srv > dev ACK 2.01 location=/rd/1
`;

describe('tracks of a device’s life', () => {
  it('show a bootstrap from its request to its end', async () => {
    const analysis = await analyseText(BOOTSTRAP);
    expect(tracksOf(analysis).get('Bootstrap')).toEqual([
      { from: 0, to: 1, look: SpanLook.bootstrap, row: 0, label: 'Bootstrap requested' },
      { from: 1, to: 5, look: SpanLook.bootstrap, row: 1, label: 'Bootstrapping · 1 × Write' },
      { from: 5, to: 5, look: SpanLook.bootstrap, row: 5, label: 'Bootstrap finished' },
    ]);
    const { related } = await dissect(analysis, 2);
    expect(related).toMatchObject([{ label: 'Bootstrap', detail: '1 × Write; Bootstrap finished' }]);
  });

  it('have no line for what a device did not do', async () => {
    const analysis = await analyseText(
      '1 0 srv > dev CON GET 0001 token=a1 /3/0/9\n2 1 dev > srv ACK 2.05 ct=0 "1"\n',
    );
    expect([...tracksOf(analysis).keys()]).toEqual(['10.0.0.7:40000', 'Exchanges']);
  });

  it('show when a client in queue mode listens, and what was sent into its sleep', async () => {
    const analysis = await analyseText(`${BOOTSTRAP}
9 120 srv > dev CON GET 0005 token=a5 /3/0/9
10 150 dev > srv CON POST 0006 token=a6 /rd/1
11 151 srv > dev ACK 2.04
12 152 dev > srv CON EMPTY 0007
`);
    expect(tracksOf(analysis).get('Awake')).toEqual([
      { from: 7, to: 100, look: SpanLook.registered, row: 7, label: 'Awake' },
      {
        from: 100,
        to: 150,
        look: SpanLook.unproven,
        row: expect.any(Number) as number,
        label: 'Asleep? No message for 93 s before',
      },
      { from: 150, to: 152, look: SpanLook.registered, row: 9, label: 'Awake' },
      { from: 120, to: 120, look: SpanLook.unanswered, row: 8, label: 'Request into sleep, no answer seen' },
    ]);
    const { related } = await dissect(analysis, 8);
    expect(related.map(({ label }) => label)).toContain('Queue mode');
  });

  it('show events and what followed', async () => {
    const analysis = await analyseText(`${BOOTSTRAP}
9 10 srv > dev CON POST 0005 token=a5 /1/0/8
10 11 dev > srv ACK 2.04
11 12 dev > srv CON POST 0006 token=a6 /rd/1
12 13 srv > dev ACK 2.04
13 14 srv > dev CON POST 0007 token=a7 /3/0/5
14 15 dev > srv ACK 4.05
`);
    expect(tracksOf(analysis).get('Events')).toEqual([
      {
        from: 10,
        to: 10,
        look: SpanLook.execute,
        row: 8,
        label: 'Registration Update Trigger: Update after 2 s',
      },
      { from: 14, to: 14, look: SpanLook.errorAnswer, row: 12, label: 'Factory Reset: refused 4.05' },
    ]);
    const { related } = await dissect(analysis, 10);
    const event = related.find(({ label }) => label === 'Event')!;
    expect(event.messages.map(({ row }) => row)).toEqual([8, 9, 10]);
  });

  it('begin a span where an Update changed something, and say so in the Update', async () => {
    const analysis = await analyseText(`${BOOTSTRAP}
9 20 dev > srv CON POST 0005 token=a5 /rd/1 ?lt=60 ct=40 "</1/0>"
10 21 srv > dev ACK 2.04
11 30 dev > srv CON POST 0006 token=a6 /rd/1
12 31 srv > dev ACK 2.04
`);
    const change = 'lifetime 300 → 60 s, − /3/0';
    expect(tracksOf(analysis).get('Registration')).toEqual([
      { from: 6, to: 7, look: SpanLook.registering, row: 6, label: 'Registering' },
      {
        from: 7,
        to: 20,
        look: SpanLook.registered,
        row: 7,
        label: 'Registered · lifetime 300 s · binding U + Q',
      },
      {
        from: 20,
        to: 31,
        look: SpanLook.registered,
        row: 8,
        label: `Registered · lifetime 60 s · binding U + Q · ${change}`,
      },
    ]);
    expect(valueOf((await dissect(analysis, 8)).fields, 'Changes')).toBe(change);
    expect(valueOf((await dissect(analysis, 8)).fields, 'Next Update before')).toBeUndefined();
    expect(valueOf((await dissect(analysis, 10)).fields, 'Next Update before')).toBe('1763856091.000000000');
    expect(valueOf((await dissect(analysis, 10)).fields, 'Changes')).toBeUndefined();
  });
});
