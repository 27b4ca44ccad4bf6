import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { Dissector } from '../../src/analysis/dissection/dissect.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';
import { readSources } from '../../src/analysis/open.ts';
import {
  type LowpanContextRule,
  lowpanContextText,
  DEFAULT_SETTINGS,
  parseLowpanContext,
} from '../../src/analysis/settings.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import * as oracle from '../tshark.ts';
import { concat, pcapHeader, pcapRecord } from '../capture/write-capture.ts';
import {
  EXTENDED,
  EXTENDED_PEER,
  destinationForms,
  firstFragment,
  iphc,
  laterFragment,
  mac,
  sourceForms,
} from '../network/lowpan-packets.ts';
import { joined } from '../network/packets.ts';
import { analyseBytes, recordsOf, storeOf, testHost } from './analyse.ts';

const PORTS = [0xf0, 0x9c, 0x40, 0x16, 0x33, 1, 2];
/** A confirmable GET of /rd, and a POST to it with 120 bytes of text. */
const GET = Uint8Array.of(0x40, 0x01, 0x12, 0x34, 0xb2, 0x72, 0x64);
const POST = joined([0x40, 0x02, 0x12, 0x35, 0xb2, 0x72, 0x64, 0xff], new Array<number>(120).fill(0x61));
const SIZE = 48 + POST.length;

/** A link-local source, or one with a context that nobody gave. */
function packet(bytes: Uint8Array, source = 3): Uint8Array {
  const to = destinationForms(EXTENDED_PEER)[3]!;
  return iphc(sourceForms(EXTENDED)[source]!, to, undefined, joined(PORTS, bytes), 11);
}

const FRAMES = [
  packet(GET),
  firstFragment(SIZE, 1, packet(POST.subarray(0, 40))),
  laterFragment(SIZE, 1, 88, POST.subarray(40)),
  packet(joined([0x50, 0x01, 0x12, 0x36], GET.subarray(4)), 7),
].map((payload) => mac(payload));

const CAPTURE = concat(
  pcapHeader({ link: 230 }),
  ...FRAMES.map((frame, index) => pcapRecord(1000 + index, 0, frame)),
);

describe('CoAP over 6LoWPAN', () => {
  it('becomes messages whose bytes are found again in the file', async () => {
    const analysis = await analyseBytes('lowpan.pcap', CAPTURE);
    const { messages } = analysis.tracking;
    expect([0, 1, 2].map((row) => messages.frame.get(row))).toEqual([1, 3, 4]);
    const bytes = new MessageBytes(analysis);
    expect(await bytes.message(0)).toEqual(GET);
    expect(await bytes.message(1)).toEqual(POST);
    const facts = new MessageFacts(analysis);
    const summaries = new MessageSummary(analysis, facts, bytes);
    const dissector = new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
    const { fields, views } = (await dissector.dissect(0))!;
    // The headers stand in the packet that is written out in full, and that has the payload too.
    expect(views.map(({ title }) => title)).toEqual(['Frame 1', 'IPv6 in full']);
    const udp = fields.find(({ label }) => label === 'UDP')!;
    expect([udp.value, udp.view, udp.start, udp.length]).toEqual(['40000 → 5683', 1, 40, 8]);
    expect([...views[1]!.bytes.subarray(48)]).toEqual([...GET]);
    const labels = fields.map(({ label, view }) => `${label} ${view}`);
    expect(labels.slice(0, 5)).toEqual(['Frame 1 0', 'IEEE 802.15.4 0', '6LoWPAN 0', 'IPv6 1', 'UDP 1']);
    const coap = fields.find(({ label }) => label === 'CoAP')!;
    const { bytes: shown } = views[coap.view]!;
    expect([...shown.subarray(coap.start, coap.start + coap.length)]).toEqual([...GET]);
    const whole = (await dissector.dissect(1))!;
    expect(whole.views.map(({ title }) => title)).toEqual(['Joined datagram', 'Frame 3']);
    expect([...whole.views[0]!.bytes.subarray(48)]).toEqual([...POST]);
    const inWhole = whole.fields.filter(({ view }) => view === 0).map(({ label }) => label);
    expect(inWhole.slice(0, 2)).toEqual(['IPv6', 'UDP']);
  });

  it('with an unknown context is read, and the context is named', async () => {
    const analysis = await analyseBytes('lowpan.pcap', CAPTURE);
    const [info] = await recordsOf(analysis, 'info');
    expect(info!.not_read).toEqual([{ what: '6LoWPAN context 3 unknown', frames: 1 }]);
  });

  it('with a context that is told has the address that it gives', async () => {
    const rule = parseLowpanContext('3=2001:db8:77::/48');
    if (typeof rule === 'string') throw new Error(rule);
    const registry = ObjectRegistry.core();
    await registry.loadAll();
    const analysis = new Analysis(registry, { ...DEFAULT_SETTINGS, lowpanContexts: [rule] });
    await readSources(analysis, [{ name: 'lowpan.pcap', store: await storeOf(CAPTURE) }], testHost);
    const [info] = await recordsOf(analysis, 'info');
    expect(info!.not_read).toEqual([]);
    const messages = await recordsOf(analysis, 'messages');
    const source = (messages[2]!.ipv6 as { src: string }).src;
    // The link address with its universal bit turned (RFC 4291 appendix A), behind the prefix and zeros.
    expect(source).toBe('2001:db8:77:0:11:2233:4455:6677');
    if (!oracle.available) return;
    const file = join(mkdtempSync(join(tmpdir(), 'lowpan-')), 'lowpan.pcap');
    writeFileSync(file, CAPTURE);
    const option = ['-o', '6lowpan.context3:2001:db8:77::/48', '-Y', 'frame.number == 4'];
    expect(oracle.tsharkFields(file, ['6lowpan.src'], option)).toEqual([[source]]);
  });
});

describe('a 6LoWPAN context', () => {
  it.each([
    ['0=2001:db8::/64', { number: 0, prefix: '2001:db8::', length: 64 }],
    [' 15 = FD00:0:0::/8 ', { number: 15, prefix: 'fd00::', length: 8 }],
    ['7=::/0', { number: 7, prefix: '::', length: 0 }],
  ])('is read from %s', (text, expected) => {
    const rule = parseLowpanContext(text);
    expect(rule).toEqual(expected);
    expect(parseLowpanContext(lowpanContextText(rule as LowpanContextRule))).toEqual(rule);
  });

  it.each([
    ['16=2001:db8::/64', 'there is no context 16'],
    ['0=2001:db8::', 'has no length'],
    ['0=2001:db8::/129', 'at most 128 bits'],
    ['0=10.0.0.0/8', 'no IPv6 prefix'],
    ['0=2001:db8/64', 'no IPv6 prefix'],
    ['x=2001:db8::/64', 'no context'],
    ['', 'no context'],
  ])('is refused: %s', (text, why) => expect(parseLowpanContext(text)).toContain(why));
});
