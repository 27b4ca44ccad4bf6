import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Datagram } from '../../src/network/datagram.ts';
import { DTLS_VERSION_NAMES, DtlsRecords } from '../../src/security/dtls-record.ts';
import { beginsAsTls, readTlsRecords, TlsPosition } from '../../src/security/tls-record.ts';
import { analyseFile } from '../analysis/analyse.ts';
import { RECORDED } from '../captures.ts';
import { available, tsharkFields, version } from '../tshark.ts';

function record(type: number, payload: readonly number[], minor = 3): number[] {
  return [type, 3, minor, payload.length >> 8, payload.length & 255, ...payload];
}

/** A ServerHello (RFC 8446 §4.1.3) that agrees on 3.`minor` by its extension. */
function serverHello(minor: number): number[] {
  const body = [3, 3, ...new Array<number>(32).fill(9), 0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, minor];
  return record(22, [2, 0, 0, body.length, ...body]);
}

/** Counts the records of segments that follow one another. */
function count(
  segments: readonly (readonly number[])[],
  sequence = 7,
): { records: number; sealed: number; name: string } {
  const position = new TlsPosition();
  const total = { records: 0, sealed: 0, name: '' };
  let next = sequence;
  for (const bytes of segments) {
    const segment = new Datagram();
    segment.bytes = Uint8Array.from(bytes);
    segment.end = segment.payloadLength = bytes.length;
    segment.sequence = next >>> 0;
    next += bytes.length;
    const found = new DtlsRecords();
    readTlsRecords(segment, 0, position, found);
    total.records += found.records;
    total.sealed += found.sealed;
    if (found.records > 0) total.name = DTLS_VERSION_NAMES[found.version]!;
  }
  return total;
}

describe('TLS records (RFC 8446 §5.1)', () => {
  const all = [
    ...serverHello(4),
    ...record(20, [1]),
    ...record(23, new Array<number>(300).fill(1)),
    ...record(21, [1, 0]),
  ];

  it('are counted, the encrypted ones apart; the ServerHello says the version', () => {
    expect(count([all])).toMatchObject({ records: 4, sealed: 1 });
    expect(count([serverHello(4)]).name).toBe('TLS 1.3');
    expect(count([serverHello(3)]).name).toBe('TLS 1.2');
    expect(count([record(22, [1, 0, 0, 4, 3, 1, 0, 0], 1)]).name).toBe('TLS 1.0');
  });

  it('are the same where a segment ends within a record', () => {
    const header = serverHello(4).length + 6;
    for (let cut = header + 5; cut < header + 305; cut++)
      expect(count([all.slice(0, cut), all.slice(cut)], 0xffffff00)).toMatchObject({ records: 4, sealed: 1 });
  });

  it('begin with a type, a version and a length that there are', () => {
    const begins = (...bytes: number[]): number => beginsAsTls(Uint8Array.from(bytes), 0, bytes.length);
    expect(begins(23, 3, 3, 0, 1)).toBe(1);
    expect(begins(22, 3)).toBe(-1);
    expect([begins(24, 3, 3, 0, 1), begins(23, 2, 3, 0, 1), begins(23, 3, 5, 0, 1)]).toEqual([0, 0, 0]);
    expect([begins(23, 3, 3, 0, 0), begins(23, 3, 3, 0x50, 0)]).toEqual([0, 0]);
  });

  it('takes any bytes', () => {
    const bytes = fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0, 3, 20, 21, 22, 23)), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 6 }), (segments) => {
        const { records, sealed } = count(segments);
        expect(sealed).toBeLessThanOrEqual(records);
      }),
    );
  });
});

describe.skipIf(!available || RECORDED === undefined)(`sealed connections agree with ${version}`, () => {
  it.each(['leshan/leshan-tls-a.pcapng', 'other/aio-tls-a.pcapng', 'other/lc-tls-a.pcapng'])(
    '%s',
    async (capture) => {
      const path = join(RECORDED!, capture);
      // tshark has another field for the outer type of TLS 1.3.
      const rows = tsharkFields(path, ['tls.record.content_type', 'tls.record.opaque_type'], ['-Y', 'tls']);
      const types = rows.flatMap((cells) => cells.flatMap((cell) => (cell === '' ? [] : cell.split(','))));
      const { security, flows } = (await analyseFile(path)).frames;
      const sealed = security.sealed();
      expect(sealed.every(({ what, handshake }) => what.startsWith('TLS 1.') && handshake)).toBe(true);
      const data = types.filter((type) => type === '23').length;
      let records = 0;
      for (let flow = 0; flow < flows.flows; flow++) records += security.records(flow);
      expect(records).toBe(types.length);
      // Handshake messages and alerts are sealed too, once the keys are agreed on.
      expect(sealed.reduce((sum, entry) => sum + entry.records, 0)).toBeGreaterThanOrEqual(data);
    },
  );
});
