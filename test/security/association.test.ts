import { describe, expect, it } from 'vitest';
import { Datagram } from '../../src/network/datagram.ts';
import { SecurityKind, SecurityReader } from '../../src/security/association.ts';
import { joined } from '../network/packets.ts';
import {
  DTLS10,
  DTLS12,
  DTLS13,
  bytesOf,
  clientHello,
  handshake,
  record,
  serverHello,
  unifiedRecord,
} from './records.ts';

function datagram(payload: Uint8Array, { port = 40000, captured = payload.length } = {}): Datagram {
  const result = new Datagram();
  result.bytes = payload;
  result.end = captured;
  result.payloadLength = payload.length;
  result.sourcePort = 50000;
  result.destinationPort = port;
  return result;
}

const COAP = Uint8Array.of(0x40, 1, 0, 1);
const sealed = record(23, bytesOf(20), { epoch: 1 });

describe('classifying datagrams', () => {
  it('tells DTLS from clear payloads, also on one flow', () => {
    const reader = new SecurityReader();
    expect(reader.classify(datagram(COAP), 0)).toBe(SecurityKind.clear);
    expect(reader.hasDtls(0)).toBe(false);
    expect(reader.classify(datagram(record(22, clientHello())), 0)).toBe(SecurityKind.dtls);
    expect(reader.classify(datagram(COAP), 0)).toBe(SecurityKind.clear);
    expect(reader.classify(datagram(Uint8Array.of(0x80, 1, 2, 3)), 0)).toBe(SecurityKind.clear);
    expect([reader.hasDtls(0), reader.records(0), reader.sealedRecords(0)]).toEqual([true, 1, 0]);
  });

  it('is undecided where nothing of the payload was captured; an empty payload is clear', () => {
    const reader = new SecurityReader();
    expect(reader.classify(datagram(COAP, { captured: 0 }), 0)).toBe(SecurityKind.undecided);
    expect(reader.classify(datagram(new Uint8Array(0)), 0)).toBe(SecurityKind.clear);
  });

  it('takes the unified header of DTLS 1.3 on a flow with DTLS and on the port of coaps', () => {
    const reader = new SecurityReader();
    const payload = unifiedRecord(bytesOf(20));
    expect(reader.classify(datagram(payload), 3)).toBe(SecurityKind.clear);
    expect(reader.classify(datagram(payload, { port: 5684 }), 4)).toBe(SecurityKind.dtls);
    reader.classify(datagram(record(22, clientHello())), 3);
    expect(reader.classify(datagram(payload), 3)).toBe(SecurityKind.dtls);
    expect([reader.versionName(3), reader.versionName(4)]).toEqual(['DTLS 1.3', 'DTLS 1.3']);
  });
});

describe('the version of an association', () => {
  const versionAfter = (...payloads: Uint8Array[]): string => {
    const reader = new SecurityReader();
    for (const payload of payloads) reader.classify(datagram(payload), 0);
    return reader.versionName(0);
  };
  const hello10 = record(22, clientHello(), { version: DTLS10 });
  const verify10 = record(22, handshake(3, joined(DTLS10, [1, 8])), { version: DTLS10 });

  it('is that of the hellos until more is known', () => {
    expect(versionAfter()).toBe('DTLS');
    expect(versionAfter(hello10)).toBe('DTLS 1.0');
    expect(versionAfter(hello10, verify10, record(22, clientHello()))).toBe('DTLS 1.2');
  });

  it('is that of sealed records, and then no more of hellos', () => {
    expect(versionAfter(hello10, sealed, hello10)).toBe('DTLS 1.2');
    expect(versionAfter(record(23, bytesOf(20), { epoch: 1, version: DTLS10 }), hello10)).toBe('DTLS 1.0');
  });

  it('is decided by the ServerHello', () => {
    expect(versionAfter(hello10, record(22, serverHello(DTLS12), { version: DTLS10 }))).toBe('DTLS 1.2');
    expect(versionAfter(record(22, serverHello(DTLS12, [[43, DTLS13]])), sealed)).toBe('DTLS 1.3');
    expect(
      versionAfter(record(22, serverHello(DTLS12, [[43, DTLS13]])), record(22, serverHello(DTLS12))),
    ).toBe('DTLS 1.2');
  });
});

it('what stayed sealed is put together by version and handshake', () => {
  const reader = new SecurityReader();
  reader.classify(datagram(record(22, clientHello())), 0);
  reader.classify(datagram(record(22, serverHello())), 0);
  for (let count = 0; count < 3; count++) reader.classify(datagram(sealed), 0);
  // Flows far beyond those seen before.
  for (const flow of [1000, 2000]) reader.classify(datagram(joined(sealed, sealed, sealed)), flow);
  reader.classify(datagram(record(22, serverHello(DTLS12, [[43, DTLS13]]))), 500);
  reader.classify(datagram(unifiedRecord(bytesOf(20))), 500);
  reader.classify(datagram(record(22, clientHello())), 600);
  expect(reader.sealed()).toEqual([
    { what: 'DTLS 1.2', records: 6, handshake: false },
    { what: 'DTLS 1.2', records: 3, handshake: true },
    { what: 'DTLS 1.3', records: 1, handshake: true },
  ]);
  expect([reader.handshakeSeen(600), reader.handshakeSeen(1000), reader.handshakeSeen(99_999)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(reader.records(99_999)).toBe(0);
});
