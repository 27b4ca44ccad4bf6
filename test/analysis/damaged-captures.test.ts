import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { FIXTURES } from '../captures.ts';
import { captureOfDescription } from '../described/described-capture.ts';
import type { DescribedPacket } from '../described/described-packets.ts';
import { dissectAll } from '../described/dissect-all.ts';
import { readDescription } from '../described/description.ts';
import { datagramBetween, DEVICE, SERVER } from '../network/endpoints.ts';
import { allRecords, analyseBytes, analyseStream, capturesBelow, readBytes } from './analyse.ts';
import { captureOfPackets } from './written-capture.ts';

/** Captures beyond this are damaged elsewhere, by cuts: each costs too much for many tries. */
const LARGEST = 24 << 10;
/** Longest run of bytes that is taken out, doubled or made up. */
const LONGEST_RUN = 40;
/** Bytes that one byte can stand for. RFC 1951 §3.2.5 */
const DEFLATE_FACTOR = 1032;

/** Length of the headers of IPv4 and UDP. */
const HEADERS = 28;

const described = join(FIXTURES, 'described');
const captures: { name: string; bytes: Uint8Array; packets: DescribedPacket[] }[] = [
  ...readdirSync(described)
    .filter((file) => file.endsWith('.capture.txt'))
    .map((file) => {
      const description = readDescription(readFileSync(join(described, file), 'utf8'));
      const name = file.replace('.capture.txt', '.pcap');
      return { name, bytes: captureOfDescription(description), packets: description.packets };
    }),
  ...capturesBelow(FIXTURES)
    .filter(({ folder, path }) => statSync(join(folder, path)).size <= LARGEST)
    .map((recording) => ({ name: basename(recording.path), bytes: readBytes(recording), packets: [] })),
];

/** One damage: where (as a part of the whole), of what kind, and bytes for it. */
const damage = fc.record({
  place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  kind: fc.constantFrom('set', 'flip', 'insert', 'remove', 'double', 'cut'),
  run: fc.uint8Array({ minLength: 1, maxLength: LONGEST_RUN }),
});

function damaged(
  bytes: Uint8Array,
  damages: readonly { place: number; kind: string; run: Uint8Array }[],
): Uint8Array {
  let result = [...bytes];
  for (const { place, kind, run } of damages) {
    const at = Math.floor(place * result.length);
    if (kind === 'set') result.splice(at, Math.min(run.length, result.length - at), ...run);
    else if (kind === 'flip') result[at] = (result[at] ?? 0) ^ (1 << (run[0]! & 7));
    else if (kind === 'insert') result.splice(at, 0, ...run);
    else if (kind === 'remove') result.splice(at, run.length);
    else if (kind === 'double') result.splice(at, 0, ...result.slice(at, at + run.length));
    else if (run[0]! < 64) result = result.slice(0, at);
  }
  return Uint8Array.from(result);
}

/** Reads a capture whole and in pieces, with all records and trees; what it gives is bounded by what it holds. */
async function readAll(name: string, bytes: Uint8Array): Promise<void> {
  const analysis = await analyseBytes(name, bytes);
  expectBounded(analysis, bytes.length * (name.endsWith('.gz') ? DEFLATE_FACTOR : 1));
  const records = await allRecords(analysis);
  await dissectAll(analysis);
  const inPieces = await allRecords(await analyseStream(name, bytes, 61));
  expect({ ...inPieces, info: [] }).toEqual({ ...records, info: [] });
}

function expectBounded({ tracking, frames }: Analysis, length: number): void {
  expect(tracking.messages.count).toBeLessThanOrEqual(length);
  // A text or CBOR value of a repeated body may stand for its bytes twice, never more.
  expect(tracking.values.count).toBeLessThanOrEqual(2 * length);
  expect(tracking.transfers.transfers.length).toBeLessThanOrEqual(tracking.messages.count);
  expect(tracking.observations.observations.length).toBeLessThanOrEqual(tracking.messages.count);
  expect(frames.flows.endpoints).toBeLessThanOrEqual(2 * length);
}

describe('a damaged capture gives outcomes, whole and in pieces the same', () => {
  it.each(captures.map(({ name, bytes }) => [name, bytes] as const))('%s', async (name, bytes) => {
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        await readAll(name, damaged(bytes, damages));
      }),
      { numRuns: 12 },
    );
  });
});

describe('damaged datagrams give outcomes', () => {
  const hits = fc.array(fc.tuple(fc.nat(), damage), { minLength: 1, maxLength: 6 });
  const texts = captures.filter(({ packets }) => packets.length > 0);

  it.each(texts.map(({ name, packets }) => [name, packets] as const))('%s', async (name, packets) => {
    await fc.assert(
      fc.asyncProperty(hits, async (all) => {
        const sent = packets.map(({ bytes, time }) => ({ at: 1000 + Math.floor(time / 1e9), packet: bytes }));
        for (const [number, hit] of all) {
          const one = sent[number % sent.length]!;
          // The headers of IP and UDP stay, so that what is damaged is the message.
          const message = damaged(one.packet.subarray(HEADERS), [hit]);
          one.packet = Uint8Array.from([...one.packet.subarray(0, HEADERS), ...message]);
        }
        await readAll(name, captureOfPackets(sent));
      }),
      { numRuns: 12 },
    );
  });
});

describe('frames with anything in them', () => {
  const anything = fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
    {
      // A first byte and a code that let the rest be looked at.
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom(0x40, 0x41, 0x44, 0x50, 0x60, 0x61, 0x70, 0x48),
          fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 0x41, 0x44, 0x45, 0x5f, 0x80, 0x88, 0x8d),
          fc.constantFrom([0, 1], [0, 2], [0, 3]),
          fc.uint8Array({ maxLength: 40 }),
        )
        .map(([first, code, id, rest]) => Uint8Array.from([first, code, ...id, ...rest])),
    },
  );
  const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(400), anything), { maxLength: 40 });

  it('as datagrams between two ends', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sent) => {
        let at = 1000;
        const packets = sent.map(([up, seconds, payload]) => {
          at += seconds;
          const packet = up
            ? datagramBetween(DEVICE, SERVER, payload)
            : datagramBetween(SERVER, DEVICE, payload);
          return { at, packet };
        });
        await readAll('anything.pcap', captureOfPackets(packets));
      }),
      { numRuns: 300 },
    );
  });

  it('as packets, and as whole files', async () => {
    const packet = fc.tuple(fc.constantFrom(0x45, 0x60, 0x46, 0), fc.uint8Array({ maxLength: 90 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(packet, { maxLength: 20 }),
        fc.uint8Array({ maxLength: 300 }),
        async (all, file) => {
          const packets = all.map(([first, rest], at) => ({ at, packet: Uint8Array.from([first, ...rest]) }));
          await readAll('packets.pcap', captureOfPackets(packets));
          await readAll('file', file);
        },
      ),
      { numRuns: 200 },
    );
  });
});
