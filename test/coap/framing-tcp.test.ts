import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import { MessageType } from '../../src/coap/code.ts';
import { frameLength, NEEDS_MORE, NO_FRAME } from '../../src/coap/framing-tcp.ts';
import { MessageView, NO_OPTION, OptionCursor } from '../../src/coap/message.ts';
import { messageFault } from '../../src/coap/message-fault.ts';
import { optionNameIn } from '../../src/coap/signal-option.ts';
import { NO_RUN, StreamRecogniser } from '../../src/coap/stream-recogniser.ts';
import { frame } from './reliable-frames.ts';

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function read(bytes: Uint8Array, isWhole = false): MessageView {
  const view = new MessageView();
  view.readReliable(bytes, 0, bytes.length, isWhole);
  return view;
}

describe('the framing of CoAP over TCP (RFC 8323 §3.2)', () => {
  it('reads the example of the RFC: 2.03 with a token of one byte', () => {
    const view = read(bytesOf('01 43 7f'));
    expect([view.outcome, view.type, view.code, view.tokenLow, view.tokenLength]).toEqual([
      Outcome.ok,
      MessageType.none,
      0x43,
      0x7f,
      1,
    ]);
  });

  it.each([0, 12, 13, 268, 269, 65_804, 65_805, 70_000])(
    'has the length of a content of %i bytes',
    (length) => {
      const content = new Uint8Array(length).fill(0x61);
      if (length > 0) content[0] = 0xff;
      const bytes = frame(0x45, [1, 2], content);
      expect(frameLength(bytes, 0, bytes.length)).toBe(bytes.length);
      const view = read(bytes);
      expect(view.outcome).toBe(length === 1 ? Outcome.malformed : Outcome.ok);
      expect(view.payloadLength).toBe(Math.max(0, length - 1));
    },
  );

  it.each([13, 268, 269, 1000])('has the length of a token of %i bytes (RFC 8974 §2.1)', (length) => {
    const bytes = frame(0x45, new Array<number>(length).fill(7), bytesOf('ff 61'));
    expect(frameLength(bytes, 0, bytes.length)).toBe(bytes.length);
    const view = read(bytes);
    expect([view.outcome, view.tokenLength, view.payloadLength]).toEqual([Outcome.ok, length, 1]);
  });

  it('cut at every byte it is truncated, and what stands before is kept', () => {
    const bytes = frame(0x45, [1, 2, 3, 4], bytesOf(`c1 28 ff ${'61'.repeat(300)}`));
    for (let end = 0; end < bytes.length; end++) {
      const length = frameLength(bytes, 0, end);
      expect(length === NEEDS_MORE || length === bytes.length).toBe(true);
      const view = read(bytes.subarray(0, end));
      expect(view.outcome).toBe(Outcome.truncated);
      if (end >= 4) expect(view.code).toBe(0x45);
      if (end >= 10) expect(view.contentFormat).toBe(40);
      expect(view.payloadEnd).toBeLessThanOrEqual(end);
    }
  });

  it('names what is malformed, with its place', () => {
    const fault = (hex: string, isWhole = false): unknown => {
      const view = read(bytesOf(hex), isWhole);
      expect(view.outcome).toBe(Outcome.malformed);
      return messageFault(view.fault, view.faultOffset);
    };
    expect(fault('0f 45')).toMatchObject({ clause: 'RFC 8974 §2.1', offset: 0 });
    expect(frameLength(bytesOf('0f 45'), 0, 2)).toBe(NO_FRAME);
    expect(fault('20 45 b5 61')).toMatchObject({
      text: 'option runs past the end of the message',
      offset: 2,
    });
    expect(fault('10 45 ff')).toMatchObject({ text: 'payload marker without a payload', offset: 2 });
    expect(fault('10 45 f0')).toMatchObject({ offset: 2 });
    expect(fault('10 45 00', true)).toMatchObject({ clause: 'RFC 8323 §4.2', offset: 0 });
    expect(fault('04 45 01', true)).toMatchObject({ text: 'token runs past the end of the message' });
    expect(fault('00', true)).toMatchObject({ clause: 'RFC 8323 §3.2' });
    expect(read(bytesOf('00 c1')).outcome).toBe(Outcome.unsupported);
  });

  it('over WebSocket the message ends where its frame ends (RFC 8323 §4.2)', () => {
    const view = read(bytesOf('01 45 7f c1 28 ff 61 62 63'), true);
    expect([view.outcome, view.contentFormat, view.payloadLength]).toEqual([Outcome.ok, 40, 3]);
  });

  it('an Empty message has two bytes (RFC 8323 §3.4)', () => {
    expect(read(bytesOf('00 00')).outcome).toBe(Outcome.ok);
  });

  it('options of signals have names of their own and are not read as others (RFC 8323 §5)', () => {
    const names = (hex: string): string[] => {
      const view = read(bytesOf(hex));
      expect([view.outcome, view.observe]).toEqual([Outcome.ok, NO_OPTION]);
      const cursor = new OptionCursor();
      cursor.start(view);
      const found: string[] = [];
      while (cursor.next()) found.push(optionNameIn(view.code, cursor.number));
      return found;
    };
    expect(names('60 e1 23 01 00 00 20 21 08')).toEqual([
      'Max-Message-Size',
      'Block-Wise-Transfer',
      'Extended-Token-Length',
    ]);
    expect(names('10 e2 20')).toEqual(['Custody']);
    expect(names('10 e3 20')).toEqual(['Custody']);
    expect(names('40 e4 21 61 21 05')).toEqual(['Alternative-Address', 'Hold-Off']);
    expect(names('20 e5 21 02')).toEqual(['Bad-CSM-Option']);
    expect(names('10 e5 70')).toEqual(['Option 7']);
  });

  it('takes any bytes', () => {
    const view = new MessageView();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, isWhole) => {
        view.readReliable(bytes, 0, bytes.length, isWhole);
        expect(view.payloadStart).toBeLessThanOrEqual(view.payloadEnd);
        expect(view.payloadEnd).toBeLessThanOrEqual(bytes.length);
        expect(view.faultOffset).toBeLessThanOrEqual(bytes.length);
        if (view.outcome === Outcome.ok && !isWhole)
          expect(frameLength(bytes, 0, bytes.length)).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

describe('the recogniser of streams', () => {
  const recogniser = new StreamRecogniser();

  it('is sure of few of 200,000 random places', () => {
    let state = 1;
    const bytes = Uint8Array.from({ length: 200_000 }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 24;
    });
    let sure = 0;
    for (let at = 0; at < bytes.length - 100; at++)
      if (recogniser.weigh(bytes, at, Math.min(bytes.length, at + 2000)) >= 24) sure++;
    expect(sure).toBeLessThan(10);
  });

  it('takes a CSM of either kind for the beginning, and neither HTTP nor zeros', () => {
    for (const hex of ['00 e1', '50 e1 23 10 00 00 20', '68 e1 88eb54c231695142 24 ff ff ff ff 20'])
      expect(recogniser.beginsWithCsm(bytesOf(hex), 0, bytesOf(hex).length)).toBe(true);
    const http = Uint8Array.from(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    expect(recogniser.beginsWithCsm(http, 0, http.length)).toBe(false);
    expect(recogniser.weigh(http, 0, http.length)).toBeLessThan(10);
    expect(recogniser.weigh(new Uint8Array(100), 0, 100)).toBe(0);
    expect(recogniser.weigh(bytesOf('00 c1'), 0, 2)).toBe(NO_RUN);
  });
});
