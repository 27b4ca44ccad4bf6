import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { deviceSummaries } from '../../src/analysis/device-summary.ts';
import { MAX_ICMP_ERRORS } from '../../src/analysis/icmp-errors.ts';
import { compileMessageFilter } from '../../src/analysis/message-filter.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { ShownRows } from '../../src/analysis/shown-rows.ts';
import { Timeline } from '../../src/analysis/timeline.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { write } from '../coap/coap-message.ts';
import { ipv4, ipv6, joined, u16, udp } from '../network/packets.ts';
import { available, tsharkFields, version } from '../tshark.ts';
import { analyseBytes, analyseFile, recordsOf } from './analyse.ts';
import { captureOfPackets, packetOf, readOf, registrationAt, type SentMessage } from './written-capture.ts';

const START = 1_763_856_000;

/** An ICMP error about `quoted`, of which only `length` bytes come back. */
function errorAbout(
  quoted: Uint8Array,
  type: number,
  code: number,
  length = quoted.length,
  mtu = 0,
): Uint8Array {
  return ipv4(joined([type, code, 0, 0, 0, 0], u16(mtu), quoted.subarray(0, length)), {
    protocol: 1,
    source: '10.0.0.99',
    destination: '10.0.0.1',
  });
}

/** A registered device, then these packets a second apart. */
async function analysisOf(...packets: readonly Uint8Array[]): Promise<Analysis> {
  const begin = registrationAt(START).map((message) => ({ ...message, packet: packetOf(message) }));
  const rest = packets.map((packet, index) => ({ at: START + 1 + index, packet }));
  return analyseBytes('written.pcap', captureOfPackets([...begin, ...rest]));
}

const read: SentMessage = readOf(START, 77, 'b7');
const READ = packetOf(read);
/** What RFC 792 demands of a quote: the IP header and 8 bytes more. */
const LEAST = 28;

describe('an ICMP error about a message', () => {
  it('stands on the message that it quotes, and is none itself', async () => {
    const analysis = await analysisOf(READ, errorAbout(READ, 3, 3));
    const messages = await recordsOf(analysis, 'messages');
    expect(messages).toHaveLength(3);
    const time = `${START + 2}.000000000`;
    expect(messages.map(({ icmp }) => icmp)).toEqual([
      undefined,
      undefined,
      [{ kind: 'port unreachable', from: '10.0.0.99', frame: 4, time }],
    ]);
    expect((await recordsOf(analysis, 'info'))[0]!.icmp).toEqual({ errors: 1, about_messages: 1 });
  });

  it('is found by the filter', async () => {
    const analysis = await analysisOf(READ, errorAbout(READ, 3, 3), errorAbout(READ, 11, 0));
    const rows = (text: string): number[] => {
      const filter = compileMessageFilter(text, analysis);
      if (!('test' in filter)) throw new Error(filter.message);
      return [0, 1, 2].filter((row) => filter.test(row));
    };
    expect(rows('coap.icmp')).toEqual([2]);
    expect(rows('coap.icmp == "port unreachable"')).toEqual([2]);
    expect(rows('coap.icmp contains "exceeded"')).toEqual([2]);
    expect(rows('coap.icmp == "host unreachable"')).toEqual([]);
  });

  it('says how much fits', async () => {
    const analysis = await analysisOf(READ, errorAbout(READ, 3, 4, READ.length, 1280));
    const [, , message] = await recordsOf(analysis, 'messages');
    expect(message!.icmp).toMatchObject([{ kind: 'fragmentation needed', mtu: 1280 }]);
  });

  it('is a mark on the track of the device, and in its line of the list', async () => {
    const analysis = await analysisOf(READ, errorAbout(READ, 3, 3));
    const devices = new DeviceIndex(analysis);
    const facts = new MessageFacts(analysis);
    const shown = new ShownRows(analysis.tracking.messages);
    const timeline = new Timeline(analysis, facts, devices, () => true, shown);
    const query = { from: 0, to: 10e9, pixels: 1000, firstTrack: 0, trackCount: 50 };
    const track = timeline.window(query, 1).rows.find(({ kind }) => kind === 'exchanges');
    const spans = track!.spans!;
    const index = spans.labels.indexOf('ICMP: port unreachable from 10.0.0.99 (frame 4)');
    const at = [...spans.label].indexOf(index);
    expect([spans.from[at], spans.row[at]]).toEqual([2e9, 2]);
    expect(deviceSummaries(analysis, devices, 0, 10)[0]).toMatchObject({ icmpErrors: 1, failedUpdates: 0 });
  });

  it('that quotes too little is one of the conversation', async () => {
    const analysis = await analysisOf(READ, errorAbout(READ, 3, 1, LEAST));
    const { kept } = analysis.tracking.icmpErrors;
    expect(kept).toMatchObject([{ kind: 'host unreachable', before: 2, conversation: 0 }]);
    expect((await recordsOf(analysis, 'messages')).some((message) => 'icmp' in message)).toBe(false);
  });

  it('is about the copy sent last, and about its own direction only', async () => {
    const up = packetOf({ ...read, up: true });
    const analysis = await analysisOf(READ, READ, up, errorAbout(READ, 3, 3));
    expect(analysis.tracking.icmpErrors.kept.map(({ row }) => row)).toEqual([3]);
  });

  it('quoting another ID, version, or long ago, is about no message', async () => {
    const other = packetOf({ ...read, mid: 78 });
    const bytes = write(read);
    const strange = ipv4(
      udp(
        Uint8Array.from(bytes, (byte, at) => (at === 0 ? byte | 0x80 : byte)),
        { from: 5683, to: 40_000 },
      ),
      {
        source: '10.0.0.1',
        destination: '10.0.0.7',
      },
    );
    const { tracking } = await analysisOf(READ, errorAbout(other, 3, 3), errorAbout(strange, 3, 3));
    expect([tracking.icmpErrors.kept.length, tracking.icmpErrors.aboutMessages]).toEqual([2, 0]);
    const late = await analysisOf(READ, ...new Array<Uint8Array>(248).fill(other), errorAbout(READ, 3, 3));
    expect(late.tracking.icmpErrors.aboutMessages).toBe(0);
  });

  it('on a flow without messages is counted only', async () => {
    const dns = ipv4(udp(Uint8Array.of(1, 2, 3, 4), { from: 40_000, to: 53 }));
    const analysis = await analysisOf(errorAbout(dns, 3, 3));
    expect(analysis.tracking.icmpErrors.kept).toEqual([]);
    expect((await recordsOf(analysis, 'info'))[0]!.icmp).toEqual({ errors: 1, about_messages: 0 });
  });

  it('over IPv6, from a router, within a tunnel', async () => {
    const message = ipv6(udp(write(read), { from: 5683, to: 40_000 }), {
      source: '2001:db8::1',
      destination: '2001:db8::7',
    });
    const tooBig = joined([2, 0, 0, 0, 0, 0, 5, 0], message);
    const error = ipv6(tooBig, { next: 58, source: '2001:db8::fe', destination: '2001:db8::1' });
    const inside = ipv4(error, { protocol: 41, source: '192.0.2.1', destination: '192.0.2.2' });
    const { tracking } = await analysisOf(message, inside);
    expect(tracking.icmpErrors.kept).toMatchObject([
      { kind: 'packet too big', mtu: 1280, from: '2001:db8::fe', clause: 'RFC 4443 §3', row: 2 },
    ]);
  });

  it('cut at every byte never breaks, and tells what it can', async () => {
    const error = errorAbout(READ, 3, 3);
    for (let captured = 0; captured <= error.length; captured++) {
      const begin = registrationAt(START).map((message) => ({ ...message, packet: packetOf(message) }));
      const { tracking } = await analyseBytes(
        'cut.pcap',
        captureOfPackets([
          ...begin,
          { at: START + 1, packet: READ },
          { at: START + 2, packet: error, captured },
        ]),
      );
      // Two IP headers, that of ICMP, UDP's ports or all of its header and four bytes.
      const ports = 20 + 8 + 20 + 4;
      const known = captured < ports ? [] : [captured < ports + 8 ? 0xffffffff : 2];
      expect(tracking.icmpErrors.kept.map(({ row }) => row)).toEqual(known);
    }
  });

  it('is kept for as many as are bounded', async () => {
    const error = errorAbout(READ, 3, 3);
    const { tracking, frames } = await analysisOf(
      READ,
      ...new Array<Uint8Array>(MAX_ICMP_ERRORS + 5).fill(error),
    );
    expect([tracking.icmpErrors.kept.length, frames.icmpErrors]).toEqual([
      MAX_ICMP_ERRORS,
      MAX_ICMP_ERRORS + 5,
    ]);
    expect(tracking.messages.count).toBe(3);
  });
});

describe.skipIf(!available)(`agreement with ${version}`, () => {
  /** Frame of the error, and ID and code of the message that it quotes. */
  const FIELDS = ['frame.number', 'coap.mid', 'coap.code'];
  const captures: [string, string | undefined][] = [
    ['other/wk-dm-a.pcapng', FIXTURES],
    ['other/net-ipfrag4-a.pcapng', FIXTURES],
    ['other/wk-expiry-a.pcapng', RECORDED],
  ];
  it.each(captures.filter(([, folder]) => folder !== undefined))('%s', async (name, folder) => {
    const path = join(folder!, name);
    const { tracking } = await analyseFile(path);
    const ours = tracking.icmpErrors.kept
      .filter(({ row }) => row !== 0xffffffff)
      .map(({ frame, row }) =>
        [frame, tracking.messages.messageId.get(row), tracking.messages.code.get(row)].map(String),
      );
    const theirs = tsharkFields(path, FIELDS, ['-Y', '(icmp || icmpv6) && coap']);
    expect(ours.length).toBeGreaterThan(0);
    expect(ours).toEqual(theirs);
  });
});
