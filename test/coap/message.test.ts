import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outcome, OUTCOME_NAMES } from '../../src/capture/outcome.ts';
import {
  MAXIMUM_OPTIONS,
  MessageView,
  messageFault,
  NO_FORMAT,
  NO_OPTION,
  OptionCursor,
  blockMore,
  blockNumber,
  blockSize,
  readUint,
} from '../../src/coap/message.ts';
import type { MessageToWrite } from './coap-message.ts';
import { TYPES, block, codeByte, hex, path, uint, write } from './coap-message.ts';
import { anyMessage } from './generated-messages.ts';

/** Bytes before and behind the message, so that a read outside it shows. */
const MARGIN = 5;

/** Reads a message that lies within other bytes, of which `wireLength` bytes were sent. */
function read(message: Uint8Array, wireLength = message.length, fill = 0xff): MessageView {
  const bytes = new Uint8Array(message.length + 2 * MARGIN).fill(fill);
  bytes.set(message, MARGIN);
  const view = new MessageView();
  view.read(bytes, MARGIN, MARGIN + message.length, wireLength);
  return view;
}

/** The options as the cursor gives them: number and value in hex. */
function optionsOf(view: MessageView): [number, string][] {
  const cursor = new OptionCursor();
  cursor.start(view);
  const options: [number, string][] = [];
  let end = view.optionsStart;
  while (cursor.next()) {
    // Each option begins where the one before ended and lies within the message.
    expect(cursor.headStart).toBe(end);
    expect(cursor.valueStart).toBeGreaterThan(cursor.headStart);
    end = cursor.valueStart + cursor.valueLength;
    expect(end).toBeLessThanOrEqual(view.end);
    options.push([cursor.number, hexOf(view.bytes.subarray(cursor.valueStart, end))]);
  }
  expect(cursor.next()).toBe(false);
  return options;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The options that were written, by rising number. */
function writtenOptions(message: MessageToWrite): [number, string][] {
  return [...(message.options ?? [])]
    .sort((a, b) => a[0] - b[0])
    .map(([number, value]) => [
      number,
      typeof value === 'string'
        ? Buffer.from(value).toString('hex')
        : hexOf(Uint8Array.from(typeof value === 'number' ? uint(value) : value)),
    ]);
}

const REGISTER: MessageToWrite = {
  type: 'CON',
  code: '0.02',
  mid: 0xbeef,
  token: 'a1b2c3d4',
  options: [...path('/rd'), [12, 40], [15, 'ep=dev1'], [15, 'lt=60'], [15, 'lwm2m=1.1']],
  payload: '</1/0>,</3/0>',
};

/** Every form of length: token of 20 bytes, deltas and lengths of one and two further bytes. */
const WIDE: MessageToWrite = {
  type: 'NON',
  code: '2.05',
  mid: 1,
  token: '000102030405060708090a0b0c0d0e0f10111213',
  options: [
    [4, hex('0102030405060708')],
    [35, 'x'.repeat(300)],
    [258, 26],
    [2049, hex('0800')],
    [65001, new Uint8Array(20)],
  ],
  payload: 'payload',
};

describe('a well-formed message', () => {
  it('gives the fields of RFC 7252 §3', () => {
    const view = read(write(REGISTER));
    expect(view.outcome).toBe(Outcome.ok);
    expect(messageFault(view.fault, view.faultOffset)).toBeUndefined();
    expect([view.type, view.code, view.messageId]).toEqual([0, 2, 0xbeef]);
    expect([view.tokenLength, view.tokenHigh, view.tokenLow]).toEqual([4, 0, 0xa1b2c3d4]);
    expect([view.contentFormat, view.accept, view.observe]).toEqual([40, NO_FORMAT, NO_OPTION]);
    expect([view.pathCount, view.queryCount, view.locationCount]).toEqual([1, 3, 0]);
    expect([view.optionCount, view.payloadLength]).toEqual([5, 13]);
    expect(new TextDecoder().decode(view.bytes.subarray(view.payloadStart, view.payloadEnd))).toBe(
      REGISTER.payload,
    );
  });

  it('has the bytes that RFC 7252 prints', () => {
    // Figure 16: CON GET with message ID 0x7d34 and Uri-Path "temperature"; its answer 2.05 "22.3 C".
    const request = read(hex('40017d34 bb74656d7065726174757265'));
    expect([request.outcome, request.code, request.messageId]).toEqual([Outcome.ok, 1, 0x7d34]);
    expect(optionsOf(request)).toEqual([[11, hexOf(Buffer.from('temperature'))]]);
    const answer = read(hex('60457d34 ff32322e332043'));
    expect([answer.outcome, answer.type, answer.code, answer.payloadLength]).toEqual([
      Outcome.ok,
      2,
      0x45,
      6,
    ]);
  });

  const FIELDS: [string, MessageToWrite, Partial<MessageView>][] = [
    ['no options, no token', {}, { tokenLength: 0, tokenHigh: 0, tokenLow: 0, optionCount: 0 }],
    ['empty', { type: 'ACK', code: '0.00' }, { type: 2, code: 0, payloadLength: 0 }],
    ['ping', { code: '0.00' }, { type: 0, code: 0 }],
    ['reset', { type: 'RST', code: '0.00', mid: 0xffff }, { type: 3, messageId: 0xffff }],
    [
      'token of 8 bytes',
      { token: 'fedcba9876543210' },
      { tokenLength: 8, tokenHigh: 0xfedcba98, tokenLow: 0x76543210 },
    ],
    ['token of 1 byte', { token: 'ff' }, { tokenLength: 1, tokenHigh: 0, tokenLow: 0xff }],
    ['Accept 0 as an empty value', { options: [[17, 0]] }, { accept: 0, contentFormat: NO_FORMAT }],
    ['Content-Format of two bytes', { options: [[12, 11542]] }, { contentFormat: 11542 }],
    ['leading zero bytes (§3.2)', { options: [[12, [0, 42]]] }, { contentFormat: 42 }],
    ['Observe 0', { options: [[6, 0]] }, { observe: 0 }],
    ['Observe of 24 bits', { options: [[6, 0xfffffe]] }, { observe: 0xfffffe }],
    ['Block1 and Size1', { options: [[27, 0x1e], [60, 70000]] }, { block1: 0x1e, size1: 70000 }],
    ['Block2 and Size2', { options: [[23, 0xfffff6], [28, 0xffffffff - 1]] }, { block2: 0xfffff6, size2: 0xfffffffe }],
    ['Q-Block1, Q-Block2', { options: [[19, 0x0b], [31, 0x1b], [31, 0x2b]] }, { qBlock1: 0x0b, qBlock2: 0x1b }],
    ['No-Response', { options: [[258, 26]] }, { noResponse: 26 }],
    ['OSCORE', { options: [[9, hex('090525')]], payload: 'x' }, { hasOscore: true }],
    // RFC 7252 §5.4.3: a value of a wrong length is treated as an option that is not known.
    ['Content-Format of 3 bytes', { options: [[12, [1, 2, 3]]] }, { contentFormat: NO_FORMAT, optionCount: 1 }],
    ['Observe of 4 bytes', { options: [[6, [1, 2, 3, 4]]] }, { observe: NO_OPTION }],
    ['Block2 of 4 bytes', { options: [[23, [1, 2, 3, 4]]] }, { block2: NO_OPTION }],
    ['Size1 of 5 bytes', { options: [[60, [1, 2, 3, 4, 5]]] }, { size1: NO_OPTION }],
    // RFC 7252 §5.4.5: of an option that must not be repeated, the later ones are not known.
    ['Content-Format twice', { options: [[12, 40], [12, 42]] }, { contentFormat: 40, optionCount: 2 }],
    ['Observe twice', { options: [[6, 0], [6, 1]] }, { observe: 0 }],
    ['Block1 twice', { options: [[27, 0x0e], [27, 0x16]] }, { block1: 0x0e }],
    ['Block2 twice', { options: [[23, 0x0e], [23, 0x16]] }, { block2: 0x0e }],
    ['Size2 twice', { options: [[28, 5], [28, 6]] }, { size2: 5 }],
    ['Location', { code: '2.01', options: [[8, 'rd'], [8, 'x']] }, { locationCount: 2, pathCount: 0 }],
  ]; // prettier-ignore
  it.each(FIELDS)('%s', (_, message, fields) => {
    const view = read(write(message));
    expect(view.outcome).toBe(Outcome.ok);
    expect(view).toMatchObject(fields);
  });

  it('is read by a view that was used before', () => {
    const view = new MessageView();
    const full = write({ ...WIDE, options: [[6, 1], [11, 'a'], [12, 40], [23, 6], [27, 6], [60, 9]] }); // prettier-ignore
    view.read(full, 0, full.length, full.length);
    const empty = write({ type: 'ACK', code: '0.00' });
    view.read(empty, 0, 4, 4);
    expect(view).toEqual(
      Object.assign(new MessageView(), {
        bytes: empty, end: 4, wireLength: 4, type: 2, messageId: 0x1234,
        tokenStart: 4, optionsStart: 4, payloadStart: 4, payloadEnd: 4,
        pathStart: view.pathStart, pathLength: view.pathLength,
      }),
    ); // prettier-ignore
  });

  // RFC 8974 §2.1: 0 to 12 as they are, 13 and 14 with one and two further bytes.
  it.each([0, 8, 9, 12, 13, 14, 20, 268, 269, 270, 1000, 65804])('has a token of %i bytes', (length) => {
    const token = Uint8Array.from({ length }, (_, index) => (index * 7) & 255);
    const view = read(write({ token, options: path('/3'), payload: 'x' }));
    expect(view.outcome).toBe(Outcome.ok);
    expect(view.tokenLength).toBe(length);
    expect(hexOf(view.bytes.subarray(view.tokenStart, view.tokenStart + length))).toBe(hexOf(token));
    expect([view.pathCount, view.payloadLength]).toEqual([1, 1]);
  });

  it('has two words that differ where long tokens differ', () => {
    const words = new Set<string>();
    for (let index = 0; index < 200; index++) {
      const token = new Uint8Array(9 + (index % 12));
      token[index % token.length] = index;
      const { tokenHigh, tokenLow } = read(write({ token }));
      words.add(`${token.length}:${tokenHigh}:${tokenLow}`);
    }
    // Only the tokens of zeros are alike, one for each length that has one.
    expect(words.size).toBeGreaterThan(195);
  });

  // Deltas and lengths on both sides of the borders of RFC 7252 §3.1.
  const BORDERS = [0, 1, 12, 13, 14, 268, 269, 270, 1034];
  it.each(BORDERS.flatMap((delta) => BORDERS.map((length) => [delta, length] as const)))(
    'has an option with delta %i and length %i',
    (delta, length) => {
      const options = [
        [11, 'a'],
        [11 + delta, new Uint8Array(length).fill(7)],
        [11 + delta, 'b'],
      ] as const;
      const view = read(write({ options, payload: 'xy' }));
      expect([view.outcome, view.optionCount, view.payloadLength]).toEqual([Outcome.ok, 3, 2]);
      expect(optionsOf(view)).toEqual([
        [11, '61'],
        [11 + delta, '07'.repeat(length)],
        [11 + delta, '62'],
      ]);
    },
  );
});

describe('a message format error', () => {
  const CASES: [string, string, 'malformed' | 'unsupported', number, string | undefined][] = [
    ['no bytes', '', 'malformed', 0, 'RFC 7252 §3'],
    ['one byte', '40', 'malformed', 1, 'RFC 7252 §3'],
    ['three bytes', '400112', 'malformed', 3, 'RFC 7252 §3'],
    ['version 0', '00011234', 'unsupported', 0, 'RFC 7252 §3'],
    ['version 2', '80011234', 'unsupported', 0, 'RFC 7252 §3'],
    ['version 3', 'c00112340f', 'unsupported', 0, 'RFC 7252 §3'],
    ['token length 15', '4f011234' + '00'.repeat(20), 'malformed', 0, 'RFC 8974 §2.1'],
    ['token of 4, 3 there', '44011234 010203', 'malformed', 4, 'RFC 7252 §3'],
    ['token of 12, none there', '4c011234', 'malformed', 4, 'RFC 7252 §3'],
    ['token length 13 without its byte', '4d011234', 'malformed', 4, 'RFC 7252 §3'],
    ['token length 14 with one byte', '4e011234 00', 'malformed', 4, 'RFC 7252 §3'],
    ['token of 13, 12 there', '4d011234 00' + '00'.repeat(12), 'malformed', 5, 'RFC 7252 §3'],
    ['token of 269, none there', '4e011234 0000', 'malformed', 6, 'RFC 7252 §3'],
    ['Empty with a token', '41001234 aa', 'malformed', 4, 'RFC 7252 §4.1'],
    ['Empty with a payload', '60001234 ff01', 'malformed', 4, 'RFC 7252 §4.1'],
    ['Empty with an option', '70001234 b161', 'malformed', 4, 'RFC 7252 §4.1'],
    ['Empty with a marker', '40001234 ff', 'malformed', 4, 'RFC 7252 §4.1'],
    ['option delta 15', '40011234 f0', 'malformed', 4, 'RFC 7252 §3.1'],
    ['option delta 15, length 14', '40011234 fe0000', 'malformed', 4, 'RFC 7252 §3.1'],
    ['option length 15', '40011234 0f' + '00'.repeat(40), 'malformed', 4, 'RFC 7252 §3.1'],
    ['option length 15 behind delta 13', '40011234 df00', 'malformed', 4, 'RFC 7252 §3.1'],
    ['the third option', '41011234 aa b161 b162 3f', 'malformed', 9, 'RFC 7252 §3.1'],
    ['option value of 3, 2 there', '40011234 b3 6162', 'malformed', 4, 'RFC 7252 §3.1'],
    ['delta 13 without its byte', '40011234 d0', 'malformed', 4, 'RFC 7252 §3.1'],
    ['delta 14 with one byte', '40011234 e001', 'malformed', 4, 'RFC 7252 §3.1'],
    ['length 13 without its byte', '40011234 bd', 'malformed', 4, 'RFC 7252 §3.1'],
    ['length 14 with one byte', '40011234 be00', 'malformed', 4, 'RFC 7252 §3.1'],
    ['delta and length 14, three bytes', '40011234 ee000000', 'malformed', 4, 'RFC 7252 §3.1'],
    ['length 13, value too short', '40011234 bd00' + '61'.repeat(12), 'malformed', 4, 'RFC 7252 §3.1'],
    ['length 14, value too short', '40011234 be0000' + '61'.repeat(268), 'malformed', 4, 'RFC 7252 §3.1'],
    ['marker without a payload', '40011234 ff', 'malformed', 4, 'RFC 7252 §3'],
    ['marker behind an option', '42451234 aabb c0 ff', 'malformed', 7, 'RFC 7252 §3'],
    ['too many options', '40011234' + '00'.repeat(MAXIMUM_OPTIONS + 1), 'malformed', 4 + MAXIMUM_OPTIONS, undefined],
    ['class 1', '40201234', 'unsupported', 1, 'RFC 7252 §3'],
    ['class 3', '40601234', 'unsupported', 1, 'RFC 7252 §3'],
    ['class 6', '40c01234', 'unsupported', 1, 'RFC 7252 §3'],
    ['signalling over UDP', '40e11234', 'unsupported', 1, 'RFC 7252 §3'],
  ]; // prettier-ignore
  it.each(CASES)('%s', (_, digits, outcome, offset, clause) => {
    const view = read(hex(digits));
    const fault = messageFault(view.fault, view.faultOffset);
    expect(OUTCOME_NAMES[view.outcome]).toBe(outcome);
    expect([fault?.offset, fault?.clause]).toEqual([offset, clause]);
    expect(fault?.text).not.toBe('');
    expect(optionsOf(view)).toHaveLength(view.optionCount);
  });

  it('leaves what stands before it', () => {
    const view = read(hex('42 02 1234 aabb b2 7264 11 28 3f'));
    expect([view.type, view.code, view.messageId, view.tokenLow]).toEqual([0, 2, 0x1234, 0xaabb]);
    expect([view.pathCount, view.contentFormat, view.optionCount, view.payloadLength]).toEqual([1, 40, 2, 0]);
  });

  it('counts up to the most options that are read', () => {
    const view = read(hex('40011234' + '00'.repeat(MAXIMUM_OPTIONS)));
    expect([view.outcome, view.optionCount]).toEqual([Outcome.ok, MAXIMUM_OPTIONS]);
  });
});

describe('a message that ends early', () => {
  const MESSAGES: [string, MessageToWrite][] = [
    ['Register', REGISTER],
    ['every form of length', WIDE],
    ['a token of 300 bytes', { token: new Uint8Array(300), options: path('/3/0') }],
    ['no options', { code: '2.04', type: 'ACK', token: 'aabb' }],
    ['an answer with Block2', { code: '2.05', type: 'ACK', token: '01', options: [[23, 0x0e], [28, 9000]], payload: 'z'.repeat(40) }], // prettier-ignore
  ];

  /** Lengths at which the message is well-formed too: behind the token, an option, or some payload. */
  function wholeAt(bytes: Uint8Array): Set<number> {
    const view = read(bytes);
    const ends = new Set([view.optionsStart - MARGIN]);
    const cursor = new OptionCursor();
    cursor.start(view);
    while (cursor.next()) ends.add(cursor.valueStart + cursor.valueLength - MARGIN);
    for (let end = view.payloadStart + 1; end <= view.end; end++) ends.add(end - MARGIN);
    return ends;
  }

  it.each(MESSAGES)('on the wire is malformed: %s', (_, message) => {
    const bytes = write(message);
    const whole = wholeAt(bytes);
    for (let length = 0; length < bytes.length; length++) {
      const view = read(bytes.subarray(0, length));
      expect([length, OUTCOME_NAMES[view.outcome]]).toEqual([length, whole.has(length) ? 'ok' : 'malformed']);
      expect(optionsOf(view)).toHaveLength(view.optionCount);
    }
  });

  it.each(MESSAGES)('by the snap length is truncated, never malformed: %s', (_, message) => {
    const bytes = write(message);
    const full = read(bytes);
    for (let length = 0; length < bytes.length; length++) {
      const view = read(bytes.subarray(0, length), bytes.length);
      expect([length, OUTCOME_NAMES[view.outcome]]).toEqual([length, 'truncated']);
      expect(messageFault(view.fault, view.faultOffset)?.clause).toBeUndefined();
      expect(view.faultOffset).toBeLessThanOrEqual(length);
      // What was understood before the cut stays.
      if (length > 0) expect(view.type).toBe(full.type);
      if (length > 1) expect(view.code).toBe(full.code);
      if (length > 3) expect(view.messageId).toBe(full.messageId);
      const hasToken = length >= full.optionsStart - MARGIN;
      expect(view.tokenLength).toBe(hasToken ? full.tokenLength : 0);
      expect(optionsOf(full).slice(0, view.optionCount)).toEqual(optionsOf(view));
      const hasMarker = full.payloadLength > 0 && length >= full.payloadStart - MARGIN;
      expect([length, view.payloadLength]).toEqual([length, hasMarker ? full.payloadLength : 0]);
      expect(view.payloadEnd - view.payloadStart).toBe(hasMarker ? length + MARGIN - full.payloadStart : 0);
    }
  });

  // An error that stands in the captured bytes, or runs past the end even on the wire, is the sender's.
  const STILL_WRONG: [string, string, number][] = [
    ['token length 15', '4f011234 0000', 100],
    ['option delta 15', '40011234 f0', 100],
    ['option length 15', '40011234 b161 0f00', 100],
    ['Empty with content', '40001234', 8],
    ['Empty with content, of which a part is there', '40001234 ff', 8],
    ['token past the end', '48011234 00', 10],
    ['option past the end', '40011234 bd40 616161', 20],
    ['too short on the wire', '4001', 3],
  ]; // prettier-ignore
  it.each(STILL_WRONG)('by the snap length is malformed where it was so: %s', (_, digits, wireLength) => {
    expect(OUTCOME_NAMES[read(hex(digits), wireLength).outcome]).toBe('malformed');
  });
});

describe('generated messages', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const view = read(write(message));
        expect(view.outcome).toBe(Outcome.ok);
        expect([TYPES[view.type], view.code, view.messageId]).toEqual([
          message.type,
          codeByte(message.code!),
          message.mid,
        ]);
        expect(hexOf(view.bytes.subarray(view.tokenStart, view.tokenStart + view.tokenLength))).toBe(
          hexOf(message.token as Uint8Array),
        );
        expect(optionsOf(view)).toEqual(writtenOptions(message));
        expect(view.payloadLength).toBe((message.payload as Uint8Array).length);
        expect(hexOf(view.bytes.subarray(view.payloadStart, view.payloadEnd))).toBe(
          hexOf(message.payload as Uint8Array),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('of any bytes end with an outcome and within their bounds', () => {
    const header = fc.tuple(
      fc.integer({ min: 0x40, max: 0x7f }),
      fc.constantFrom(0, 1, 2, 0x44, 0x45),
      fc.constant(0),
      fc.constant(1),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.tuple(header, fc.uint8Array({ maxLength: 80 })).map(([head, rest]) => Uint8Array.from([...head, ...rest])),
    ); // prettier-ignore
    fc.assert(
      fc.property(bytes, fc.nat(20), (message, cut) => {
        const wireLength = message.length + cut;
        const view = read(message, wireLength);
        expect(view.outcome).toBeLessThanOrEqual(Outcome.unsupported);
        expect(view.fault === 0).toBe(view.outcome === Outcome.ok);
        if (cut > 0) expect(view.outcome).not.toBe(Outcome.ok);
        expect(optionsOf(view)).toHaveLength(view.optionCount);
        expect(view.payloadStart).toBeLessThanOrEqual(view.payloadEnd);
        expect(view.payloadEnd).toBeLessThanOrEqual(view.end);
        expect(view.faultOffset).toBeLessThanOrEqual(message.length);
        // What lies around the message changes nothing.
        const other = read(message, wireLength, 0);
        expect({ ...other, bytes: undefined }).toEqual({ ...view, bytes: undefined });
      }),
      { numRuns: 3000 },
    );
  });
});

describe('numbers in options', () => {
  it.each([
    ['', 0],
    ['00', 0],
    ['ff', 255],
    ['0100', 256],
    ['ffffff', 0xffffff],
    ['ffffffff', 0xffffffff],
  ])('%s is %i', (digits, value) => {
    const bytes = hex(digits);
    expect(readUint(bytes, 0, bytes.length)).toBe(value);
  });

  // RFC 7959 §2.2: NUM, M, SZX; 7 is reserved over UDP.
  it.each([
    [0x00, 0, false, 16],
    [0x0e, 0, true, 1024],
    [0x12, 1, false, 64],
    [0xfffffe, 0xfffff, true, 1024],
    [0x07, 0, false, 1024],
  ])('block 0x%s', (value, number, more, size) => {
    expect([blockNumber(value), blockMore(value), blockSize(value)]).toEqual([number, more, size]);
    if (value !== 7) expect(block(number, more, size)).toBe(value);
  });
});
