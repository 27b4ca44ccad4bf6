import { describe, expect, it } from 'vitest';
import { MessageFlag } from '../../src/analysis/message-table.ts';
import type { Transfer } from '../../src/coap/block-wise.ts';
import { TransferTracker } from '../../src/coap/block-wise.ts';
import { TransferKey } from '../../src/coap/transfer.ts';
import { MessageBatch, MessagePlace } from '../../src/coap/message-batch.ts';
import { MessageView } from '../../src/coap/message.ts';
import type { MessageToWrite, OptionToWrite } from './coap-message.ts';
import { block, codeByte, path, write } from './coap-message.ts';
import { Dialogue } from './dialogue.ts';

/** Block number, whether more follow, size; and of the message that carries it what differs from the plain case. */
type Block = readonly [number: number, more: boolean, size: number, message?: Partial<Extra>];

interface Extra {
  code: string;
  format: number | undefined;
  announced: number;
  /** Bytes of the payload where they are not those of the block's place in the body. */
  payload: Uint8Array;
  /** Bytes that the capture cut off. */
  cut: number;
  path: number;
  conversation: number;
}

/** A body whose bytes tell their place. */
function bodyOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 255);
}

/** Drives a tracker as the analysis does, with messages that hold the blocks of one body. */
class Blocks {
  readonly tracker = new TransferTracker();
  readonly #view = new MessageView();
  readonly #place = new MessagePlace();
  #row = 0;

  constructor(readonly body: Uint8Array) {}

  get transfers(): Transfer[] {
    return this.tracker.transfers;
  }

  /** A request with a block of the body. Gives the transfer and its row. */
  push(...[number, more, size, extra = {}]: Block): [transfer: number, row: number] {
    const { code = '0.03', format = 11542, announced, path: pathId = 5 } = extra;
    const options: OptionToWrite[] = [[27, block(number, more, size)]];
    if (!('format' in extra) || extra.format !== undefined) options.push([12, format]);
    if (announced !== undefined) options.push([60, announced]);
    const batch = this.#batch(
      { code, options, payload: this.#payload(number, more, size, extra) },
      extra,
      true,
    );
    return [this.tracker.request(batch, 0, this.#row, this.#key(code, pathId, extra), this.#row * 1e9), this.#row++]; // prettier-ignore
  }

  /** The answer to a request of a transfer. */
  answer(transfer: number, code: string): number {
    const batch = this.#batch({ type: 'ACK', code }, {}, false);
    this.tracker.answer(transfer, batch, 0, this.#row, this.#row * 1e9);
    return this.#row++;
  }

  /** An answer with a block of the body. */
  pull(...[number, more, size, extra = {}]: Block): [transfer: number, row: number] {
    const { code = '2.05', format = 11542, announced, path: pathId = 5 } = extra;
    const options: OptionToWrite[] = [[23, block(number, more, size)]];
    if (!('format' in extra) || extra.format !== undefined) options.push([12, format]);
    if (announced !== undefined) options.push([28, announced]);
    const batch = this.#batch({ type: 'ACK', code, options, payload: this.#payload(number, more, size, extra) }, extra, false); // prettier-ignore
    return [this.tracker.response(batch, 0, this.#row, this.#key('0.01', pathId, extra), this.#row * 1e9), this.#row++]; // prettier-ignore
  }

  /** All blocks of the body with their answers; gives the transfer. */
  pushAll(size: number, last = '2.04', middle = '2.31', extra: Partial<Extra> = {}): number {
    let transfer = -1;
    const count = Math.ceil(this.body.length / size);
    for (let number = 0; number < count; number++) {
      const more = number < count - 1;
      [transfer] = this.push(number, more, size, extra);
      this.answer(transfer, more ? middle : last);
    }
    return transfer;
  }

  #key(code: string, pathId: number, { conversation = 3 }: Partial<Extra>): TransferKey {
    const key = new TransferKey();
    key.conversation = conversation;
    key.requesterIsA = true;
    key.method = codeByte(code);
    key.pathId = pathId;
    return key;
  }

  #payload(number: number, more: boolean, size: number, { payload }: Partial<Extra>): Uint8Array {
    if (payload !== undefined) return payload;
    return this.body.subarray(number * size, more ? (number + 1) * size : this.body.length);
  }

  #batch(
    message: MessageToWrite,
    { cut = 0, conversation = 3 }: Partial<Extra>,
    fromA: boolean,
  ): MessageBatch {
    const bytes = write(message);
    this.#view.read(bytes, 0, bytes.length - cut, bytes.length);
    const batch = BATCH;
    batch.clear();
    this.#place.conversation = conversation;
    this.#place.fromA = fromA;
    batch.add(this.#view, this.#place);
    return batch;
  }
}

const BATCH = new MessageBatch();

/** What a test asks of a transfer. */
function shown({ ended, start, received, blocks, repeated, restarts, size, rows, code }: Transfer): Record<string, unknown> {
  return { ended, start, received, blocks, repeated, restarts, size, rows: rows.join(), code };
} // prettier-ignore

describe('Block1 (RFC 7959 §2.5)', () => {
  it.each([
    [1, 16],
    [16, 16],
    [17, 16],
    [1000, 64],
    [1024, 512],
    [5000, 1024],
    [65536, 16],
    [65536, 1024],
  ])('%i bytes in blocks of %i', (length, size) => {
    const blocks = new Blocks(bodyOf(length));
    const count = Math.ceil(length / size);
    for (let number = 0; number < count; number++) {
      const [transfer] = blocks.push(number, number < count - 1, size);
      // A body of one block is no transfer.
      if (count === 1) {
        expect([transfer, blocks.transfers.length]).toEqual([-1, 0]);
        return;
      }
      expect(blocks.tracker.completed).toBe(false);
      if (number === count - 1) expect(blocks.transfers[0]!.body).toEqual(blocks.body);
      blocks.answer(transfer, number < count - 1 ? '2.31' : '2.04');
    }
    expect(blocks.tracker.completed).toBe(true);
    expect(blocks.transfers).toHaveLength(1);
    expect(blocks.transfers[0]).toMatchObject({
      direction: 'block1', ended: 'complete', received: length, start: 0, blocks: count, repeated: 0, restarts: 0,
      size, code: codeByte('2.04'), endRow: count * 2 - 1, first: 0, last: count * 2 - 1, contentFormat: 11542,
      from: 0, to: (count * 2 - 1) * 1e9, method: 3, pathId: 5, conversation: 3, requesterIsA: true, lastSeen: true,
    }); // prettier-ignore
  });

  it('keeps bodies of up to 64 KiB, and none of octet-stream', () => {
    const large = new Blocks(bodyOf(65537));
    large.pushAll(1024);
    expect(large.transfers[0]).toMatchObject({ ended: 'complete', received: 65537, blocks: 65 });
    expect(large.transfers[0]!.body).toBeUndefined();
    const opaque = new Blocks(bodyOf(3000));
    opaque.pushAll(1024, '2.04', '2.31', { format: 42 });
    expect([opaque.transfers[0]!.ended, opaque.transfers[0]!.body]).toEqual(['complete', undefined]);
  });

  it('takes the content format from whichever block has one first', () => {
    const blocks = new Blocks(bodyOf(48));
    blocks.push(0, true, 16, { format: undefined });
    blocks.push(1, true, 16, { format: 112 });
    blocks.push(2, false, 16, { format: undefined });
    expect(blocks.transfers[0]!.contentFormat).toBe(112);
  });

  it('keeps the size that was announced', () => {
    const blocks = new Blocks(bodyOf(40));
    blocks.push(0, true, 16, { announced: 40 });
    blocks.push(1, true, 16);
    expect(blocks.transfers[0]!.announced).toBe(40);
    blocks.push(0, true, 16);
    expect(blocks.transfers[1]!.announced).toBe(-1);
  });

  type Act = (blocks: Blocks) => void;
  const start: Act = (blocks) => {
    for (const number of [0, 1]) blocks.answer(blocks.push(number, true, 16)[0], '2.31');
  };
  const CASES: [string, Act, Record<string, unknown>[]][] = [
    ['is open while blocks are to come', start, [{ ended: 'open', received: 32, blocks: 2, code: codeByte('2.31') }]],
    ['is open until its last block is answered', (b) => { start(b); b.push(2, false, 16); }, [{ ended: 'open', received: 40, blocks: 3 }]],
    ['4.13 on the first block', (b) => b.answer(b.push(0, true, 16)[0], '4.13'), [{ ended: 'refused', received: 16, code: codeByte('4.13') }]],
    ['4.08 in the middle', (b) => { start(b); b.answer(b.push(2, true, 16)[0], '4.08'); }, [{ ended: 'refused', blocks: 3, code: codeByte('4.08') }]],
    ['4.00 on the last block', (b) => { start(b); b.answer(b.push(2, false, 16)[0], '4.00'); }, [{ ended: 'refused', received: 40 }]],
    ['5.00', (b) => b.answer(b.push(0, true, 16)[0], '5.00'), [{ ended: 'refused' }]],
    ['refused, then from the start', (b) => { start(b); b.answer(b.push(2, true, 16)[0], '4.08'); b.pushAll(16); }, [{ ended: 'refused' }, { ended: 'complete', restarts: 0, received: 40 }]],
    ['a request that was under way when it was refused', (b) => { b.answer(b.push(0, true, 16)[0], '4.13'); b.push(1, true, 16); b.push(2, true, 16); }, [{ ended: 'refused', received: 16, repeated: 0 }]],
    ['restarted: block 0 with a new ID', (b) => { start(b); b.pushAll(16); }, [{ ended: 'restarted', received: 32 }, { ended: 'complete', restarts: 1, received: 40 }]],
    ['restarted twice', (b) => { start(b); start(b); start(b); }, [{ ended: 'restarted' }, { ended: 'restarted', restarts: 1 }, { ended: 'open', restarts: 2 }]],
    ['overwritten by a body of one block', (b) => { start(b); b.push(0, false, 1024); b.push(0, false, 1024); }, [{ ended: 'restarted' }]],
    ['again from the start behind a complete one', (b) => { b.pushAll(16); b.pushAll(16); }, [{ ended: 'complete', restarts: 0 }, { ended: 'complete', restarts: 0 }]],
    ['a block with a new ID', (b) => { start(b); b.push(1, true, 16); b.answer(b.push(2, false, 16)[0], '2.04'); }, [{ ended: 'complete', repeated: 1, received: 40, blocks: 3, rows: '0,2,5' }]],
    ['the last block again', (b) => { const transfer = b.pushAll(16); expect(b.push(2, false, 16)[0]).toBe(transfer); }, [{ ended: 'complete', repeated: 1, blocks: 3 }]],
    ['a block that is missing', (b) => { b.push(0, true, 16); b.answer(b.push(2, false, 16)[0], '4.08'); }, [{ ended: 'refused', received: 16, blocks: 2 }]],
    ['a block that the capture missed', (b) => { b.push(0, true, 16); b.answer(b.push(2, false, 16)[0], '2.04'); }, [{ ended: 'complete', received: 16, blocks: 2 }]],
    ['a missing block that comes later, and the rest again', (b) => { b.push(0, true, 16); b.push(2, false, 16); b.push(1, true, 16); b.answer(b.push(2, false, 16)[0], '2.04'); }, [{ ended: 'complete', received: 40, blocks: 3 }]],
    // RFC 7959 §2.9.1: 2.31 says that more is wanted, and there is no more.
    ['2.31 to the last block ends nothing', (b) => b.pushAll(16, '2.31'), [{ ended: 'open', received: 40, code: codeByte('2.31') }]],
    ['a server that takes each block for itself', (b) => b.pushAll(16, '2.04', '2.04'), [{ ended: 'complete', received: 40, blocks: 3 }]],
    ['seen from block 1 on', (b) => { for (const number of [1, 2]) b.answer(b.push(number, number < 2, 16)[0], number < 2 ? '2.31' : '2.04'); }, [{ ended: 'complete', start: 16, received: 40, blocks: 2 }]],
    ['smaller blocks behind block 0: the offset stays', (b) => { b.push(0, true, 32); b.answer(b.push(2, false, 16)[0], '2.04'); }, [{ ended: 'complete', received: 40, blocks: 2, size: 16 }]],
  ]; // prettier-ignore
  it.each(CASES)('%s', (_, act, expected) => {
    const blocks = new Blocks(bodyOf(40));
    act(blocks);
    expect(blocks.transfers.map(shown)).toMatchObject(expected);
    expect(blocks.transfers).toHaveLength(expected.length);
    // What cannot be read any more is not kept.
    for (const { ended, body } of blocks.transfers)
      if (ended === 'restarted' || ended === 'refused') expect(body).toBeUndefined();
  });

  it('has its whole body with smaller blocks behind block 0', () => {
    const blocks = new Blocks(bodyOf(1500));
    blocks.push(0, true, 1024);
    for (let number = 16; number < 23; number++) blocks.push(number, true, 64);
    blocks.push(23, false, 64);
    expect(blocks.transfers.map(shown)).toMatchObject([{ received: 1500, blocks: 9, size: 64 }]);
    expect(blocks.transfers[0]!.body).toEqual(blocks.body);
  });

  it('says complete only of bodies that were seen from their first byte', () => {
    const blocks = new Blocks(bodyOf(40));
    blocks.answer(blocks.push(1, true, 16)[0], '2.31');
    blocks.answer(blocks.push(2, false, 16)[0], '2.04');
    expect([blocks.transfers[0]!.ended, blocks.tracker.completed]).toEqual(['complete', false]);
  });

  it('has no body where the capture cut a block', () => {
    const blocks = new Blocks(bodyOf(48));
    blocks.push(0, true, 16);
    blocks.push(1, true, 16, { cut: 3 });
    blocks.answer(blocks.push(2, false, 16)[0], '2.04');
    expect(blocks.transfers.map(shown)).toMatchObject([{ ended: 'complete', received: 48, blocks: 3 }]);
    expect(blocks.transfers[0]!.body).toBeUndefined();
  });

  it('keeps conversations, paths, methods and directions apart', () => {
    const blocks = new Blocks(bodyOf(40));
    const ways: Partial<Extra>[] = [{}, { path: 6 }, { conversation: 4 }, { code: '0.02' }, { code: '0.07' }];
    for (const number of [0, 1, 2])
      for (const way of ways) blocks.push(number, number < 2, 16, { ...way, payload: bodyOf(40).subarray(number * 16, number * 16 + 16) }); // prettier-ignore
    blocks.pull(0, true, 16);
    expect(blocks.transfers.map(({ received }) => received)).toEqual([40, 40, 40, 40, 40, 16]);
    expect(blocks.transfers.slice(0, 5).map(({ body }) => body)).toEqual(ways.map(() => blocks.body));
  });
});

describe('Block2 (RFC 7959 §2.4)', () => {
  it.each([
    [17, 16],
    [1000, 64],
    [5000, 1024],
    [65536, 1024],
  ])('%i bytes in blocks of %i', (length, size) => {
    const blocks = new Blocks(bodyOf(length));
    const count = Math.ceil(length / size);
    for (let number = 0; number < count; number++) {
      const [transfer] = blocks.pull(number, number < count - 1, size, { announced: length });
      expect([transfer, blocks.tracker.completed]).toEqual([0, number === count - 1]);
    }
    expect(blocks.transfers[0]!.body).toEqual(blocks.body);
    expect(blocks.transfers[0]).toMatchObject({
      direction: 'block2', ended: 'complete', received: length, start: 0, blocks: count, announced: length, size,
      code: codeByte('2.05'), endRow: count - 1, method: 1, pathId: 5, requesterIsA: true, contentFormat: 11542,
    }); // prettier-ignore
  });

  type Act = (blocks: Blocks) => void;
  const CASES: [string, Act, Record<string, unknown>[]][] = [
    ['of one block is no transfer', (b) => expect(b.pull(0, false, 64)[0]).toBe(-1), []],
    ['of an error is no transfer', (b) => expect(b.pull(1, true, 16, { code: '4.04' })[0]).toBe(-1), []],
    ['is open while blocks are to come', (b) => b.pull(0, true, 16), [{ ended: 'open', received: 16 }]],
    ['seen from block 1 on', (b) => { b.pull(1, true, 16); b.pull(2, false, 16); expect(b.tracker.completed).toBe(false); }, [{ ended: 'complete', start: 16, received: 40 }]],
    ['restarted', (b) => { b.pull(0, true, 16); b.pull(1, true, 16); b.pull(0, true, 16); b.pull(1, true, 16); b.pull(2, false, 16); }, [{ ended: 'restarted', received: 32 }, { ended: 'complete', restarts: 1, received: 40 }]],
    ['overwritten by a body of one block', (b) => { b.pull(0, true, 16); b.pull(0, false, 64); }, [{ ended: 'restarted' }]],
    ['a block that comes twice', (b) => { b.pull(0, true, 16); b.pull(1, true, 16); b.pull(1, true, 16); b.pull(2, false, 16); }, [{ ended: 'complete', repeated: 1, blocks: 3, rows: '0,1,3' }]],
    ['the last block again', (b) => { b.pull(0, true, 32); b.pull(1, false, 32); b.pull(1, false, 32); }, [{ ended: 'complete', repeated: 1, blocks: 2 }]],
    ['a block that is missing', (b) => { b.pull(0, true, 16); b.pull(2, false, 16); }, [{ ended: 'complete', received: 16, blocks: 2 }]],
    ['smaller blocks behind block 0: the offset stays', (b) => { b.pull(0, true, 32); b.pull(2, false, 16); }, [{ ended: 'complete', received: 40, blocks: 2, size: 16 }]],
    ['again behind a complete one', (b) => { for (let time = 0; time < 2; time++) { b.pull(0, true, 32); b.pull(1, false, 32); } }, [{ ended: 'complete', restarts: 0 }, { ended: 'complete', restarts: 0 }]],
  ]; // prettier-ignore
  it.each(CASES)('%s', (_, act, expected) => {
    const blocks = new Blocks(bodyOf(40));
    act(blocks);
    expect(blocks.transfers.map(shown)).toMatchObject(expected);
    expect(blocks.transfers).toHaveLength(expected.length);
  });

  it('has its whole body with smaller blocks behind block 0', () => {
    const blocks = new Blocks(bodyOf(200));
    blocks.pull(0, true, 128);
    blocks.pull(2, true, 64);
    blocks.pull(6, false, 32);
    expect(blocks.transfers[0]!.body).toEqual(blocks.body);
  });

  it('has no body where its start was not seen or the capture cut a block', () => {
    const late = new Blocks(bodyOf(40));
    late.pull(1, true, 16);
    late.pull(2, false, 16);
    const cut = new Blocks(bodyOf(40));
    cut.pull(0, true, 16, { cut: 16 });
    cut.pull(1, true, 16);
    cut.pull(2, false, 16);
    expect([late.transfers[0]!.body, cut.transfers[0]!.body]).toEqual([undefined, undefined]);
  });
});

describe('transfers in the whole analysis', () => {
  const body = bodyOf(40);
  const put = (mid: number, number: number, more: boolean): MessageToWrite => ({
    code: '0.03',
    mid,
    token: `${10 + mid}`,
    options: [...path('/5/0/0'), [12, 42], [27, block(number, more, 16)]],
    payload: body.subarray(number * 16, number * 16 + 16),
  });

  it('count retransmissions, and mark the answer that completes them', () => {
    const dialogue = new Dialogue();
    for (const [mid, code] of [[0, '2.31'], [1, '2.31'], [2, '2.04']] as const) {
      dialogue.down(mid * 3, put(mid, mid, mid < 2));
      if (mid === 1) dialogue.down(mid * 3 + 1, put(mid, mid, true));
      const answered = dialogue.up(mid * 3 + 2, { type: 'ACK', code, mid, token: `${10 + mid}`, options: [[27, block(mid, mid < 2, 16)]] }); // prettier-ignore
      const { messages } = dialogue.analysis.tracking;
      expect(messages.has(answered, MessageFlag.transferComplete)).toBe(mid === 2);
    } // prettier-ignore
    const { transfers } = dialogue.analysis.tracking.transfers;
    expect(transfers.map(shown)).toMatchObject([{ ended: 'complete', received: 40, blocks: 3, repeated: 1 }]);
  });

  it('take both options of one message: a request in blocks, an answer in blocks (§3.3)', () => {
    const dialogue = new Dialogue();
    const fetch = (
      mid: number,
      options: OptionToWrite[],
      payload: Uint8Array = new Uint8Array(0),
    ): MessageToWrite => ({
      code: '0.05',
      mid,
      token: `${10 + mid}`,
      options: [...path('/x'), [12, 320], ...options],
      payload,
    });
    const content = (mid: number, code: string, options: OptionToWrite[], payload?: Uint8Array): MessageToWrite => ({ type: 'ACK', code, mid, token: `${10 + mid}`, options, payload }); // prettier-ignore
    dialogue.down(0, fetch(0, [[27, block(0, true, 16)]], body.subarray(0, 16)));
    dialogue.up(1, content(0, '2.31', [[27, block(0, true, 16)]]));
    dialogue.down(2, fetch(1, [[27, block(1, false, 16)]], body.subarray(16, 20)));
    dialogue.up(3, content(1, '2.05', [[27, block(1, false, 16)], [23, block(0, true, 16)]], body.subarray(0, 16))); // prettier-ignore
    dialogue.down(4, fetch(2, [[23, block(1, false, 16)]]));
    dialogue.up(5, content(2, '2.05', [[23, block(1, false, 16)]], body.subarray(16, 30)));
    const { transfers } = dialogue.analysis.tracking.transfers;
    expect(transfers).toMatchObject([
      { direction: 'block1', ended: 'complete', received: 20 },
      { direction: 'block2', ended: 'complete', received: 30 },
    ]);
  });

  it('join the first block in a notification with blocks asked for (§3.4)', () => {
    const dialogue = new Dialogue();
    const uri = path('/3303/0');
    dialogue.down(0, { mid: 1, token: 'aa', options: [[6, 0], ...uri] });
    dialogue.up(1, { type: 'ACK', code: '2.05', mid: 1, token: 'aa', options: [[6, 1]], payload: 'x' });
    dialogue.up(500, { code: '2.05', mid: 70, token: 'aa', options: [[6, 2], [23, block(0, true, 16)]], payload: body.subarray(0, 16) }); // prettier-ignore
    dialogue.down(501, { mid: 2, token: 'bb', options: [...uri, [23, block(1, false, 16)]] });
    dialogue.up(502, { type: 'ACK', code: '2.05', mid: 2, token: 'bb', options: [[23, block(1, false, 16)]], payload: body.subarray(16, 20) }); // prettier-ignore
    const { transfers } = dialogue.analysis.tracking.transfers;
    expect(transfers.map(shown)).toMatchObject([{ ended: 'complete', received: 20, blocks: 2 }]);
  });
});
