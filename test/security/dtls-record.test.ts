import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTLS_VERSION_NAMES, DtlsRecords, VersionProof, readDtls } from '../../src/security/dtls-record.ts';
import { joined, u16 } from '../network/packets.ts';
import {
  DTLS10,
  DTLS12,
  DTLS13,
  bytesOf,
  cidRecord,
  clientHello,
  handshake,
  record,
  serverHello,
  unifiedRecord,
} from './records.ts';

interface Found {
  records: number;
  sealed: number;
  version: string;
  proof: number;
  hello: boolean;
}

/** Reads a payload that lies within other bytes; `captured` of its bytes are there. */
function readIn(
  payload: Uint8Array,
  { isExpected = false, captured = payload.length } = {},
): Found | undefined {
  const margin = 3;
  const bytes = joined(bytesOf(margin, 22), payload.subarray(0, captured), bytesOf(margin, 0));
  const out = new DtlsRecords();
  if (!readDtls(bytes, margin, margin + captured, margin + payload.length, isExpected, out)) return undefined;
  const { records, sealed, proof, hello } = out;
  return { records, sealed, version: DTLS_VERSION_NAMES[out.version]!, proof, hello };
}

const { offered, used, agreed } = VersionProof;

describe('DTLS records are recognised on any port', () => {
  const CASES: [string, Uint8Array, Found][] = [
    [
      'ClientHello',
      record(22, clientHello()),
      { records: 1, sealed: 0, version: 'DTLS 1.2', proof: offered, hello: true },
    ],
    [
      'ClientHello in a record of DTLS 1.0',
      record(22, clientHello(), { version: DTLS10 }),
      { records: 1, sealed: 0, version: 'DTLS 1.0', proof: offered, hello: true },
    ],
    [
      'ServerHello of DTLS 1.2 with other extensions',
      record(
        22,
        serverHello(DTLS12, [
          [23, []],
          [54, [1, 9]],
        ]),
        { version: DTLS10 },
      ),
      { records: 1, sealed: 0, version: 'DTLS 1.2', proof: agreed, hello: true },
    ],
    [
      'ServerHello without extensions',
      record(22, serverHello(DTLS10)),
      { records: 1, sealed: 0, version: 'DTLS 1.0', proof: agreed, hello: true },
    ],
    [
      'ServerHello of DTLS 1.3 (RFC 8446 §4.2.1)',
      record(
        22,
        serverHello(DTLS12, [
          [51, [0, 29, 0, 1, 7]],
          [43, DTLS13],
        ]),
      ),
      { records: 1, sealed: 0, version: 'DTLS 1.3', proof: agreed, hello: true },
    ],
    [
      'ServerHello whose extensions are in a later fragment',
      record(22, handshake(2, joined(DTLS12, bytesOf(32), [0, 0xc0]), { total: 300 })),
      { records: 1, sealed: 0, version: 'DTLS 1.2', proof: agreed, hello: true },
    ],
    [
      'a later fragment of a ClientHello',
      record(22, handshake(1, bytesOf(40), { offset: 200, total: 240 })),
      { records: 1, sealed: 0, version: 'DTLS 1.2', proof: offered, hello: false },
    ],
    [
      'HelloVerifyRequest',
      record(22, handshake(3, joined(DTLS10, [2, 8, 8])), { version: DTLS10 }),
      { records: 1, sealed: 0, version: 'DTLS 1.0', proof: offered, hello: false },
    ],
    [
      'several messages in a record',
      record(22, joined(serverHello(), handshake(14, new Uint8Array(0)))),
      { records: 1, sealed: 0, version: 'DTLS 1.2', proof: agreed, hello: true },
    ],
    [
      'several records in a datagram',
      joined(
        record(22, handshake(16, bytesOf(10))),
        record(20, Uint8Array.of(1)),
        record(22, bytesOf(40), { epoch: 1 }),
      ),
      { records: 3, sealed: 1, version: 'DTLS 1.2', proof: used, hello: false },
    ],
    [
      'application data',
      record(23, bytesOf(29), { epoch: 1 }),
      { records: 1, sealed: 1, version: 'DTLS 1.2', proof: used, hello: false },
    ],
    [
      'clear alert',
      record(21, Uint8Array.of(2, 40)),
      { records: 1, sealed: 0, version: 'DTLS 1.2', proof: offered, hello: false },
    ],
    [
      'heartbeat (RFC 6520)',
      record(24, bytesOf(30), { epoch: 1 }),
      { records: 1, sealed: 1, version: 'DTLS 1.2', proof: used, hello: false },
    ],
    [
      'clear ACK (RFC 9147 §7)',
      record(26, joined(u16(16), bytesOf(16, 0))),
      { records: 1, sealed: 0, version: 'DTLS 1.2', proof: offered, hello: false },
    ],
    [
      'what OpenSSL sent before DTLS was settled',
      record(23, bytesOf(20), { epoch: 1, version: [1, 0] }),
      { records: 1, sealed: 1, version: 'DTLS 1.0 (OpenSSL 0.9.8)', proof: used, hello: false },
    ],
    [
      'record with connection id (RFC 9146 §4)',
      cidRecord([1, 2, 3, 4, 5, 6], bytesOf(30)),
      { records: 1, sealed: 1, version: 'DTLS 1.2', proof: used, hello: false },
    ],
    [
      'two records with connection id',
      joined(cidRecord([7, 7], bytesOf(30)), cidRecord([7, 7], bytesOf(25))),
      { records: 2, sealed: 2, version: 'DTLS 1.2', proof: used, hello: false },
    ],
    [
      'ServerHello with a record of DTLS 1.3 behind it',
      joined(record(22, serverHello(DTLS12, [[43, DTLS13]])), unifiedRecord(bytesOf(50), { epoch: 2 })),
      { records: 2, sealed: 1, version: 'DTLS 1.3', proof: agreed, hello: true },
    ],
  ];
  it.each(CASES)('%s', (_, payload, expected) => {
    expect(readIn(payload)).toEqual(expected);
  });

  it.each(CASES)('%s, cut by the capture at every byte after the version', (_, payload) => {
    for (let captured = 3; captured < payload.length; captured++)
      expect(readIn(payload, { captured })?.records).toBeGreaterThan(0);
    for (const captured of [0, 1, 2]) expect(readIn(payload, { captured })).toBeUndefined();
  });

  it.each(CASES)('%s, sent short by any number of bytes, is none', (what, payload) => {
    for (let length = 0; length < payload.length; length++) {
      // Whole records that are left over are records.
      if (/several records|two records|behind it/.test(what) && length > 13) continue;
      expect(readIn(payload.subarray(0, length))).toBeUndefined();
    }
  });
});

describe('records that prove little are read where DTLS is expected', () => {
  const inner = bytesOf(16);
  it.each([
    ['unified header', unifiedRecord(inner), 1],
    ['unified header, short sequence number', unifiedRecord(inner, { isLongSequence: false }), 1],
    ['unified header without length', unifiedRecord(inner, { hasLength: false }), 1],
    ['unified header with connection id', unifiedRecord(inner, { cid: [1, 2, 3] }), 1],
    ['two with unified header', joined(unifiedRecord(inner, { epoch: 2 }), unifiedRecord(inner)), 2],
  ])('%s', (_, payload, records) => {
    expect(readIn(payload)).toBeUndefined();
    const found = readIn(payload, { isExpected: true });
    expect(found).toEqual({ records, sealed: records, version: 'DTLS 1.3', proof: agreed, hello: false });
  });

  it('alert with the version of TLS 1.2', () => {
    const payload = record(21, Uint8Array.of(2, 40), { version: [3, 3] });
    expect(readIn(payload)).toBeUndefined();
    expect(readIn(payload, { isExpected: true })).toMatchObject({ records: 1, version: 'DTLS' });
  });

  it('but not where their lengths are wrong', () => {
    for (const payload of [
      unifiedRecord(inner, { length: 17 }),
      unifiedRecord(inner, { length: 15 }),
      unifiedRecord(bytesOf(15), { isLongSequence: false, hasLength: false }),
    ])
      expect(readIn(payload, { isExpected: true })).toBeUndefined();
  });
});

describe('what is no DTLS', () => {
  it.each([
    ['nothing', new Uint8Array(0)],
    ['other versions', record(22, clientHello(), { version: [0xfe, 0xfe] })],
    ['TLS', joined([22, 3, 3], u16(clientHello().length), clientHello())],
    ['content type 19', record(19, bytesOf(20))],
    ['content type 27', record(27, bytesOf(20))],
    ['length beyond the datagram', record(23, bytesOf(20), { epoch: 1, length: 21 })],
    ['bytes behind the last record', joined(record(23, bytesOf(20), { epoch: 1 }), [0])],
    ['fragment longer than 2^14 + 2048 bytes', record(23, bytesOf(18_433), { epoch: 1 })],
    ['handshake type 99', record(22, handshake(99, bytesOf(20)))],
    ['handshake shorter than its header', record(22, bytesOf(11, 1))],
    ['ChangeCipherSpec of two bytes', record(20, Uint8Array.of(1, 1))],
    ['alert of level 3', record(21, Uint8Array.of(3, 40))],
    ['connection id in DTLS 1.0', cidRecord([1], bytesOf(20), DTLS10)],
    ['record with connection id that no id length explains', joined([25], DTLS12, bytesOf(60, 0))],
  ])('%s', (_, payload) => {
    expect(readIn(payload)).toBeUndefined();
  });

  it('a record with a connection id of unknown length is one where DTLS is expected', () => {
    expect(readIn(joined([25], DTLS12, bytesOf(60, 0)), { isExpected: true })?.records).toBe(1);
  });

  it('CoAP, even where DTLS is expected', () => {
    const coap = fc.tuple(fc.integer({ min: 0x40, max: 0x7f }), fc.uint8Array({ maxLength: 80 }));
    fc.assert(
      fc.property(coap, ([first, rest]) => {
        expect(readIn(joined([first], rest), { isExpected: true })).toBeUndefined();
      }),
    );
  });
});

describe('generated input', () => {
  it('any records give their number', () => {
    const one = fc.tuple(fc.constantFrom(20, 21, 22, 23, 24, 26), fc.uint8Array({ maxLength: 60 }));
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 6 }), (list) => {
        const payload = joined(...list.map(([type, fragment]) => record(type, fragment, { epoch: 1 })));
        expect(readIn(payload)).toMatchObject({ records: list.length, sealed: list.length });
      }),
    );
  });

  it('any record with connection id is one', () => {
    const cid = fc.uint8Array({ minLength: 1, maxLength: 255 });
    fc.assert(
      fc.property(cid, fc.uint8Array({ minLength: 1, maxLength: 60 }), (id, fragment) => {
        expect(readIn(cidRecord([...id], fragment))?.records).toBeGreaterThan(0);
      }),
    );
  });

  it('changed bytes do not break the reader', () => {
    const flight = joined(
      record(22, serverHello(DTLS12, [[43, DTLS13]])),
      record(22, handshake(14, new Uint8Array(0))),
      unifiedRecord(bytesOf(20)),
      cidRecord([1, 2], bytesOf(20)),
    );
    const change = fc.tuple(fc.nat(flight.length - 1), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 4 }),
        fc.nat(flight.length),
        fc.boolean(),
        (changes, captured, isExpected) => {
          const changed = flight.slice();
          for (const [at, value] of changes) changed[at] = value;
          const found = readIn(changed, { isExpected, captured });
          if (found !== undefined) expect(found.sealed).toBeLessThanOrEqual(found.records);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
