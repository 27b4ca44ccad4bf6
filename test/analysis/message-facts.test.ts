import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { FIXTURES } from '../captures.ts';
import { analyseBytes, analyseFile, recordsOf } from './analyse.ts';
import { captureOf, readOf, registrationAt, type SentMessage } from './written-capture.ts';

const START = 1_763_856_000;

async function factsOf(messages: readonly SentMessage[]): Promise<MessageFacts> {
  return new MessageFacts(await analyseBytes('written.pcap', captureOf(messages)));
}

describe('ids', () => {
  it('lead back to their rows', async () => {
    const analysis = await analyseFile(join(FIXTURES, 'other/net-ipfrag4-a.pcapng'));
    const facts = new MessageFacts(analysis);
    const { messages } = analysis.tracking;
    expect(messages.count).toBe(19);
    for (let row = 0; row < messages.count; row++) expect(facts.rowOfId(facts.id(row))).toBe(row);
    // Wireshark shows a datagram in several frames with the last of them.
    expect(facts.id(1)).toBe('1.4.0');
    expect(facts.id(3)).toBe('1.7.0');
  });

  it.each([
    '',
    '1',
    '1.6.0',
    '1.4.1',
    '2.4.0',
    '1.999.0',
    '0.0.0',
    'a.b.c',
    '1.4',
    '1.4.0.0',
    '-1.4.0',
    ' 1.4.0',
  ])('is of no row: %j', async (id) => {
    const analysis = await analyseFile(join(FIXTURES, 'other/net-ipfrag4-a.pcapng'));
    expect(new MessageFacts(analysis).rowOfId(id)).toBe(-1);
  });
});

describe('times', () => {
  it('have nine digits and carry', async () => {
    const facts = await factsOf([
      { at: START, nanoseconds: 999_999_999, up: true, code: '0.02', options: [[11, 'rd']] },
      { at: START + 1, nanoseconds: 0, up: true, code: '0.02', options: [[11, 'rd']] },
      { at: START, nanoseconds: 5, up: true, code: '0.02', options: [[11, 'rd']] },
    ]);
    expect([0, 1, 2].map((row) => facts.rowTimeText(row))).toEqual([
      '1763856000.999999999',
      '1763856001.000000000',
      '1763856000.000000005',
    ]);
    expect(facts.timeText(0)).toBe('1763856000.999999999');
    expect(facts.timeText(1)).toBe('1763856001.000000000');
    expect(facts.timeText(-999_999_999)).toBe('1763856000.000000000');
    expect(facts.timeText(-1_000_000_000)).toBe('1763855999.999999999');
  });

  it('before 1970 are one decimal number', async () => {
    const facts = await factsOf([{ at: 0, up: true, code: '0.02', options: [[11, 'rd']] }]);
    expect(facts.timeText(-500_000_000)).toBe('-0.500000000');
    expect(facts.timeText(-1_000_000_000)).toBe('-1.000000000');
    expect(facts.timeText(-1_000_000_001)).toBe('-1.000000001');
    expect(facts.timeText(-1)).toBe('-0.000000001');
    expect(facts.timeText(0)).toBe('0.000000000');
  });

  it('are exact however far they lie apart', async () => {
    const bytes = captureOf([
      { at: 0, nanoseconds: 1, up: true, code: '0.02', mid: 1, options: [[11, 'rd']] },
      { at: START, nanoseconds: 123_456_789, up: true, code: '0.02', mid: 2, options: [[11, 'rd']] },
      { at: 4_294_967_295, nanoseconds: 999_999_999, up: true, code: '0.02', mid: 3, options: [[11, 'rd']] },
    ]);
    const analysis = await analyseBytes('wide.pcap', bytes);
    const facts = new MessageFacts(analysis);
    expect([0, 1, 2].map((row) => facts.rowTimeText(row))).toEqual([
      '0.000000001',
      '1763856000.123456789',
      '4294967295.999999999',
    ]);
    const [info] = await recordsOf(analysis, 'info');
    expect([info!.from, info!.to]).toEqual(['0.000000001', '4294967295.999999999']);
    // Two jumps of years: the clock tells nothing of what happened meanwhile.
    expect(info!.clock_breaks).toBe(2);
  });
});

describe('exchanges', () => {
  it('are answered, with the time it took, on both halves', async () => {
    const facts = await factsOf(registrationAt(START));
    expect(facts.exchangeKind(0)).toBe('piggybacked');
    expect(facts.exchangeEnd(0)).toBe('answered');
    expect(facts.exchangeEnd(1)).toBeUndefined();
    expect(facts.responseTime(0)).toBe(0.01);
    expect(facts.responseTime(1)).toBe(0.01);
    expect([facts.direction(0), facts.direction(1)]).toEqual([1, 2]);
  });

  // MAX_TRANSMIT_WAIT is 93 s and EXCHANGE_LIFETIME 247 s (RFC 7252 §4.8.2).
  it.each([
    [93, false, 'open'],
    [94, false, 'timeout'],
    [94, true, 'open'],
    [247, true, 'open'],
    [248, true, 'timeout'],
  ] as const)('without an answer for %i s, acknowledged %s: %s', async (seconds, acknowledged, end) => {
    const facts = await factsOf([
      ...registrationAt(START),
      readOf(START + 1, 7, 'b7'),
      ...(acknowledged ? [{ at: START + 1, up: true, type: 'ACK', code: '0.00', mid: 7 } as const] : []),
      // Something else moves the clock.
      { at: START + 1 + seconds, up: true, type: 'NON', code: '0.02', mid: 99, options: [[11, 'x']] },
    ]);
    expect(facts.exchangeEnd(2)).toBe(end);
    expect(facts.responseTime(2)).toBeNaN();
  });

  it('end with a reset', async () => {
    const facts = await factsOf([
      ...registrationAt(START),
      readOf(START + 1, 7, 'b7'),
      { at: START + 2, up: true, type: 'RST', code: '0.00', mid: 7 },
    ]);
    expect(facts.exchangeEnd(2)).toBe('reset');
    expect(facts.responseTime(2)).toBe(1);
  });

  it('of a NON stay open, for nothing tells their end', async () => {
    const facts = await factsOf([
      ...registrationAt(START),
      { ...readOf(START + 1, 7, 'b7'), type: 'NON' },
      { at: START + 1000, up: true, type: 'NON', code: '0.02', mid: 99, options: [[11, 'x']] },
    ]);
    expect(facts.exchangeKind(2)).toBe('non');
    expect(facts.exchangeEnd(2)).toBe('open');
  });

  it('tell the first copy of a repeat', async () => {
    const facts = await factsOf([
      ...registrationAt(START),
      readOf(START + 1, 7, 'b7'),
      readOf(START + 4, 7, 'b7'),
      {
        at: START + 5,
        up: true,
        type: 'ACK',
        code: '2.05',
        mid: 7,
        token: 'b7',
        options: [[12, 0]],
        payload: '87',
      },
    ]);
    expect([2, 3, 4].map((row) => facts.firstCopy(row))).toEqual([2, 2, 4]);
    expect(facts.responseTime(2)).toBe(4);
    expect(facts.responseTime(3)).toBeNaN();
    expect(facts.responseTime(4)).toBe(4);
  });
});
