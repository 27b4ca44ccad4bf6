import { describe, expect, it } from 'vitest';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { readSources } from '../../src/analysis/open.ts';
import { Analysis } from '../../src/analysis/analysis.ts';
import { type ByteStore, MemoryStore } from '../../src/capture/byte-store.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import { block, path, write } from '../coap/coap-message.ts';
import { ipv4, udp } from '../network/packets.ts';
import { analyseBytes, beginFile, storeOf, testHost } from './analyse.ts';
import {
  captureOf,
  captureOfPackets,
  packetOf,
  readOf,
  registrationAt,
  type SentMessage,
} from './written-capture.ts';

const START = 1_763_856_000;

async function bytesOf(
  messages: readonly SentMessage[],
): Promise<{ analysis: Analysis; bytes: MessageBytes }> {
  const analysis = await analyseBytes('written.pcap', captureOf(messages));
  return { analysis, bytes: new MessageBytes(analysis) };
}

/** Bytes that differ from place to place. */
function patternOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

/** A PUT of a body in blocks of 64 bytes, and its answers. */
function putInBlocks(body: Uint8Array): SentMessage[] {
  const count = Math.ceil(body.length / 64);
  return Array.from({ length: count }, (_, index): SentMessage[] => {
    const isLast = index === count - 1;
    const option = [27, block(index, !isLast, 64)] as const;
    const mid = 100 + index;
    const at = START + 10 + index;
    return [
      {
        at,
        code: '0.03',
        mid,
        token: 'b1',
        options: [...path('/5/0/0'), [12, 42], option],
        payload: body.subarray(index * 64, index * 64 + 64),
      },
      {
        at,
        nanoseconds: 1,
        up: true,
        type: 'ACK',
        code: isLast ? '2.04' : '2.31',
        mid,
        token: 'b1',
        options: [option],
      },
    ];
  }).flat();
}

describe('bytes of messages', () => {
  it('are those that were sent, whatever was read before', async () => {
    const sent = [...registrationAt(START), readOf(START + 1, 7, 'b7'), ...putInBlocks(patternOf(300))];
    const { analysis, bytes } = await bytesOf(sent);
    expect(analysis.tracking.messages.count).toBe(sent.length);
    for (const row of [0, sent.length - 1, 2, 1, 2, ...sent.keys()])
      expect(await bytes.message(row)).toEqual(write(sent[row]!));
    const body = await bytes.payload(0);
    expect(new TextDecoder().decode(body)).toBe('</3/0>');
    expect(await bytes.payload(2)).toHaveLength(0);
  });

  it('lie where they are said to lie', async () => {
    const sent = [...registrationAt(START), readOf(START + 1, 7, 'b7')];
    const file = captureOf(sent);
    const { bytes } = await bytesOf(sent);
    for (const [row, message] of sent.entries()) {
      const [origin, ...more] = bytes.origins(row);
      expect(more).toEqual([]);
      expect(file.slice(origin!.offset, origin!.offset + origin!.length)).toEqual(
        Uint8Array.from(write(message)),
      );
    }
  });

  it('come together from fragments, each from its own place', async () => {
    const payload = patternOf(1200);
    const message = write({
      type: 'NON',
      code: '0.03',
      mid: 5,
      token: 'aa',
      options: path('/3/0/14'),
      payload,
    });
    const datagram = udp(message, { from: 5683, to: 40_000 });
    const parts = [0, 400, 800, 1200].map((offset) => ({
      offset,
      bytes: datagram.subarray(offset, Math.min(offset + 400, datagram.length)),
    }));
    const packets = [2, 0, 3, 1].map((index) => {
      const { offset, bytes } = parts[index]!;
      const isLast = index === 3;
      return {
        at: START,
        nanoseconds: index,
        packet: ipv4(bytes, {
          source: '10.0.0.1',
          destination: '10.0.0.7',
          fragmentation: (isLast ? 0 : 0x2000) | (offset / 8),
        }),
      };
    });
    const file = captureOfPackets(packets);
    const analysis = await analyseBytes('fragments.pcap', file);
    const bytes = new MessageBytes(analysis);
    expect(analysis.tracking.messages.count).toBe(1);
    expect(await bytes.message(0)).toEqual(message);
    const origins = bytes.origins(0);
    expect(origins).toHaveLength(4);
    const pieces = origins.flatMap(({ offset, length }) => [...file.subarray(offset, offset + length)]);
    expect(Uint8Array.from(pieces)).toEqual(Uint8Array.from(message));
  });

  it('are read as the capture cut them', async () => {
    const read: SentMessage = {
      ...readOf(START + 1, 7, 'b7'),
      code: '0.03',
      options: [...path('/3/0/14'), [12, 0]],
      payload: '+02:00',
    };
    const whole = write(read).length;
    const { analysis, bytes } = await bytesOf([
      ...registrationAt(START),
      { ...read, captured: 28 + whole - 4 },
    ]);
    expect(analysis.tracking.messages.length.get(2)).toBe(whole - 4);
    const view = await bytes.view(2);
    expect(new TextDecoder().decode(view!.bytes.subarray(view!.payloadStart, view!.payloadEnd))).toBe('+0');
    expect(view!.payloadLength).toBe(6);
  });
});

describe('bodies', () => {
  it.each([1, 64, 65, 640, 1000])('of %i bytes come together from their blocks', async (length) => {
    const body = patternOf(length);
    const { analysis, bytes } = await bytesOf([...registrationAt(START), ...putInBlocks(body)]);
    const { messages, transfers } = analysis.tracking;
    const lastRequest = messages.count - 2;
    if (length <= 64) {
      expect(transfers.transfers).toEqual([]);
    } else {
      const [transfer] = transfers.transfers;
      expect(transfer).toMatchObject({ ended: 'complete', received: length });
      expect(await bytes.transferBody(transfer!)).toEqual(body);
    }
    expect(await bytes.body(lastRequest)).toEqual(body);
    // A block before the last holds its own payload only.
    if (length > 64) expect(await bytes.body(2)).toEqual(body.subarray(0, 64));
  });

  it('of a repeat are those of its first copy', async () => {
    const body = patternOf(200);
    const sent = [...registrationAt(START), ...putInBlocks(body)];
    const { bytes } = await bytesOf([...sent, { ...sent.at(-2)!, at: START + 60 }]);
    expect(await bytes.body(sent.length)).toEqual(body);
  });
});

describe('stores', () => {
  const sent = [...registrationAt(START), readOf(START + 1, 7, 'b7'), ...putInBlocks(patternOf(200))];

  it('whose bytes are gone give none', async () => {
    let isGone = false;
    const inner = await storeOf(captureOf(sent));
    const store: ByteStore = {
      size: inner.size,
      read: (offset, length) => inner.read(offset, isGone ? 0 : length),
      close: () => inner.close(),
    };
    const registry = ObjectRegistry.core();
    await registry.loadAll();
    const analysis = new Analysis(registry);
    await readSources(analysis, [{ name: 'gone.pcap', store }], testHost);
    isGone = true;
    const bytes = new MessageBytes(analysis);
    expect(analysis.tracking.messages.count).toBe(sent.length);
    expect(await bytes.message(0)).toBeUndefined();
    expect(await bytes.view(0)).toBeUndefined();
    expect(await bytes.payload(0)).toBeUndefined();
    expect(await bytes.transferBody(analysis.tracking.transfers.transfers[0]!)).toBeUndefined();
  });

  it('that grow are read again', async () => {
    const file = captureOf(sent);
    const store = new MemoryStore();
    const analysis = (await beginFile('growing.pcap', file, store))!;
    const bytes = new MessageBytes(analysis);
    for (let offset = 0; offset < file.length; offset += 100) {
      const piece = file.subarray(offset, offset + 100);
      await store.append(piece);
      analysis.push(piece);
      analysis.flush();
      const last = analysis.tracking.messages.count - 1;
      if (last >= 0) expect(await bytes.message(last)).toEqual(write(sent[last]!));
    }
    expect(analysis.tracking.messages.count).toBe(sent.length);
  });

  it('are read a block at a time, and across the ends of blocks', async () => {
    // Frames of other traffic move the messages beyond many blocks of 256 KiB.
    const filler = { at: START, packet: ipv4(udp(new Uint8Array(60_000), { from: 9, to: 9 })) };
    const packets = sent.flatMap((message) => [
      ...Array.from({ length: 13 }, () => filler),
      { at: message.at, packet: packetOf(message) },
    ]);
    const file = captureOfPackets(packets);
    let reads = 0;
    const inner = await storeOf(file);
    const analysis = await analyseBytes('large.pcap', file);
    const counted: ByteStore = {
      size: inner.size,
      read: (offset, length) => (reads++, inner.read(offset, length)),
      close: () => inner.close(),
    };
    analysis.files[0]!.store = counted;
    const bytes = new MessageBytes(analysis);
    expect(analysis.tracking.messages.count).toBe(sent.length);
    for (const row of sent.keys()) expect(await bytes.message(row)).toEqual(write(sent[row]!));
    const once = reads;
    expect(await bytes.message(sent.length - 1)).toEqual(write(sent.at(-1)!));
    expect(reads).toBe(once);
    const border = (256 << 10) * 3;
    expect(await bytes.range(0, border - 10, 20)).toEqual(file.slice(border - 10, border + 10));
    expect(await bytes.range(0, border - 10, 1 << 20)).toEqual(
      file.slice(border - 10, border - 10 + (1 << 20)),
    );
    expect(await bytes.range(0, file.length - 3, 10)).toEqual(file.slice(-3));
    expect(await bytes.range(0, file.length + 1000, 10)).toHaveLength(0);
  });
});
