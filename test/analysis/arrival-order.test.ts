import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { captureOfDescription } from '../described/described-capture.ts';
import { type Description, readDescription } from '../described/description.ts';
import { analyseBytes, recordsOf } from './analyse.ts';

/** Nanoseconds between frames: all of them come within the time that fragments wait (30 s; 60 s in IPv6). */
const STEP = 1e6;

/** What of a message does not depend on when it came: its bytes. Sorted, for the order is that of arrival. */
async function messagesOf(analysis: Analysis): Promise<string[]> {
  const bytes = new MessageBytes(analysis);
  const found: string[] = [];
  for (let row = 0; row < analysis.tracking.messages.count; row++) {
    const view = (await bytes.view(row))!;
    const hash = createHash('sha256').update(view.bytes.subarray(view.start, view.end)).digest('hex');
    found.push(`${view.outcome} ${view.code} ${hash}`);
  }
  return found.sort();
}

async function bodiesOf(analysis: Analysis): Promise<unknown[]> {
  const transfers = await recordsOf(analysis, 'transfers');
  return transfers.map(({ sha256, ended }) => `${String(ended)} ${String(sha256)}`).sort();
}

/** Messages and bodies of the description's packets in this order. */
async function foundIn(description: Description, order: readonly number[]): Promise<unknown> {
  const packets = order.map((at, index) => ({ ...description.packets[at]!, time: index * STEP }));
  const analysis = await analyseBytes('ordered.pcap', captureOfDescription({ ...description, packets }));
  expect(analysis.frames.network.notRead.entries()).toEqual([]);
  return { messages: await messagesOf(analysis), bodies: await bodiesOf(analysis) };
}

/** All orders of the numbers from `first` to before `end`. */
function ordersOf(first: number, end: number): number[][] {
  if (first === end) return [[]];
  return ordersOf(first + 1, end).flatMap((rest) =>
    Array.from({ length: rest.length + 1 }, (_, at) => rest.toSpliced(at, 0, first)),
  );
}

const inOrder = (count: number, first = 0): number[] => Array.from({ length: count }, (_, at) => first + at);

const CONNECTION = `body A 300
body B 40
1 0 dev > srv tcp SYN
2 0 srv > dev tcp SYN ACK
3 0 dev > srv tcp CSM
4 0 srv > dev tcp CSM ; PUT token=a1 /5/0/0 ct=42 block1=0+/32 B[0:32] ; GET token=a2 /3/0/9 ; PUT token=a3 /9/0/2 ct=42 A ; PUT token=a4 /5/0/0 ct=42 block1=1/32 B[32:40]`;

describe('what comes of a connection does not depend on the order of its segments', () => {
  it('for all orders of five segments', async () => {
    const description = readDescription(`${CONNECTION} | segments 6 70 200 390`);
    expect(description.packets).toHaveLength(8);
    const expected = await foundIn(description, inOrder(8));
    expect(expected).toMatchObject({ bodies: [/^open /] });
    for (const order of ordersOf(3, 8))
      expect(await foundIn(description, [0, 1, 2, ...order]), String(order)).toEqual(expected);
  });

  it('for any cuts, any order, and segments that come again', async () => {
    const whole = readDescription(CONNECTION);
    const length = whole.packets[3]!.bytes.length - 40;
    const expected = await foundIn(whole, inOrder(4));
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: length - 1 }), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.infiniteStream(fc.nat()), async (places, random) => {
        const text = `${CONNECTION} | segments ${places.sort((a, b) => a - b).join(' ')}`;
        const description = readDescription(text);
        const order = shuffled(inOrder(description.packets.length - 3, 3), random);
        // Some once more, behind their first copies.
        order.push(...order.slice(0, 2));
        expect(await foundIn(description, [0, 1, 2, ...order])).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

const DATAGRAMS = `body A 96
end dev6 [2001:db8::7]:40000
end srv6 [2001:db8::1]:5683
1 0 srv > dev CON PUT 0001 token=a1 /5/0/0 ct=42 qblock1=0+/32 A[0:32] | fragments 24
4 0 srv > dev CON PUT 0002 token=a2 /5/0/0 ct=42 qblock1=1+/32 A[32:64] | fragments 24
7 0 srv > dev CON PUT 0003 token=a3 /5/0/0 ct=42 qblock1=2/32 A[64:96] | fragments 24
10 0 srv6 > dev6 CON PUT 0001 token=a1 /9/0/2 ct=42 qblock1=0+/32 A[0:32] | fragments 40
12 0 srv6 > dev6 CON PUT 0002 token=a2 /9/0/2 ct=42 qblock1=1/32 A[32:64] | fragments 40`;

describe('what comes of fragments does not depend on their order', () => {
  it('for all orders of the fragments of one datagram', async () => {
    const text = 'body A 96\n1 0 srv > dev CON PUT 0001 token=a1 /5/0/0 ct=42 block1=0+/128 A | fragments 24';
    const description = readDescription(text);
    expect(description.packets).toHaveLength(6);
    const expected = await foundIn(description, inOrder(6));
    for (const order of ordersOf(0, 6))
      expect(await foundIn(description, order), String(order)).toEqual(expected);
  });

  it('for any order of those of several, repeated ones among them', async () => {
    const description = readDescription(DATAGRAMS);
    const { length } = description.packets;
    const expected = await foundIn(description, inOrder(length));
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), async (random) => {
        expect(await foundIn(description, shuffled(inOrder(length), random))).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});

function shuffled(numbers: readonly number[], random: Iterator<number>): number[] {
  const left = [...numbers];
  return numbers.map(() => left.splice(Number(random.next().value) % left.length, 1)[0]!);
}
