import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Transfer } from '../../src/coap/transfer.ts';
import { addRange, isCovered, MAXIMUM_RANGES, receivedBytes, transferEnd } from '../../src/coap/transfer.ts';
import type { MessageToWrite, OptionToWrite } from './coap-message.ts';
import { block, path } from './coap-message.ts';
import { DEVICE, type Endpoint, NEIGHBOUR, SERVER } from '../network/endpoints.ts';
import { Dialogue } from './dialogue.ts';

/** A body whose bytes tell their place. */
function bodyOf(length: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8) + salt) & 255);
}

const BODY = bodyOf(80);
const Q_BLOCK1 = 19;
const BLOCK2 = 23;
const BLOCK1 = 27;
const Q_BLOCK2 = 31;
const REQUEST_TAG = 292;

type Extra = Partial<MessageToWrite> & { path?: string; more?: OptionToWrite[]; body?: Uint8Array };

/** A dialogue of blocks: 16 bytes each, of `BODY` unless a message says otherwise. */
class BlockDialogue extends Dialogue {
  #time = 0;
  #mid = 0;

  /** The server sends a block of a request's body; gives the message ID. */
  put(number: number, extra: Extra = {}, option = BLOCK1, size = 16): number {
    const { path: uri = '/5/0/0', more = [], body = BODY, ...message } = extra;
    const mid = ++this.#mid;
    const last = (number + 1) * size >= body.length;
    this.down(++this.#time, {
      code: '0.03',
      mid,
      token: `${1000 + mid}`,
      options: [...path(uri), [12, 42], [option, block(number, !last, size)], ...more],
      payload: body.subarray(number * size, (number + 1) * size),
      ...message,
    });
    return mid;
  }

  /** The device answers the request with message ID `mid`. */
  answer(mid: number, code: string, more: OptionToWrite[] = [], payload?: Uint8Array): number {
    return this.up(++this.#time, { type: 'ACK', code, mid, token: `${1000 + mid}`, options: more, payload });
  }

  /** The server asks for a block of the device's body, and the device answers with it. Gives the answer's row. */
  pull(number: number, extra: Extra = {}, answer: Extra = {}, size = 16): number {
    const { path: uri = '/3303/0', more = [], ...message } = extra;
    const mid = ++this.#mid;
    const options: OptionToWrite[] = [...path(uri), ...more];
    if (number > 0) options.push([BLOCK2, block(number, false, size)]);
    this.down(++this.#time, { mid, token: `${1000 + mid}`, options, ...message });
    const { body = BODY, more: moreOfAnswer = [] } = answer;
    const last = (number + 1) * size >= body.length;
    return this.answer(
      mid,
      '2.05',
      [[BLOCK2, block(number, !last, size)], ...moreOfAnswer],
      body.subarray(number * size, (number + 1) * size),
    );
  }

  wait(seconds: number): void {
    this.#time += seconds;
  }

  get transfers(): Transfer[] {
    return this.analysis.tracking.transfers.transfers;
  }

  /** What a test asks of each transfer. */
  shown(): string[] {
    return this.transfers.map(
      ({ direction, ranges, ended, repeated, restarts }) =>
        `${direction} ${ended} ${ranges.join()} r${repeated} s${restarts}`,
    );
  }
}

describe('what tells transfers apart (RFC 7959 §2.4, RFC 9175 §3)', () => {
  it('Request-Tag: two interleaved bodies to one resource', () => {
    const dialogue = new BlockDialogue();
    const other = bodyOf(80, 99);
    for (const number of [0, 1, 2, 3, 4]) {
      const code = number < 4 ? '2.31' : '2.04';
      dialogue.answer(dialogue.put(number, { more: [[REQUEST_TAG, 'a']] }), code);
      dialogue.answer(dialogue.put(number, { more: [[REQUEST_TAG, 'b']], body: other }), code);
    }
    expect(dialogue.shown()).toEqual(['block1 complete 0,80 r0 s0', 'block1 complete 0,80 r0 s0']);
  });

  it('the endpoint behind one address', () => {
    const dialogue = new Dialogue();
    const ends: Endpoint[] = [DEVICE, NEIGHBOUR];
    for (const number of [0, 1, 2, 3, 4])
      for (const end of ends) {
        const options: OptionToWrite[] = [...path('/5/0/0'), [BLOCK1, block(number, number < 4, 16)]];
        const message = { code: '0.03', mid: number, token: 'aa', options, payload: BODY.subarray(number * 16, number * 16 + 16) }; // prettier-ignore
        dialogue.send(number, SERVER, end, message);
        dialogue.send(number, end, SERVER, { type: 'ACK', code: number < 4 ? '2.31' : '2.04', mid: number, token: 'aa' }); // prettier-ignore
      }
    const { transfers } = dialogue.analysis.tracking.transfers;
    expect(transfers.map(({ ended, ranges }) => [ended, ...ranges])).toEqual([
      ['complete', 0, 80],
      ['complete', 0, 80],
    ]);
  });

  const OPTIONS: [string, OptionToWrite[]][] = [
    ['Uri-Host', [[3, 'a.example']]],
    ['Uri-Port', [[7, 5683]]],
    ['Uri-Query', [[15, 'x=1']]],
    ['Accept', [[17, 112]]],
    ['an unknown option of the cache key', [[2048, 'x']]],
  ];
  it.each(OPTIONS)('%s', (_, more) => {
    const dialogue = new BlockDialogue();
    for (const number of [0, 1, 2, 3, 4]) {
      dialogue.pull(number);
      dialogue.pull(number, { more });
    }
    expect(dialogue.shown()).toEqual(['block2 complete 0,80 r0 s0', 'block2 complete 0,80 r0 s0']);
  });

  const SAME: [string, OptionToWrite[]][] = [
    ['ETag', [[4, 'x']]],
    ['Size2', [[28, 80]]],
    ['If-Match', [[1, 'x']]],
    ['No-Response', [[258, 8]]],
    ['an option outside of the cache key', [[0x7fc, 'x']]],
  ];
  it.each(SAME)('%s does not', (_, more) => {
    const dialogue = new BlockDialogue();
    for (const number of [0, 1, 2, 3, 4]) dialogue.pull(number, number % 2 === 0 ? { more } : {});
    expect(dialogue.shown()).toEqual(['block2 complete 0,80 r0 s0']);
  });

  it('the payload of a FETCH (RFC 8132 §2)', () => {
    const dialogue = new BlockDialogue();
    for (const number of [0, 1, 2, 3, 4])
      for (const payload of ['one', 'two']) dialogue.pull(number, { code: '0.05', payload });
    expect(dialogue.shown()).toEqual(['block2 complete 0,80 r0 s0', 'block2 complete 0,80 r0 s0']);
  });

  it('the token of a FETCH whose later requests have no payload', () => {
    const dialogue = new BlockDialogue();
    for (const number of [0, 1, 2, 3, 4])
      for (const token of ['01', '02']) {
        const mid = 500 + number * 2 + Number(token);
        const options: OptionToWrite[] = path('/3303/0');
        if (number > 0) options.push([BLOCK2, block(number, false, 16)]);
        dialogue.down(number, {
          code: '0.05',
          mid,
          token,
          options,
          payload: number === 0 ? token : undefined,
        });
        const payload = BODY.subarray(number * 16, number * 16 + 16);
        dialogue.up(number, { type: 'ACK', code: '2.05', mid, token, options: [[BLOCK2, block(number, number < 4, 16)]], payload }); // prettier-ignore
      }
    expect(dialogue.shown()).toEqual(['block2 complete 0,80 r0 s0', 'block2 complete 0,80 r0 s0']);
  });

  it('not the missing Accept of a later request', () => {
    const dialogue = new BlockDialogue();
    for (const number of [0, 1, 2, 3, 4]) dialogue.pull(number, number === 0 ? { more: [[17, 112]] } : {});
    expect(dialogue.shown()).toEqual(['block2 complete 0,80 r0 s0']);
  });
});

describe('ranges of a body', () => {
  it('of blocks that the capture missed: complete by its last answer, its body not whole', () => {
    const dialogue = new BlockDialogue();
    for (const number of [0, 1, 3]) dialogue.answer(dialogue.put(number), '2.31');
    const row = dialogue.answer(dialogue.put(4), '2.04');
    expect(dialogue.shown()).toEqual(['block1 complete 0,32,48,80 r0 s0']);
    const transfer = dialogue.transfers[0]!;
    expect([receivedBytes(transfer), transfer.received, transfer.wholeRow, transfer.endRow]).toEqual([64, 32, undefined, row]); // prettier-ignore
  });

  it('of a client that asks for blocks in an order of its own (RFC 7959 §2.4)', () => {
    const dialogue = new BlockDialogue();
    for (const number of [3, 1, 0, 2]) dialogue.pull(number);
    expect(dialogue.shown()).toEqual(['block2 open 0,64 r0 s0']);
    const row = dialogue.pull(4);
    expect([dialogue.shown(), dialogue.transfers[0]!.wholeRow]).toEqual([
      ['block2 complete 0,80 r0 s0'],
      row,
    ]);
  });

  it('asked for last block first: whole with the block that was missing', () => {
    const dialogue = new BlockDialogue();
    dialogue.pull(0);
    dialogue.pull(4);
    expect(dialogue.shown()).toEqual(['block2 complete 0,16,64,80 r0 s0']);
    for (const number of [3, 2, 1]) dialogue.pull(number);
    expect(dialogue.shown()).toEqual(['block2 complete 0,80 r0 s0']);
  });

  it('with smaller blocks from the second on, and an overlap', () => {
    const dialogue = new BlockDialogue();
    dialogue.pull(0, {}, {}, 32);
    dialogue.pull(1, {}, {}, 16);
    dialogue.pull(2, {}, {}, 16);
    dialogue.pull(1, {}, {}, 32);
    dialogue.pull(2, {}, {}, 32);
    expect(dialogue.shown()).toEqual(['block2 complete 0,80 r1 s0']);
  });

  it('whose sizes the server lowers in its answer to block 0 (RFC 7959 §2.5)', () => {
    const dialogue = new BlockDialogue();
    dialogue.answer(dialogue.put(0, {}, BLOCK1, 32), '2.31', [[BLOCK1, block(0, true, 16)]]);
    for (const number of [2, 3]) dialogue.answer(dialogue.put(number), '2.31');
    dialogue.answer(dialogue.put(4), '2.04');
    expect(dialogue.shown()).toEqual(['block1 complete 0,80 r0 s0']);
  });

  it('join, stay apart and are bounded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 9 })), { maxLength: 40 }),
        (pieces) => {
          const ranges: number[] = [];
          const bytes = new Set<number>();
          for (const [start, length] of pieces) {
            let covered = true;
            for (let at = start; at < start + length; at++) covered &&= bytes.has(at);
            expect(isCovered(ranges, start, start + length)).toBe(covered);
            expect(addRange(ranges, start, start + length)).toBe(true);
            for (let at = start; at < start + length; at++) bytes.add(at);
          }
          const expected: number[] = [];
          for (let at = 0; at < 80; at++) if (bytes.has(at) !== bytes.has(at - 1)) expected.push(at);
          expect(ranges).toEqual(expected);
        },
      ),
    );
    const ranges: number[] = [];
    for (let index = 0; index < MAXIMUM_RANGES; index++)
      expect(addRange(ranges, index * 10, index * 10 + 5)).toBe(true);
    expect([addRange(ranges, 1e6, 1e6 + 5), ranges.length]).toEqual([false, MAXIMUM_RANGES * 2]);
    expect([addRange(ranges, 5, 10), ranges.length]).toEqual([true, MAXIMUM_RANGES * 2 - 2]);
  });

  it('takes bodies in any order without leaving a byte out', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 9 }), (order) => {
        const dialogue = new BlockDialogue();
        const body = bodyOf(16 * 8 + 5);
        for (const number of order) dialogue.put(number, { type: 'NON', body }, Q_BLOCK1);
        expect(dialogue.shown()).toEqual([`block1 open 0,${body.length} r0 s0`]);
      }),
      { numRuns: 20 },
    );
  });
});

describe('how a transfer ends', () => {
  it('is begun anew where the ETag changes (RFC 7959 §2.4)', () => {
    const dialogue = new BlockDialogue();
    for (const number of [0, 1]) dialogue.pull(number, {}, { more: [[4, 'v1']] });
    dialogue.pull(2, {}, { more: [[4, 'v2']] });
    expect(dialogue.shown()).toEqual(['block2 restarted 0,32 r0 s0', 'block2 open 32,48 r0 s1']);
  });

  it('4.13 with a smaller size, then from the start', () => {
    const dialogue = new BlockDialogue();
    dialogue.answer(dialogue.put(0, {}, BLOCK1, 64), '4.13', [[BLOCK1, block(0, true, 16)]]);
    for (const number of [0, 1, 2, 3, 4]) dialogue.answer(dialogue.put(number), number < 4 ? '2.31' : '2.04');
    expect(dialogue.shown()).toEqual(['block1 refused 0,64 r0 s0', 'block1 complete 0,80 r0 s0']);
  });

  it('an error, and a reset, in the middle', () => {
    const dialogue = new BlockDialogue();
    dialogue.answer(dialogue.put(0), '2.31');
    dialogue.up(5, { type: 'RST', code: '0.00', mid: dialogue.put(1), token: '' });
    dialogue.pull(0);
    dialogue.down(50, { mid: 90, token: '90', options: [...path('/3303/0'), [BLOCK2, block(1, false, 16)]] });
    dialogue.up(51, { type: 'ACK', code: '4.04', mid: 90, token: '90' });
    expect(dialogue.shown()).toEqual(['block1 refused 0,32 r0 s0', 'block2 refused 0,16 r0 s0']);
  });

  it('nothing for EXCHANGE_LIFETIME: abandoned (RFC 7959 §2.5)', () => {
    const dialogue = new BlockDialogue();
    for (const number of [0, 1]) dialogue.answer(dialogue.put(number), '2.31');
    const [transfer] = dialogue.transfers;
    expect(transferEnd(transfer!, transfer!.to + 247e9)).toBe('open');
    expect(transferEnd(transfer!, transfer!.to + 247e9 + 1)).toBe('abandoned');
    dialogue.wait(300);
    dialogue.put(0);
    expect(dialogue.shown()).toEqual(['block1 abandoned 0,32 r0 s0', 'block1 open 0,16 r0 s0']);
  });

  it('a pause longer than that, and the very next block: it goes on', () => {
    const dialogue = new BlockDialogue();
    for (const number of [0, 1]) dialogue.pull(number);
    dialogue.wait(3600);
    for (const number of [2, 3, 4]) dialogue.pull(number);
    expect(dialogue.shown()).toEqual(['block2 complete 0,80 r0 s0']);
  });

  it('both options in one exchange: the record of the answer tells of the first, the last of the second', () => {
    const dialogue = new BlockDialogue();
    dialogue.answer(dialogue.put(0, { code: '0.02', body: BODY.subarray(0, 20) }), '2.31');
    const mid = dialogue.put(1, { code: '0.02', body: BODY.subarray(0, 20) });
    const row = dialogue.answer(mid, '2.04', [[BLOCK2, block(0, true, 16)]], BODY.subarray(0, 16));
    for (const number of [1, 2, 3, 4]) dialogue.pull(number, { code: '0.02', path: '/5/0/0' });
    expect(dialogue.shown()).toEqual(['block1 complete 0,20 r0 s0', 'block2 complete 0,80 r0 s0']);
    expect(dialogue.transfers[0]!.endRow).toBe(row);
  });
});

describe('Q-Block (RFC 9177)', () => {
  const tag: OptionToWrite[] = [[REQUEST_TAG, 'q']];
  const put = (dialogue: BlockDialogue, number: number): number =>
    dialogue.put(number, { type: 'NON', more: tag }, Q_BLOCK1);
  const answer = (
    dialogue: BlockDialogue,
    mid: number,
    code: string,
    options: OptionToWrite[] = [],
  ): number => dialogue.up(40, { type: 'NON', code, mid: 900 + mid, token: `${1000 + mid}`, options });

  it('in any order, with a report of what is missing and the missing blocks again', () => {
    const dialogue = new BlockDialogue();
    put(dialogue, 0);
    put(dialogue, 3);
    const last = put(dialogue, 4);
    answer(dialogue, last, '4.08', [[12, 272]]);
    expect(dialogue.shown()).toEqual(['block1 open 0,16,48,80 r0 s0']);
    put(dialogue, 2);
    put(dialogue, 2);
    answer(dialogue, put(dialogue, 1), '2.04');
    expect(dialogue.shown()).toEqual(['block1 complete 0,80 r1 s0']);
    expect(dialogue.transfers[0]).toMatchObject({ isQuick: true, reports: 1, code: 0x44 });
  });

  it('block 0 again is no restart, and another Request-Tag another body', () => {
    const dialogue = new BlockDialogue();
    put(dialogue, 0);
    put(dialogue, 0);
    dialogue.put(0, { type: 'NON', more: [[REQUEST_TAG, 'other']] }, Q_BLOCK1);
    expect(dialogue.shown()).toEqual(['block1 open 0,16 r1 s0', 'block1 open 0,16 r0 s0']);
  });

  it('an answer in blocks of one request, and those asked for again', () => {
    const dialogue = new BlockDialogue();
    const ask = (mid: number, numbers: number[]): number =>
      dialogue.down(mid, { type: 'NON', mid, token: 'c0', options: [...path('/x'), ...numbers.map((number): OptionToWrite => [Q_BLOCK2, block(number, false, 16)])] }); // prettier-ignore
    const tell = (number: number): number =>
      dialogue.up(20 + number, { type: 'NON', code: '2.05', mid: 800 + number, token: 'c0', options: [[Q_BLOCK2, block(number, number < 4, 16)]], payload: BODY.subarray(number * 16, number * 16 + 16) }); // prettier-ignore
    ask(1, [0]);
    for (const number of [0, 1, 4]) tell(number);
    expect(dialogue.shown()).toEqual(['block2 open 0,32,64,80 r0 s0']);
    ask(2, [2, 3]);
    tell(3);
    const row = tell(2);
    expect(dialogue.shown()).toEqual(['block2 complete 0,80 r0 s0']);
    expect(dialogue.transfers[0]).toMatchObject({ isQuick: true, endRow: row, wholeRow: row });
  });
});
