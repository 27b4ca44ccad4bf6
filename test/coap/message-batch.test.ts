import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BATCH_ROWS,
  BlockKind,
  MessageBatch,
  MessagePlace,
  hashBytes,
} from '../../src/coap/message-batch.ts';
import { MessageView, NO_OPTION } from '../../src/coap/message.ts';
import { hex, path, write } from './coap-message.ts';
import { Dialogue } from './dialogue.ts';
import { anyMessage } from './generated-messages.ts';

/** Columns that are the view's fields under the same name. */
const SAME = [
  'outcome', 'fault', 'faultOffset', 'type', 'code', 'messageId', 'tokenLength', 'tokenHigh', 'tokenLow', 'contentFormat',
  'accept', 'observe', 'size1', 'size2', 'payloadLength', 'etag', 'keyHash',
] as const; // prettier-ignore

function textOf(batch: MessageBatch, offset: number, length: number): string {
  return new TextDecoder().decode(batch.bytes.subarray(offset, offset + length));
}

describe('a batch', () => {
  it('holds what was put into it, also after it was emptied', () => {
    const batch = new MessageBatch();
    const view = new MessageView();
    const place = new MessagePlace();
    const messages = fc.sample(anyMessage, { numRuns: 600, seed: 1 }).map(write);
    for (let round = 0; round < 2; round++) {
      batch.clear();
      messages.forEach((bytes, row) => {
        view.read(bytes, 0, bytes.length, bytes.length);
        Object.assign(place, { time: row * 1e9, frame: row + 1, file: row & 7, source: row * 2 ** 33, fromA: row % 2 === 0, conversation: row * 3 }); // prettier-ignore
        batch.add(view, place);
      });
      expect(batch.count).toBe(messages.length);
      messages.forEach((bytes, row) => {
        view.read(bytes, 0, bytes.length, bytes.length);
        for (const field of SAME) expect([field, batch[field][row]]).toEqual([field, view[field]]);
        // One column holds both kinds of a block option; Block goes first where a message has both against RFC 9177 §4.
        const isQuick = [view.block1 === NO_OPTION && view.qBlock1 !== NO_OPTION, view.block2 === NO_OPTION && view.qBlock2 !== NO_OPTION]; // prettier-ignore
        expect([batch.block1[row], batch.block2[row], batch.blockKind[row]]).toEqual([
          isQuick[0] ? view.qBlock1 : view.block1,
          isQuick[1] ? view.qBlock2 : view.block2,
          (isQuick[0] ? BlockKind.quick1 : 0) + (isQuick[1] ? BlockKind.quick2 : 0),
        ]);
        expect([batch.time[row], batch.frame[row], batch.source[row], batch.fromA[row], batch.conversation[row]])
          .toEqual([row * 1e9, row + 1, row * 2 ** 33, row % 2 === 0 ? 1 : 0, row * 3]); // prettier-ignore
        const start = batch.bytesOffset[row]!;
        expect(batch.bytes.subarray(start, start + batch.length[row]!)).toEqual(bytes);
        expect(batch.payloadOffset[row]! - start).toBe(view.payloadStart);
      });
    }
  });

  it('has paths, queries and locations as text', () => {
    const batch = new MessageBatch();
    const view = new MessageView();
    const bytes = write({
      options: [...path('/rd/a b/ö'), [15, 'ep=x&y'], [15, 'Q'], [8, 'l/m']],
      payload: 'p',
    });
    view.read(bytes, 0, bytes.length, bytes.length);
    batch.add(view, new MessagePlace());
    expect(textOf(batch, batch.pathOffset[0]!, batch.pathLength[0]!)).toBe('/rd/a b/ö');
    expect(textOf(batch, batch.queryOffset[0]!, batch.queryLength[0]!)).toBe('ep=x%26y&Q');
    expect(textOf(batch, batch.locationOffset[0]!, batch.locationLength[0]!)).toBe('/l%2Fm');
    expect(textOf(batch, batch.payloadOffset[0]!, 1)).toBe('p');
  });

  it('has room for separators that are written in three bytes', () => {
    const batch = new MessageBatch();
    const view = new MessageView();
    const bytes = write({ options: [0, 1, 2, 3].map(() => [11, '/'.repeat(60_000 / 4)] as const) });
    view.read(bytes, 0, bytes.length, bytes.length);
    for (let count = 0; count < 20; count++) batch.add(view, new MessagePlace());
    for (let row = 0; row < 20; row++)
      expect(textOf(batch, batch.pathOffset[row]!, batch.pathLength[row]!)).toBe(`/${'%2F'.repeat(15_000)}`.repeat(4)); // prettier-ignore
  });

  it('is full at its most rows or at its most bytes', () => {
    const batch = new MessageBatch();
    const view = new MessageView();
    const place = new MessagePlace();
    const add = (bytes: Uint8Array): number => {
      batch.clear();
      while (!batch.full) {
        view.read(bytes, 0, bytes.length, bytes.length);
        batch.add(view, place);
      }
      return batch.count;
    };
    expect(add(write({ token: 'aa' }))).toBe(BATCH_ROWS);
    expect(add(write({ payload: new Uint8Array(60_000) }))).toBe(70);
  });

  it('knows a token that is damaged from none', () => {
    const batch = new MessageBatch();
    const view = new MessageView();
    for (const digits of ['40010001', '41010001aa', '48010001aa', '4f010001', '40010001f0', '4d01000100' + '00'.repeat(13)]) {
      const bytes = hex(digits);
      view.read(bytes, 0, bytes.length, bytes.length);
      batch.add(view, new MessagePlace());
    } // prettier-ignore
    expect([0, 1, 2, 3, 4, 5].map((row) => batch.hasToken(row))).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
  });
});

describe('the hash of bytes', () => {
  it('tells messages apart that differ in one bit or in length', () => {
    const bytes = Uint8Array.from({ length: 41 }, (_, index) => index * 5);
    const hashes = new Set([hashBytes(bytes, 0, bytes.length)]);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      hashes.add(hashBytes(bytes, 0, bytes.length));
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    const zeros = new Uint8Array(50);
    for (let length = 0; length <= 50; length++) hashes.add(hashBytes(zeros, 0, length));
    expect(hashes.size).toBe(1 + bytes.length * 8 + 51);
    // Where the bytes lie does not matter.
    const moved = new Uint8Array(60);
    moved.set(bytes, 7);
    expect(hashBytes(moved, 7, 48)).toBe(hashBytes(bytes, 0, 41));
  });
});

describe('any messages', () => {
  it('go through the whole analysis', () => {
    const damaged = fc
      .tuple(anyMessage, fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(([message, place, value]) => {
        const bytes = write({ ...message, mid: message.mid! & 3, token: (message.token as Uint8Array).subarray(0, 1) }); // prettier-ignore
        bytes[4 + (place % bytes.length)] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), damaged, fc.nat(60)), { maxLength: 30 }), (messages) => {
        const dialogue = new Dialogue();
        let seconds = 0;
        for (const [isUp, bytes, wait] of messages) {
          seconds += wait;
          if (isUp) dialogue.up(seconds, bytes);
          else dialogue.down(seconds, bytes, wait === 0 ? 12 : undefined);
        }
        expect(dialogue.lines()).toHaveLength(messages.length);
      }),
      { numRuns: 150 },
    );
  });
});
