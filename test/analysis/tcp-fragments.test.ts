import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frame } from '../coap/reliable-frames.ts';
import { ipv4, ipv6, ipv6Fragment, joined, u16 } from '../network/packets.ts';
import { available, tsharkFields, version } from '../tshark.ts';
import { analyseBytes, recordsOf } from './analyse.ts';
import { captureOfPackets } from './written-capture.ts';

const SYN = 2;
const ACK = 16;
const START = 1_763_856_000;
const CSM = frame(0xe1, [], []);
/** GET of a path that is longer than a fragment. */
const PATH = 'a'.repeat(60);
const REQUEST = frame(0x01, [7], joined([0xbd, PATH.length - 13], Buffer.from(PATH)));

/** Fragments of a segment with the request, behind 20 bytes of header. */
const PARTS = Math.ceil((20 + REQUEST.length) / 24);

function segment(at: number, payload: Uint8Array, flags = ACK): Uint8Array {
  return joined(
    u16(40_000),
    u16(5683),
    [0, 0],
    u16(1000 + at),
    [0, 0, 0, 0, 0x50, flags, 0x20, 0],
    [0, 0, 0, 0],
    payload,
  );
}

/** A segment as the fragments of one packet, each of 24 bytes but the last. */
function fragments4(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 24)
    parts.push(
      ipv4(bytes.subarray(at, at + 24), {
        protocol: 6,
        identification: 99,
        fragmentation: (at / 8) | (at + 24 < bytes.length ? 0x2000 : 0),
      }),
    );
  return parts;
}

function fragments6(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 24)
    parts.push(
      ipv6(ipv6Fragment(bytes.subarray(at, at + 24), { next: 6, offset: at, more: at + 24 < bytes.length }), {
        next: 44,
      }),
    );
  return parts;
}

const whole4 = (bytes: Uint8Array): Uint8Array => ipv4(bytes, { protocol: 6 });
const whole6 = (bytes: Uint8Array): Uint8Array => ipv6(bytes, { next: 6 });

const CASES = [
  ['IPv4', whole4, fragments4],
  ['IPv6', whole6, fragments6],
] as const;

function captureWith(
  whole: (bytes: Uint8Array) => Uint8Array,
  fragments: (bytes: Uint8Array) => Uint8Array[],
  order: (parts: Uint8Array[]) => Uint8Array[],
): Uint8Array {
  const packets = [
    whole(segment(0, new Uint8Array(0), SYN)),
    whole(segment(1, CSM)),
    ...order(fragments(segment(1 + CSM.length, REQUEST))),
  ];
  return captureOfPackets(packets.map((packet, index) => ({ at: START + index, packet })));
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-tcp-fragments-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(CASES)('a TCP segment in fragments of %s', (_, whole, fragments) => {
  it.each([
    ['in order', (parts: Uint8Array[]) => parts],
    ['backwards', (parts: Uint8Array[]) => [...parts].reverse()],
    ['twice', (parts: Uint8Array[]) => [...parts.slice(0, 2), ...parts]],
  ] as const)('is put together: %s', async (_order, order) => {
    const analysis = await analyseBytes('written.pcap', captureWith(whole, fragments, order));
    const [csm, request] = await recordsOf(analysis, 'messages');
    expect(csm).toMatchObject({ coap: { code: '7.01' } });
    expect(request).toMatchObject({ outcome: 'ok', coap: { code: '0.01', uri_path: `/${PATH}` } });
    const { numbers } = request!.frame as { numbers: number[] };
    expect(numbers).toHaveLength(PARTS);
  });

  it('is lost with one of its fragments, and the next segment is read', async () => {
    const packets = [
      whole(segment(0, new Uint8Array(0), SYN)),
      whole(segment(1, CSM)),
      ...fragments(segment(1 + CSM.length, REQUEST)).slice(1),
      whole(segment(1 + CSM.length + REQUEST.length, REQUEST)),
    ];
    const analysis = await analyseBytes(
      'written.pcap',
      captureOfPackets(packets.map((packet, index) => ({ at: START + index, packet }))),
    );
    const messages = await recordsOf(analysis, 'messages');
    expect(messages.map(({ coap }) => (coap as { code: string }).code)).toEqual(['7.01', '0.01']);
    expect(analysis.frames.network.notRead.entries()).toContainEqual({
      what: 'incomplete IP fragments',
      frames: PARTS - 1,
    });
  });

  it.skipIf(!available)(`as ${version} puts it together`, () => {
    const path = join(folder, 'written.pcap');
    writeFileSync(
      path,
      captureWith(whole, fragments, (parts) => parts),
    );
    const rows = tsharkFields(path, ['coap.code', 'coap.opt.uri_path'], ['-Y', 'coap']);
    expect(rows).toEqual([
      ['225', ''],
      ['1', PATH],
    ]);
  });
});
