import { describe, expect, it } from 'vitest';
import { Analysis } from '../../src/analysis/analysis.ts';
import { MemoryStore } from '../../src/capture/byte-store.ts';
import { MessageView } from '../../src/coap/message.ts';
import { CoapRecogniser } from '../../src/coap/recogniser.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import { concat, pcapHeader, pcapRecord } from '../capture/write-capture.ts';
import { ipv4, udp } from '../network/packets.ts';
import type { MessageToWrite } from './coap-message.ts';
import { hex, path, write } from './coap-message.ts';
import * as foreign from './foreign-datagrams.ts';
import { seeded } from './seeded.ts';

/** Flows between endpoints of their own, on ports that are not CoAP's. */
class Flows {
  readonly #recogniser = new CoapRecogniser();
  readonly #view = new MessageView();

  take(
    flow: number,
    datagram: Uint8Array,
    { source = flow * 2, destination = flow * 2 + 1, coapPort = false, wireLength = datagram.length } = {},
  ): boolean {
    this.#view.read(datagram, 0, datagram.length, wireLength);
    return this.#recogniser.accept(this.#view, flow, source, destination, coapPort);
  }
}

const REGISTER: MessageToWrite = {
  code: '0.02',
  token: 'aabb',
  options: [...path('/rd'), [12, 40], [15, 'ep=a'], [15, 'lt=60'], [15, 'lwm2m=1.1'], [15, 'b=U']],
  payload: '</1/0>,</3/0>',
};

describe('CoAP on any port', () => {
  const FIRST: [string, MessageToWrite][] = [
    ['Register', REGISTER],
    ['GET /3, no token', { options: path('/3') }],
    ['GET with Uri-Path and Accept', { token: '01020304', options: [...path('/3/0'), [17, 11542]] }],
    ['GET of the root', { token: '01' }],
    ['NON GET /.well-known/core', { type: 'NON', options: path('/.well-known/core') }],
    ['GET with a path beyond ASCII', { options: path('/温度') }],
    ['Observe', { token: '0a', options: [[6, 0], ...path('/3303/0/5700')] }],
    ['FETCH', { code: '0.05', token: '0a', options: [[12, 320], [17, 112]], payload: hex('81a10061') }],
    ['Update', { code: '0.02', token: '01020304', options: path('/rd/5a3f') }],
    ['De-register', { code: '0.04', token: 'aabb', options: path('/rd/1') }],
    ['Send', { code: '0.02', token: 'aabb', options: [...path('/dp'), [12, 112]], payload: 'x' }],
    ['first block of a package', { code: '0.03', token: 'aabb', options: [...path('/5/0/0'), [12, 42], [27, 0x0e]], payload: new Uint8Array(1024) }],
    ['ACK 2.05 with Content-Format', { type: 'ACK', code: '2.05', token: 'aabb', options: [[12, 0]], payload: '20.5' }],
    ['ACK 2.05 TLV', { type: 'ACK', code: '2.05', token: 'aabb', options: [[12, 11542]], payload: hex('c80001') }],
    ['ACK 2.05 without Content-Format', { type: 'ACK', code: '2.05', token: 'aabb', payload: 'x' }],
    ['ACK 2.01 with a location', { type: 'ACK', code: '2.01', token: 'aabb', options: [[8, 'rd'], [8, 'x1']] }],
    ['ACK 2.04', { type: 'ACK', code: '2.04', token: 'aabb' }],
    ['ACK 2.31', { type: 'ACK', code: '2.31', token: 'aabb', options: [[27, 0x0e]] }],
    ['ACK 4.04', { type: 'ACK', code: '4.04', token: 'aabbccdd11223344' }],
    ['ACK 4.04 with a text', { type: 'ACK', code: '4.04', token: 'aabb', payload: 'not found' }],
    ['separate 2.05', { code: '2.05', token: 'aabbccdd11223344', options: [[12, 60]], payload: 'a' }],
    ['NON notification', { type: 'NON', code: '2.05', token: 'aabb', options: [[6, 5]], payload: 'x' }],
    ['CON notification', { code: '2.05', token: 'aabb', options: [[6, 70000], [12, 110]], payload: '[]' }],
    ['OSCORE request', { code: '0.02', token: 'aabb', options: [[9, hex('090525')]], payload: 'ciphertext' }],
    ['OSCORE answer', { type: 'ACK', code: '2.04', token: 'aabb', options: [[9, '']], payload: 'ciphertext' }],
    ['empty ACK', { type: 'ACK', code: '0.00' }],
    ['RST', { type: 'RST', code: '0.00' }],
    ['ping', { code: '0.00' }],
  ]; // prettier-ignore
  it.each(FIRST)('%s is taken as the first message of a flow', (_, message) => {
    expect(new Flows().take(0, write(message))).toBe(true);
  });

  it('is taken from what a snap length leaves', () => {
    const register = write(REGISTER);
    expect(new Flows().take(0, register.subarray(0, 20), { wireLength: register.length })).toBe(true);
    // A header alone says nothing, neither for nor against.
    const flows = new Flows();
    for (let count = 0; count < 10; count++)
      expect(flows.take(0, register.subarray(0, 6), { wireLength: register.length })).toBe(false);
    expect(flows.take(0, register)).toBe(true);
  });

  it('is taken from evidence that adds up', () => {
    const flows = new Flows();
    const separate = write({ code: '2.04', token: 'aabbccdd11223344' });
    expect([flows.take(0, separate), flows.take(0, separate)]).toEqual([false, true]);
    // A server's end that is known makes a new flow to it likely, from either side.
    flows.take(1, write(REGISTER), { source: 100, destination: 200 });
    expect(flows.take(2, separate, { source: 200, destination: 300 })).toBe(true);
    expect(flows.take(3, separate, { source: 100, destination: 300 })).toBe(false);
  });

  it('stays once it is taken, damaged messages included', () => {
    const flows = new Flows();
    expect(flows.take(0, hex('40011234 f0'))).toBe(false);
    const damaged = ['40011234 b3 61', '40', '4f011234', '40e01234', '44004321 00000000'];
    flows.take(1, write(REGISTER));
    expect(damaged.map((digits) => flows.take(1, hex(digits)))).toEqual(damaged.map(() => true));
    // Another version is another protocol (RFC 7252 §3).
    expect(['80011234', '16fefd0000', '0001'].map((digits) => flows.take(1, hex(digits)))).toEqual(
      ['80011234', '16fefd0000', '0001'].map(() => false),
    );
    expect(flows.take(1, write({ code: '2.04', type: 'ACK' }))).toBe(true);
  });

  it('is found in a flow that begins with something else', () => {
    const flows = new Flows();
    const random = seeded(3);
    for (let count = 0; count < 100; count++) expect(flows.take(0, foreign.stun(random, false))).toBe(false);
    const taken = Array.from({ length: 3 }, () => flows.take(0, write(REGISTER)));
    expect(taken).toEqual([false, true, true]);
  });

  it('is whatever comes on port 5683', () => {
    const flows = new Flows();
    for (const digits of ['ff', '40', '0000', '80011234', '40011234f0', '400112'])
      expect(flows.take(0, hex(digits), { coapPort: true })).toBe(true);
  });
});

describe('what is not CoAP', () => {
  /** How many of `count` flows are taken, each of the datagrams that `make` gives. */
  function taken(count: number, make: (flow: number) => Uint8Array[]): number {
    const flows = new Flows();
    let accepted = 0;
    for (let flow = 0; flow < count; flow++) {
      if (make(flow).some((datagram) => flows.take(flow, datagram))) accepted++;
    }
    return accepted;
  }
  const random = seeded(5683);
  const times = (count: number, make: () => Uint8Array): Uint8Array[] => Array.from({ length: count }, make);
  const ids = 0x4000;

  const NEVER: [string, number, (flow: number) => Uint8Array[]][] = [
    ['DNS with every id that begins as CoAP does', ids, (id) => [foreign.dnsQuery(random, 0x4000 + id), foreign.dnsAnswer(random, 0x4000 + id)]],
    ['answers of DNS alone', ids, (id) => [foreign.dnsAnswer(random, 0x4000 + id)]],
    ['NetBIOS names', ids, (id) => [foreign.netbiosQuery(random, 0x4000 + id)]],
    ['NTP before a leap second', 2000, () => [foreign.ntp(random, 3), foreign.ntp(random, 4)]],
    ['STUN', 1000, () => [foreign.stun(random, false), foreign.stun(random, true)]],
    ['RTP', 500, (flow) => times(5, () => foreign.rtp(random, flow))],
    ['RTP in TURN channels', 1000, (flow) => times(5, () => foreign.channelData(random, foreign.rtp(random, flow)))],
    ['DTLS in TURN channels', 2000, () => times(5, () => foreign.channelData(random, foreign.dtlsRecord(random)))],
    ['STUN in TURN channels', 2000, () => times(5, () => foreign.channelData(random, foreign.stun(random, true)))],
    ['short data in TURN channels', 2000, () => times(5, () => foreign.channelData(random, foreign.randomBytes(random, random(40))))],
    ['DTLS', 1000, () => times(5, () => foreign.dtlsRecord(random))],
    ['GTP echo', 1000, () => [foreign.gtpEcho(random)]],
    ['OpenVPN', 1000, (count) => [foreign.openVpnData(random, count)]],
    ['uTP', 2000, () => [foreign.utpSyn(random)]],
    ['text', foreign.textDatagrams().length, (index) => times(5, () => foreign.textDatagrams()[index]!)],
  ]; // prettier-ignore
  it.each(NEVER)('%s is never taken', (_, count, make) => {
    expect(taken(count, make)).toBe(0);
  });

  // Random bytes now and then look like a message: of all whose first byte is that of CoAP's version 1, fewer
  // than one flow in a thousand; of those that are hardly longer than a header, fewer than four.
  const SELDOM: [string, number, number, () => Uint8Array[]][] = [
    ['QUIC', 20_000, 0.001, () => times(6, () => foreign.quicShort(random, 25 + random(300)))],
    ['short QUIC', 20_000, 0.001, () => times(6, () => foreign.quicShort(random, 21 + random(20)))],
    ['IKE', 10_000, 0.001, () => [foreign.ike(random)]],
    ['random bytes', 20_000, 0.001, () => times(6, () => foreign.randomBytes(random, 4 + random(100)))],
    ['few bytes', 20_000, 0.004, () => times(6, () => foreign.quicShort(random, 4 + random(9)))],
  ];
  it.each(SELDOM)('%s is seldom taken', (_, count, share, make) => {
    expect(taken(count, make) / count).toBeLessThan(share);
  });
});

describe('the verdict', () => {
  it('does not depend on how the input is cut', () => {
    const random = seeded(11);
    const records: Uint8Array[] = [];
    const kinds = [
      () => write({ options: path('/3/0'), token: '01' }),
      () => write({ type: 'ACK', code: '2.05', token: '01', options: [[12, 0]], payload: '1' }),
      () => write({ code: '2.04', token: 'aabbccdd' }),
      () => foreign.quicShort(random, 4 + random(60)),
      () => foreign.dnsQuery(random, 0x4000 + random(0x4000)),
      () => hex('40011234f0'),
    ];
    for (let count = 0; count < 600; count++) {
      const payload = kinds[random(kinds.length)]!();
      const ports = { from: 20000 + random(30), to: random(10) === 0 ? 5683 : 7000 + random(3) };
      records.push(pcapRecord(count, 0, ipv4(udp(payload, ports))));
    }
    const file = concat(pcapHeader({ link: 101 }), ...records);
    const verdicts = [file.length, 4096, 64, 7, 1].map((size) => {
      const analysis = new Analysis(ObjectRegistry.core());
      const opened = {
        name: 'a.pcap',
        bytes: file.length,
        bytesRead: 0,
        compression: 'none',
        store: new MemoryStore(),
        reader: undefined,
      } as const;
      analysis.beginFile({ ...opened }, 'pcap');
      for (let offset = 0; offset < file.length; offset += size) {
        analysis.push(file.subarray(offset, offset + size));
        if (random(50) === 0) analysis.flush();
      }
      analysis.endFile();
      analysis.end();
      const { messages } = analysis.tracking;
      return Array.from({ length: messages.count }, (_, row) => messages.frame.get(row)).join();
    });
    expect(new Set(verdicts).size).toBe(1);
    expect(verdicts[0]!.split(',').length).toBeGreaterThan(200);
    expect(verdicts[0]!.split(',').length).toBeLessThan(600);
  });
});
