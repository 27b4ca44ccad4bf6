import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { analyseBytes, capturesBelow, readBytes, recordsOf } from './analyse.ts';

/**
 * Unknown is not wrong: a capture that begins late knows less, but what it says must not be otherwise than the whole
 * capture says.
 */

/** Shares of the packets that are left out at the beginning. */
const CUTS = [0.25, 0.5, 0.75];

const PCAPNG = 0x0a0d0d0a;
const PCAP_HEADER = 24;
const RECORD_HEADER = 16;
/** Block types with a packet: obsolete, simple and enhanced (draft-ietf-opsawg-pcapng §4). */
const PACKETS = new Set([2, 3, 6]);

/** Offsets of the packets of a pcapng or pcap file, and where each ends; undefined for another file. */
function packetsOf(bytes: Uint8Array): [number, number][] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PCAP_HEADER) return undefined;
  const packets: [number, number][] = [];
  if (view.getUint32(0) === PCAPNG) {
    const isLittle = bytes[8] === 0x4d;
    for (let at = 0; at + 12 <= bytes.length;) {
      const length = view.getUint32(at + 4, isLittle);
      if (length < 12 || at + length > bytes.length) break;
      if (PACKETS.has(view.getUint32(at, isLittle))) packets.push([at, at + length]);
      at += length;
    }
    return packets;
  }
  const isLittle = bytes[0] !== 0xa1;
  if (![0xa1, 0xd4, 0x4d].includes(bytes[0]!)) return undefined;
  for (let at = PCAP_HEADER; at + RECORD_HEADER <= bytes.length;) {
    const end = at + RECORD_HEADER + view.getUint32(at + 8, isLittle);
    if (end > bytes.length) break;
    packets.push([at, end]);
    at = end;
  }
  return packets;
}

/** A capture without its first packets. */
function withoutFirst(bytes: Uint8Array, packets: readonly [number, number][], count: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const [start, end] of packets.slice(0, count)) {
    parts.push(bytes.subarray(from, start));
    from = end;
  }
  parts.push(bytes.subarray(from));
  const kept = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    kept.set(part, at);
    at += part.length;
  }
  return kept;
}

/** Whether a session of the cut capture can be one of the whole. */
function isSame(part: JsonObject, whole: JsonObject): boolean {
  if (part.session !== whole.session || part.server !== whole.server) return false;
  if (part.location !== undefined && whole.location !== undefined && part.location !== whole.location)
    return false;
  const begins = Number(part.from);
  return begins >= Number(whole.from) && (whole.to === undefined || begins <= Number(whole.to));
}

/** What the session says of its end that the other one denies; undefined where both agree or one does not know. */
function contradiction(part: JsonObject, whole: JsonObject): string | undefined {
  if (part.ended === 'open' || part.ended === 'unknown') return undefined;
  if (part.ended !== whole.ended) return `${String(part.ended)}, but ${String(whole.ended)}`;
  if (part.to !== whole.to) return `${String(part.ended)} at ${String(part.to)}, but at ${String(whole.to)}`;
  return undefined;
}

/** Events of devices' lives, each as one text, and what came of them where that is known. */
function eventsOf(analysis: Analysis): { text: string; outcome: string }[] {
  const { tracking, frames } = analysis;
  const epoch = BigInt(frames.epochSeconds) * 1_000_000_000n + BigInt(frames.epochNanoseconds);
  return tracking.devices.life.events.map((event) => ({
    text: `${(epoch + BigInt(event.time)).toString()} ${event.kind} ${event.detail} ${event.code}`,
    outcome: event.outcome(tracking.clock),
  }));
}

/** Scripts in which one end registers and then asks the other one as a server does: no part of it tells which it is. */
const BOTH_PARTS = /^(aio-(udp|tcp)-a|der-tcp-midstart-a)\./;

const captures = capturesBelow(RECORDED ?? FIXTURES).filter(({ path }) => !BOTH_PARTS.test(basename(path)));

describe('a capture that begins late says nothing that the whole denies', () => {
  let compared = 0;

  it(`${captures.length} captures, each cut at ${CUTS.length} places`, { timeout: 120_000 }, async () => {
    const wrong: string[] = [];
    for (const recording of captures) {
      const name = basename(recording.path);
      const bytes = readBytes(recording);
      const packets = packetsOf(bytes);
      if (packets === undefined || packets.length < 4) continue;
      const whole = await analyseBytes(name, bytes);
      const sessions = await recordsOf(whole, 'sessions');
      const events = new Map(eventsOf(whole).map(({ text, outcome }) => [text, outcome]));
      for (const share of CUTS) {
        const count = Math.floor(packets.length * share);
        const cut = await analyseBytes(name, withoutFirst(bytes, packets, count));
        for (const part of await recordsOf(cut, 'sessions')) {
          compared++;
          const akin = sessions.filter((one) => isSame(part, one));
          const where = `${name} without ${count} packets: ${String(part.session)} ${String(part.location ?? part.endpoint)}`;
          if (akin.length === 0) wrong.push(`${where}: not in the whole`);
          const reasons = akin.map((one) => contradiction(part, one));
          if (akin.length > 0 && !reasons.includes(undefined)) wrong.push(`${where}: ${reasons.join('; ')}`);
          const starts = akin.map(({ initiated }) => initiated);
          if (part.initiated !== undefined && akin.length > 0 && !starts.includes(part.initiated))
            wrong.push(`${where}: initiated by ${String(part.initiated)}, but ${starts.join(', ')}`);
        }
        for (const { text, outcome } of eventsOf(cut)) {
          const isClaim = outcome !== 'waiting' && outcome !== 'none';
          if (!events.has(text)) wrong.push(`${name} without ${count} packets: ${text}`);
          else if (isClaim && events.get(text) !== outcome)
            wrong.push(`${name} without ${count} packets: ${text} ${outcome}, but ${events.get(text)!}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has compared something', () => {
    console.log(`compared ${compared} sessions of cut captures`);
    expect(compared).toBeGreaterThan(RECORDED === undefined ? 10 : 200);
  });
});
