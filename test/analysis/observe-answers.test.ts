import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { analyseBytes, recordsOf } from './analyse.ts';
import { captureOf, registrationAt } from './written-capture.ts';

type Written = Parameters<typeof captureOf>[0][number];

/** Block2 (RFC 7959 §2.1): number, more, and 64 bytes. */
const block2 = (number: number, more: boolean): [number, number] => [23, (number << 4) | (more ? 8 : 0) | 2];

const ask = (at: number, mid: number, ...options: [number, number][]): Written => ({
  at,
  code: '0.01',
  mid,
  token: 'b7',
  options: [[6, 0], [11, '3'], [11, '0'], ...options],
});
const say = (
  at: number,
  type: 'ACK' | 'NON',
  mid: number,
  observe: number,
  ...options: [number, number][]
): Written => ({
  at,
  up: true,
  type,
  code: '2.05',
  mid,
  token: 'b7',
  options: [[6, observe], [12, 11542], ...options],
  payload: [0xc1, 0x09, 0x57],
});

async function operationsOf(messages: Written[]): Promise<unknown[]> {
  const analysis = await analyseBytes('written.pcap', captureOf([...registrationAt(1000), ...messages]));
  const records = await recordsOf(analysis, 'messages');
  return records.slice(-messages.length).map(({ lwm2m }) => (lwm2m as JsonObject).operation);
}

it('takes what acknowledges a repeated Observe for its answer, and what comes by itself for a notification', async () => {
  // RFC 7641 §3.3.1: a client may ask again with the token it has.
  const messages = [
    ask(1001, 7),
    say(1001, 'ACK', 7, 1),
    ask(1002, 8),
    say(1002, 'ACK', 8, 2),
    say(1003, 'NON', 90, 3),
  ];
  expect(await operationsOf(messages)).toEqual(['Observe', 'Observe', 'Observe', 'Observe', 'Notify']);
});

it('takes a further block of the answer to an Observe for no notification', async () => {
  // Wakaama repeats Observe when it asks for further blocks, against RFC 7959 §3.4.
  const messages = [
    ask(1001, 7),
    say(1001, 'ACK', 7, 1, block2(0, true)),
    ask(1001, 8, block2(1, false)),
    say(1001, 'ACK', 8, 2, block2(1, false)),
    say(1003, 'NON', 90, 3),
  ];
  expect(await operationsOf(messages)).toEqual(['Observe', 'Observe', 'Observe', 'Observe', 'Notify']);
});
