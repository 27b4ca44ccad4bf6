import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DtlsRecords, readDtls } from '../../src/security/dtls-record.ts';
import { MovingIds } from '../../src/security/moving-ids.ts';
import { joined, u16 } from '../network/packets.ts';
import { bytesOf, cidRecord, clientHello, DTLS12, handshake, record, serverHello } from './records.ts';

/** What a datagram shows without keys; `captured` of its bytes are there. */
function signsOf(payload: Uint8Array, captured = payload.length): Partial<DtlsRecords> & { text: string } {
  const out = new DtlsRecords();
  const bytes = payload.subarray(0, captured);
  readDtls(bytes, 0, captured, payload.length, true, out);
  const { clientHello: begins, resumes, suite, identityStart, identityLength, cidStart, cidLength } = out;
  const start = Math.max(identityStart, cidStart);
  const length = identityStart >= 0 ? identityLength : cidLength;
  const text = start < 0 ? '' : String.fromCharCode(...bytes.subarray(start, start + length));
  return { clientHello: begins, resumes, suite, text };
}

/** A ClientHello with a session id and a cookie (RFC 6347 §4.2.1). */
function helloWith(session: number, cookie: number): Uint8Array {
  const body = joined(DTLS12, bytesOf(32), [session], bytesOf(session), [cookie], bytesOf(cookie), [0, 0]);
  return record(22, handshake(1, body));
}

/** A ClientKeyExchange with an identity (RFC 4279 §2), and what follows it. */
function identityWith(identity: string, after: readonly number[] = []): Uint8Array {
  const text = [...identity].map((letter) => letter.charCodeAt(0));
  return record(22, handshake(16, joined(u16(text.length), text, after)));
}

describe('handshakes in the clear', () => {
  it('begin with a ClientHello that has no cookie', () => {
    expect(signsOf(record(22, clientHello()))).toMatchObject({ clientHello: true, resumes: false });
    expect(signsOf(helloWith(0, 8))).toMatchObject({ clientHello: false });
  });

  it('tell by the session id whether a session is to be resumed', () => {
    expect(signsOf(helloWith(32, 0))).toMatchObject({ clientHello: true, resumes: true });
  });

  it('have a cipher suite in the ServerHello', () => {
    expect(signsOf(record(22, serverHello())).suite).toBe(0xc0a8);
    expect(signsOf(record(22, clientHello())).suite).toBe(0);
  });

  it('name the pre-shared key, alone or before a point of ECDHE', () => {
    expect(signsOf(identityWith('dev1')).text).toBe('dev1');
    expect(signsOf(identityWith('dev1', [3, 1, 2, 3])).text).toBe('dev1');
    // The point alone, of a suite without such a key, and a length that does not fit.
    expect(signsOf(record(22, handshake(16, joined([65, 4], bytesOf(64))))).text).toBe('');
    expect(signsOf(identityWith('dev1', [9, 9])).text).toBe('');
    expect(signsOf(identityWith('')).text).toBe('');
  });

  it('say nothing wrong where the capture cut them anywhere', () => {
    for (const whole of [helloWith(8, 0), record(22, serverHello()), identityWith('dev1')])
      for (let captured = 0; captured < whole.length; captured++) {
        const { text, suite, resumes } = signsOf(whole, captured);
        expect(['', 'dev1']).toContain(text);
        expect([0, 0xc0a8]).toContain(suite);
        if (resumes) expect(captured).toBeGreaterThan(25 + 34);
      }
  });

  it('of any bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (body) => {
        for (const type of [1, 2, 16]) signsOf(record(22, handshake(type, body)));
      }),
    );
  });
});

describe('connection ids', () => {
  it('are found by the length with which the records fill the datagram', () => {
    expect(signsOf(cidRecord([0x61, 0x62, 0x63], bytesOf(24))).text).toBe('abc');
    expect(signsOf(cidRecord([], bytesOf(24))).text).toBe('');
  });
});

describe('ids that move', () => {
  const ID = Uint8Array.of(1, 2, 3);
  const LONG = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const take = (ids: MovingIds, id: Uint8Array, flow: number, sequence: number, receiver = 9): number => {
    ids.take(id, 0, id.length, receiver, flow, true, 1, sequence);
    return ids.movedFrom;
  };

  it('move with a newer number, and not with an older one', () => {
    const ids = new MovingIds();
    expect(take(ids, ID, 1, 5)).toBe(-1);
    expect(ids.isNew).toBe(true);
    expect(take(ids, ID, 1, 6)).toBe(-1);
    expect(take(ids, ID, 2, 6)).toBe(-1);
    expect(take(ids, ID, 2, 7)).toBe(1);
    expect(take(ids, ID, 1, 8)).toBe(2);
    expect(ids.isNew).toBe(false);
    ids.take(ID, 0, 3, 9, 3, true, 2, 0);
    expect(ids.movedFrom).toBe(1);
  });

  it('are those of their receiver, unless they are too long to be given out twice', () => {
    const ids = new MovingIds();
    take(ids, ID, 1, 1);
    expect(take(ids, ID, 2, 2, 8)).toBe(-1);
    take(ids, LONG, 3, 1);
    expect(take(ids, LONG, 4, 2, 8)).toBe(3);
  });

  it('move from one flow to the next whatever comes between', () => {
    const step = fc.record({ id: fc.integer({ min: 0, max: 3 }), flow: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ids = new MovingIds();
        const at = new Map<number, number>();
        steps.forEach(({ id, flow }, sequence) => {
          const before = at.get(id);
          const isMove = before !== undefined && before !== flow;
          expect(take(ids, Uint8Array.of(id), flow, sequence)).toBe(isMove ? before : -1);
          at.set(id, flow);
        });
      }),
    );
  });
});
