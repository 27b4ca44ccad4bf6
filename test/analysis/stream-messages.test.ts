import { deflateRawSync, constants } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamMessages } from '../../src/analysis/stream-messages.ts';
import { Frame } from '../../src/capture/frame.ts';
import { OUTCOME_NAMES } from '../../src/capture/outcome.ts';
import { codeText } from '../../src/coap/code.ts';
import { Datagram, DatagramKind } from '../../src/network/datagram.ts';
import { FlowTable, Transport } from '../../src/network/flow.ts';
import { NotReadCounter } from '../../src/network/not-read.ts';
import { SecurityReader } from '../../src/security/association.ts';
import { ConversationTable } from '../../src/security/conversation.ts';
import { frame } from '../coap/reliable-frames.ts';

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const CSM = frame(0xe1, [], [0x23, 0x10, 0, 0]);
/** Numbers of the two SYNs; the client's wrap soon. */
const CLIENT = 0xffffff00;
const SERVER = 5000;

/** A client and a server, and what is read of what they send. */
class Wire {
  readonly flows = new FlowTable();
  readonly conversations = new ConversationTable();
  readonly security = new SecurityReader();
  readonly notRead = new NotReadCounter();
  readonly found: string[] = [];
  readonly closed: number[] = [];
  readonly frames: number[][] = [];
  readonly streams = new StreamMessages(this.flows, this.conversations, this.security, this.notRead, {
    message: (view, conversation, fromA, pieces) => {
      const payload = Buffer.from(view.bytes.subarray(view.payloadStart, view.payloadEnd)).toString('latin1');
      const outcome = OUTCOME_NAMES[view.outcome]!;
      this.found.push(
        `${fromA ? '>' : '<'} ${codeText(view.code)} ${view.tokenLow} ${payload}${outcome === 'ok' ? '' : ` ${outcome}`}`,
      );
      this.conversation = conversation;
      this.frames.push(pieces.map((piece) => piece.frame));
      expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(view.end - view.start);
    },
    closed: (conversation) => this.closed.push(conversation),
  });
  conversation = -1;
  #number = 0;

  constructor(private readonly port = 40_001) {}

  /** A segment; `at` counts from the byte behind the SYN, or is that of the SYN where the flags have one. */
  send(fromClient: boolean, at: number, bytes: Uint8Array, flags = ACK, acknowledged = 0): void {
    const segment = new Datagram();
    segment.kind = DatagramKind.tcp;
    segment.addressBytes = Uint8Array.of(10, 0, 0, 1, 10, 0, 0, 2);
    segment.sourceAddress = fromClient ? 0 : 4;
    segment.destinationAddress = fromClient ? 4 : 0;
    segment.sourcePort = fromClient ? 50_000 : this.port;
    segment.destinationPort = fromClient ? this.port : 50_000;
    segment.bytes = bytes;
    segment.end = segment.payloadLength = bytes.length;
    const base = fromClient ? CLIENT : SERVER;
    segment.sequence = (base + (flags & SYN ? 0 : 1 + at)) >>> 0;
    segment.acknowledgement = ((fromClient ? SERVER : CLIENT) + 1 + acknowledged) >>> 0;
    segment.tcpFlags = flags;
    const carrier = new Frame();
    carrier.number = ++this.#number;
    this.streams.segment(segment, carrier, 0);
  }

  open(): this {
    this.send(true, 0, new Uint8Array(0), SYN);
    this.send(false, 0, new Uint8Array(0), SYN | ACK);
    return this;
  }
}

function text(value: string): Uint8Array {
  return Uint8Array.from(Buffer.from(value, 'latin1'));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function answer(token: number, payload: string): Uint8Array {
  return frame(0x45, [token], join(Uint8Array.of(0xc0, 0xff), text(payload)));
}

const BODIES = ['a', 'bc'.repeat(10), 'd'.repeat(400), 'e', 'f'.repeat(30)];
const STREAM = join(CSM, ...BODIES.map((body, index) => answer(index, body)));
const EXPECTED = ['> 7.01 0 ', ...BODIES.map((body, index) => `> 2.05 ${index} ${body}`)];

describe('messages of CoAP over TCP', () => {
  it('are the same wherever two segments meet', () => {
    for (let cut = 1; cut < STREAM.length; cut++) {
      const wire = new Wire().open();
      wire.send(true, 0, STREAM.subarray(0, cut));
      wire.send(true, cut, STREAM.subarray(cut));
      expect(wire.found).toEqual(EXPECTED);
      expect(wire.notRead.entries()).toEqual([]);
    }
  });

  it('are the same in whatever order segments come, once or twice', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: STREAM.length - 1 }), { maxLength: 20 });
    const segments = cuts.chain((at) => {
      const edges = [0, ...at.sort((a, b) => a - b), STREAM.length];
      const all = edges.slice(1).map((end, index): [number, number] => [edges[index]!, end]);
      const twice = [...all, ...all.map(([from, to]): [number, number] => [Math.max(0, from - 5), to])];
      return fc.shuffledSubarray(twice, { minLength: twice.length, maxLength: twice.length });
    });
    fc.assert(
      fc.property(segments, (order) => {
        const wire = new Wire().open();
        for (const [from, to] of order) wire.send(true, from, STREAM.subarray(from, to));
        wire.streams.end();
        expect(wire.found).toEqual(EXPECTED);
        expect(wire.streams.gaps).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('go on behind a lost segment: within a message at its end, else at the next sure beginning', () => {
    const starts = [CSM.length];
    for (const [index, body] of BODIES.entries()) starts.push(starts.at(-1)! + answer(index, body).length);
    for (const [from, to] of [
      [starts[2]! + 20, starts[2]! + 50],
      [starts[2]! + 20, starts[3]!],
      [starts[1]! + 3, starts[2]! + 9],
      [starts[2]!, starts[3]!],
    ]) {
      const wire = new Wire().open();
      wire.send(true, 0, STREAM.subarray(0, from));
      wire.send(true, to!, STREAM.subarray(to));
      for (let count = 0; count < 3; count++) wire.send(false, 0, new Uint8Array(0), ACK, STREAM.length);
      wire.send(true, STREAM.length, STREAM.subarray(CSM.length));
      const whole = wire.found.filter((line) => !line.endsWith('truncated'));
      for (const line of whole) expect(EXPECTED).toContain(line);
      expect(whole.length).toBeGreaterThanOrEqual(EXPECTED.length + 2);
      expect([wire.streams.gaps, wire.streams.lostBytes]).toEqual([1, to! - from!]);
    }
  });

  it('are found where the capture begins in the middle', () => {
    const request = frame(
      0x01,
      [9],
      join(Uint8Array.of(0xb3), text('abc'), Uint8Array.of(0x03), text('def')),
    );
    const wire = new Wire();
    wire.send(false, 100, STREAM.subarray(100, 130));
    wire.send(false, 130, join(request, request, request));
    expect(wire.found).toEqual(Array.from({ length: 3 }, () => '> 0.01 9 '));
  });

  it('a closed connection is said, and a new one on the same ports is another conversation', () => {
    const wire = new Wire().open();
    wire.send(true, 0, CSM);
    wire.send(true, CSM.length, new Uint8Array(0), FIN | ACK);
    expect(wire.closed).toEqual([]);
    wire.send(false, 0, new Uint8Array(0), FIN | ACK);
    expect(wire.closed).toEqual([0]);
    wire.open();
    wire.send(true, 0, CSM);
    expect(wire.conversation).toBe(1);
    expect(wire.conversations.transportOf(1)).toBe(Transport.tcp);
    wire.send(false, 0, new Uint8Array(0), RST);
    expect(wire.closed).toEqual([0, 1]);
  });

  it('a message that its connection ends too early is truncated', () => {
    const wire = new Wire().open();
    wire.send(true, 0, STREAM.subarray(0, CSM.length + 3));
    wire.send(true, 0, new Uint8Array(0), RST);
    expect(wire.found).toEqual(['> 7.01 0 ', '> 2.05 0  truncated']);
  });

  it('a format error spoils nothing that follows on a sure boundary', () => {
    const wire = new Wire().open();
    wire.send(true, 0, join(CSM, Uint8Array.of(0x0f, 0x45, 1, 2)));
    wire.send(true, CSM.length + 4, STREAM.subarray(CSM.length));
    expect(wire.found).toEqual(['> 7.01 0 ', '> 2.05 0  malformed', ...EXPECTED.slice(1)]);
  });

  it('any bytes in any flow do no harm, and unknown flows are counted as TCP', () => {
    const segment = fc.record({
      client: fc.boolean(),
      at: fc.nat(300),
      bytes: fc.uint8Array({ maxLength: 60 }),
      flags: fc.integer({ min: 0, max: 31 }),
    });
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 40 }), fc.boolean(), (segments, isCoap) => {
        const wire = new Wire().open();
        if (isCoap) wire.send(true, 0, CSM);
        for (const { client, at, bytes, flags } of segments) wire.send(client, at, bytes, flags, at);
        wire.streams.end();
        for (const { frames } of wire.notRead.entries()) expect(frames).toBeGreaterThan(0);
      }),
    );
    const other = new Wire().open();
    other.send(true, 0, text('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(other.notRead.entries()).toEqual([{ what: 'TCP', frames: 3 }]);
  });

  it('HTTP and TLS are named, on the port of CoAP too', () => {
    const http = new Wire(5683).open();
    http.send(true, 0, text('GET /fw.bin HTTP/1.1\r\nHost: a\r\n\r\n'));
    http.send(false, 0, text('HTTP/1.1 200 OK\r\n\r\n'));
    expect([http.found, http.notRead.entries()]).toEqual([[], [{ what: 'HTTP', frames: 4 }]]);
    const tls = new Wire(5683).open();
    tls.send(true, 0, Uint8Array.of(0x17, 3, 3, 0, 2, 1, 2, 0x17, 3, 3, 0, 1, 9));
    expect([tls.found, tls.notRead.entries()]).toEqual([[], []]);
    expect(tls.security.sealed()).toEqual([{ what: 'TLS 1.2', records: 2, handshake: false }]);
  });
});

const REQUEST = text(
  'GET /.well-known/coap HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: coap\r\n\r\n',
);
const agreed = (extensions = ''): Uint8Array =>
  text(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Protocol: coap\r\n${extensions}\r\n`,
  );

/** A WebSocket frame (RFC 6455 §5.2) with a short payload. */
function wsFrame(first: number, payload: Uint8Array, mask?: readonly number[]): Uint8Array {
  const size = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  if (mask === undefined) return join(Uint8Array.of(first, ...size), payload);
  size[0]! |= 0x80;
  const masked = payload.map((byte, index) => byte ^ mask[index & 3]!);
  return join(Uint8Array.of(first, ...size, ...mask), masked);
}

/** A message of CoAP over WebSocket: Len is 0 (RFC 8323 §4.2). */
function wsMessage(token: number, payload: string): Uint8Array {
  return join(Uint8Array.of(0x01, 0x45, token, 0xff), text(payload));
}

describe('messages of CoAP over WebSocket (RFC 8323 §4)', () => {
  const MASK = [0x37, 0xfa, 0x21, 0x3d];

  it('are read with masks, in several frames with a ping between them, in any cut', () => {
    const message = wsMessage(5, 'x'.repeat(200));
    const client = join(
      REQUEST,
      wsFrame(0x82, Uint8Array.of(0, 0xe1), MASK),
      wsFrame(0x02, message.subarray(0, 60), MASK),
      wsFrame(0x89, text('hi'), MASK),
      wsFrame(0x80, message.subarray(60), MASK),
      wsFrame(0x81, text('no CoAP'), MASK),
      wsFrame(0x88, new Uint8Array(0), MASK),
    );
    const server = join(agreed(), wsFrame(0x82, wsMessage(6, 'y')));
    for (let cut = REQUEST.length; cut <= client.length; cut++) {
      const wire = new Wire(80).open();
      wire.send(true, 0, client.subarray(0, cut));
      wire.send(false, 0, server);
      wire.send(true, cut, client.subarray(cut));
      expect([...wire.found].sort()).toEqual(
        ['> 7.01 0 ', `> 2.05 5 ${'x'.repeat(200)}`, '< 2.05 6 y'].sort(),
      );
      expect(wire.notRead.entries()).toEqual([]);
      expect(wire.conversations.transportOf(0)).toBe(Transport.ws);
    }
  });

  it('are decompressed (RFC 7692)', () => {
    const deflated = (bytes: Uint8Array): Uint8Array => {
      const all = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
      return Uint8Array.from(all.subarray(0, -4));
    };
    const wire = new Wire(80).open();
    wire.send(true, 0, REQUEST);
    const head = agreed('Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n');
    const first = wsFrame(0xc2, deflated(wsMessage(1, 'z'.repeat(300))));
    wire.send(false, 0, join(head, first, wsFrame(0xc2, deflated(wsMessage(2, 'q')))));
    expect(wire.found).toEqual([`< 2.05 1 ${'z'.repeat(300)}`, '< 2.05 2 q']);
  });

  it('a length that is not 0 is malformed, and another subprotocol is HTTP', () => {
    const wire = new Wire(80).open();
    wire.send(true, 0, REQUEST);
    wire.send(false, 0, join(agreed(), wsFrame(0x82, Uint8Array.of(0x10, 0x45, 0x60))));
    expect(wire.found).toEqual(['< 2.05 0  malformed']);
    const chat = new Wire(80).open();
    chat.send(true, 0, text(Buffer.from(REQUEST).toString().replace('coap\r\n\r\n', 'chat\r\n\r\n')));
    expect(chat.notRead.entries()).toEqual([{ what: 'HTTP', frames: 3 }]);
  });

  it('go on with a frame at the beginning of a segment behind a gap', () => {
    const wire = new Wire(80).open();
    wire.send(true, 0, REQUEST);
    const head = agreed();
    const lost = wsFrame(0x82, wsMessage(1, 'lost'));
    const next = wsFrame(0x82, wsMessage(2, 'next'));
    wire.send(false, 0, head);
    wire.send(false, head.length + lost.length, next);
    for (let count = 0; count < 3; count++)
      wire.send(true, REQUEST.length, new Uint8Array(0), ACK, head.length + lost.length + next.length);
    expect(wire.found).toEqual(['< 2.05 2 next']);
    expect(wire.streams.gaps).toBe(1);
  });
});
