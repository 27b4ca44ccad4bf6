import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAddress, readAddressPrefix } from '../../../src/analysis/filter/address-literal.ts';
import { compileFilter, compileFilterText } from '../../../src/analysis/filter/compile.ts';
import type { FilterField, FilterFields } from '../../../src/analysis/filter/field.ts';
import { filterFields } from '../../../src/analysis/filter/field.ts';
import { messageFields } from '../../../src/analysis/filter/message-fields.ts';
import { parseFilter } from '../../../src/analysis/filter/parser.ts';
import { readTime } from '../../../src/analysis/filter/time-literal.ts';
import { Outcome } from '../../../src/capture/outcome.ts';
import { Operation } from '../../../src/lwm2m/operation.ts';
import { columnsOf } from './message-rows.ts';

/** Rows of the table below, by what they are. */
const REGISTER = 0;
const CREATED = 1;
const NOTIFY = 2;
const SEALED = 3;
const OVER_TCP = 4;
const REPEAT = 5;

const access = columnsOf([
  {
    frame: 1,
    time: 0,
    source: '10.0.0.7',
    sourcePort: 40000,
    destination: '10.0.0.1',
    destinationPort: 5683,
    type: 0,
    code: 0x02,
    messageId: 1,
    token: 'a1b2',
    uriPath: '/rd',
    exchangePath: '/rd',
    uriQuery: 'ep=dev1&lt=60&x=a%26b',
    contentFormat: 40,
    block1: (2 << 4) | 8 | 6,
    payloadLength: 64,
    length: 90,
    response: CREATED,
    responseTime: 0.25,
    transmissions: 2,
    exchangeKind: 'piggybacked',
    exchangeEnd: 'answered',
    operation: Operation.register,
    format: 40,
    direction: 1,
    device: 'dev1',
    transfer: 0,
  },
  {
    frame: 2,
    time: 250_000_000,
    source: '10.0.0.1',
    sourcePort: 5683,
    destination: '10.0.0.7',
    destinationPort: 40000,
    type: 2,
    code: 0x41,
    messageId: 1,
    token: 'a1b2',
    exchangePath: '/rd',
    block1: (2 << 4) | 8 | 6,
    block2: (0 << 4) | 2,
    length: 20,
    request: REGISTER,
    operation: Operation.register,
    direction: 2,
    device: 'dev1',
  },
  {
    frame: 3,
    time: 1_500_000_001,
    source: 'fe80::7',
    sourcePort: 5683,
    destination: '2001:db8::1',
    destinationPort: 5684,
    security: 'dtls+oscore',
    type: 1,
    code: 0x45,
    messageId: 2,
    token: '0102030405060708',
    contentFormat: 112,
    observe: 0,
    payloadLength: 12,
    exchangePath: '/3/0/9',
    lwm2mPath: '/3/0/9',
    format: 112,
    operation: Operation.notify,
    direction: 1,
    device: 'urn:imei:1#2',
    observation: 3,
  },
  {
    frame: 4,
    time: 2e9,
    source: '10.0.1.7',
    destination: '10.0.0.1',
    outcome: Outcome.sealed,
    code: 0,
    token: '',
  },
  {
    frame: 5,
    time: 3e9,
    source: '192.168.1.2',
    sourcePort: 49000,
    destination: '192.168.1.1',
    destinationPort: 5683,
    transport: 'tcp',
    type: 255,
    code: 0x01,
    uriPath: '/a%2Fb/c',
    accept: 60,
    operation: Operation.writeReplace,
  },
  { frame: 6, time: 4e9, type: 0, code: 0x84, first: REGISTER, token: 'b2' },
]);
const fields = messageFields(access);
const ROWS = [REGISTER, CREATED, NOTIFY, SEALED, OVER_TCP, REPEAT];

function passing(text: string, among: FilterFields = fields, rows = ROWS): number[] {
  const compiled = compileFilterText(text, among);
  if (!compiled.ok) throw new Error(`${text}: ${compiled.message}`);
  return rows.filter((row) => compiled.test(row));
}

describe('what passes', () => {
  it.each<[string, number[]]>([
    ['', ROWS],
    ['coap', ROWS],
    // Codes and types by number and by every name.
    ['coap.code == 2.05', [NOTIFY]],
    ['coap.code == 69', [NOTIFY]],
    ['coap.code == Content', [NOTIFY]],
    ['coap.code == "2.05 Content"', [NOTIFY]],
    ['coap.code == post', [REGISTER]],
    ['coap.code == 0x2', [REGISTER]],
    ['coap.code == 4.04', [REPEAT]],
    ['coap.code >= 4.00', [REPEAT]],
    ['coap.code in {0.01..0.31}', [REGISTER, OVER_TCP]],
    ['coap.code in {GET, 2.01, 69, 4.04, 0.00}', [CREATED, NOTIFY, SEALED, OVER_TCP, REPEAT]],
    ['coap.code contains "Not"', [REPEAT]],
    ['coap.code == 7.31', []],
    ['coap.type == CON', [REGISTER, SEALED, REPEAT]],
    ['coap.type == 0', [REGISTER, SEALED, REPEAT]],
    ['coap.type == Acknowledgement', [CREATED]],
    ['coap.type', [REGISTER, CREATED, NOTIFY, SEALED, REPEAT]],
    ['coap.type != CON', [CREATED, NOTIFY]],
    ['!(coap.type == CON)', [CREATED, NOTIFY, OVER_TCP]],
    ['coap.mid', [REGISTER, CREATED, NOTIFY, SEALED, REPEAT]],
    ['coap.mid == 1', [REGISTER, CREATED]],
    // Any value fits; none is equal.
    ['udp.port == 5683', [REGISTER, CREATED, NOTIFY]],
    ['udp.port != 5683', [SEALED]],
    ['udp.port == 5684', [NOTIFY]],
    ['udp.srcport != 5683', [REGISTER, SEALED]],
    ['tcp.port == 5683', [OVER_TCP]],
    ['tcp', [OVER_TCP]],
    ['!udp', [OVER_TCP]],
    ['ip.addr == 10.0.0.7', [REGISTER, CREATED]],
    ['ip.addr != 10.0.0.7', [SEALED, OVER_TCP]],
    ['ip.addr == 10.0.0.0/24', [REGISTER, CREATED, SEALED]],
    ['ip.src == 10.0.0.0/24', [REGISTER, CREATED]],
    ['ip.src in {10.0.1.0/24, 192.168.0.0/16}', [SEALED, OVER_TCP]],
    ['ip.src == 0.0.0.0/0', [REGISTER, CREATED, SEALED, OVER_TCP]],
    ['ip', [REGISTER, CREATED, SEALED, OVER_TCP]],
    ['ipv6', [NOTIFY]],
    ['ipv6.src == FE80:0:0:0::7', [NOTIFY]],
    ['ipv6.addr == 2001:db8::/32', [NOTIFY]],
    ['ipv6.src == fe80::/10', [NOTIFY]],
    ['ipv6.dst == fe80::/10', []],
    ['coap.opt.block_number == 0', [CREATED]],
    ['coap.opt.block_number == 2', [REGISTER, CREATED]],
    ['coap.opt.block_number != 0', [REGISTER]],
    ['coap.opt.block_size == 1024', [REGISTER, CREATED]],
    ['coap.opt.block_size == 2', [CREATED]],
    ['coap.opt.block_size < 128', [CREATED]],
    ['coap.block1.num == 2', [REGISTER, CREATED]],
    ['coap.block1.size == 1024', [REGISTER, CREATED]],
    ['coap.block2.size == 64', [CREATED]],
    ['coap.block1.more == true', [REGISTER, CREATED]],
    ['coap.block2.more == true', []],
    ['coap.block2.more', [CREATED]],
    ['coap.block2.more != true', [CREATED]],
    ['coap.block2.more in {false}', [CREATED]],
    // Text.
    ['coap.uri_path == /rd', [REGISTER]],
    ['coap.uri_path == "/rd"', [REGISTER]],
    ['coap.uri_path == /RD', []],
    ['coap.uri_path != /rd', [OVER_TCP]],
    ['coap.uri_path contains rd', [REGISTER]],
    ['coap.uri_path in {/rd, /bs}', [REGISTER]],
    ['coap.opt.uri_path == rd', [REGISTER]],
    ['coap.opt.uri_path == "a/b"', [OVER_TCP]],
    ['coap.opt.uri_path != c', [REGISTER]],
    ['coap.opt.uri_path_recon == /rd', [REGISTER, CREATED]],
    ['coap.opt.uri_query == "lt=60"', [REGISTER]],
    ['coap.opt.uri_query == "x=a&b"', [REGISTER]],
    ['coap.uri_query contains "ep=dev1&lt"', [REGISTER]],
    ['coap.content_format == 112', [NOTIFY]],
    ['coap.opt.ctype == "application/senml+cbor"', [NOTIFY]],
    ['coap.opt.ctype == "SenML CBOR"', [NOTIFY]],
    ['coap.opt.ctype contains "link"', [REGISTER]],
    ['coap.content_format != 112', [REGISTER]],
    ['coap.accept == CBOR', [OVER_TCP]],
    ['coap.observe', [NOTIFY]],
    ['coap.opt.observe == 0', [NOTIFY]],
    // Bytes.
    ['coap.token == a1b2', [REGISTER, CREATED]],
    ['coap.token == a1:b2', [REGISTER, CREATED]],
    ['coap.token == "A1-B2"', [REGISTER, CREATED]],
    ['coap.token == 0xa1b2', [REGISTER, CREATED]],
    ['coap.token == ""', [SEALED, OVER_TCP]],
    ['coap.token contains b2', [REGISTER, CREATED, REPEAT]],
    ['coap.token contains 03:04:05:06', [NOTIFY]],
    ['coap.token != a1b2', [NOTIFY, SEALED, OVER_TCP, REPEAT]],
    ['coap.token in {b2, 0102030405060708}', [NOTIFY, REPEAT]],
    // Times: the table's epoch is 2025-11-23T00:00:00Z.
    ['frame.time == 2025-11-23T00:00:00Z', [REGISTER]],
    ['frame.time == 2025-11-23', [REGISTER]],
    ['frame.time == "2025-11-23 01:00:00+01:00"', [REGISTER]],
    ['frame.time_epoch == 1763856001.500000001', [NOTIFY]],
    ['frame.time >= 1763856001.500000002', [SEALED, OVER_TCP, REPEAT]],
    ['frame.time in {2025-11-23T00:00:00.25Z..2025-11-23T00:00:02Z}', [CREATED, NOTIFY, SEALED]],
    ['frame.time in {1763856000, 1763856003}', [REGISTER, OVER_TCP]],
    ['frame.time < 2025-11-23', []],
    ['frame.time_relative > 1.5', [NOTIFY, SEALED, OVER_TCP, REPEAT]],
    ['frame.number in {1, 3..4}', [REGISTER, NOTIFY, SEALED]],
    ['frame.file == 1', ROWS],
    // Links, exchange, LwM2M.
    ['coap.response_in == 2', [REGISTER]],
    ['coap.request_in == 1', [CREATED]],
    ['coap.response_to', [CREATED]],
    ['coap.retransmitted', [REPEAT]],
    ['coap.duplicate_of == 1', [REPEAT]],
    ['coap.response_time > 0.2', [REGISTER]],
    ['coap.response_time > 250e-3', []],
    ['coap.exchange.kind == piggybacked', [REGISTER]],
    ['coap.exchange.ended == answered', [REGISTER]],
    ['coap.exchange.transmissions > 1', [REGISTER]],
    ['coap.payload_length > 20', [REGISTER]],
    ['coap.message_length == 90', [REGISTER]],
    ['lwm2m', [REGISTER, CREATED, NOTIFY, OVER_TCP]],
    ['lwm2m.operation == Register', [REGISTER, CREATED]],
    ['lwm2m.operation == write-replace', [OVER_TCP]],
    ['lwm2m.operation in {Notify, "Cancel Observation"}', [NOTIFY]],
    ['lwm2m.operation contains "Write"', [OVER_TCP]],
    ['lwm2m.interface == registration', [REGISTER, CREATED]],
    ['lwm2m.interface == management', [OVER_TCP]],
    ['lwm2m.path == /3/0/9', [NOTIFY]],
    ['lwm2m.format == "SenML CBOR"', [NOTIFY]],
    ['lwm2m.direction == to-device', [CREATED]],
    ['lwm2m.device == dev1', [REGISTER, CREATED]],
    ['device == urn:imei:1#2', [NOTIFY]],
    ['lwm2m.ep contains "imei"', [NOTIFY]],
    ['transfer == 0', [REGISTER]],
    ['observation', [NOTIFY]],
    ['transport == tcp', [OVER_TCP]],
    ['security == dtls+oscore', [NOTIFY]],
    ['security contains "oscore"', [NOTIFY]],
    ['outcome == sealed', [SEALED]],
    ['outcome != ok', [SEALED]],
    // Joined.
    ['coap.type == CON && coap.code == POST', [REGISTER]],
    ['coap.type == CON and not coap.code == POST and udp', [SEALED, REPEAT]],
    ['tcp or coap.observe or transfer', [REGISTER, NOTIFY, OVER_TCP]],
    ['COAP.TYPE == con', [REGISTER, SEALED, REPEAT]],
  ])('%s', (text, rows) => expect(passing(text)).toEqual(rows));
});

describe('what is refused', () => {
  it.each<[string, number, number, string]>([
    ['coap.cod == 2.05', 0, 8, 'Did you mean coap.code'],
    ['a.b && code == 2.05', 0, 3, 'There is no field'],
    ['coap && code == 2.05', 8, 4, 'coap.code'],
    ['coap.type == CON or NON', 20, 3, 'Each side of'],
    ['coap.type == CONN', 13, 4, 'Did you mean CON'],
    ['coap.type == Z', 13, 1, 'CON, NON, ACK or RST, or its number'],
    ['coap.code == 2.5', 13, 3, 'no value of coap.code'],
    ['coap.code == 2.32', 13, 4, 'no value of coap.code'],
    ['coap.code == Contnt', 13, 6, 'Content'],
    ['coap.mid == x', 12, 1, 'whole number'],
    ['coap.mid == 1.5', 12, 3, 'whole number'],
    ['coap.response_time > fast', 21, 4, 'a number of seconds'],
    ['coap.mid contains 1', 9, 8, 'holds numbers'],
    ['coap.mid in {5..1}', 13, 4, 'ends before it begins'],
    ['coap.uri_path < /rd', 14, 1, 'holds text'],
    ['coap.uri_path in {a..b}', 18, 4, 'no ranges'],
    ['coap.block1.more > true', 17, 1, 'true or false'],
    ['coap.block1.more == maybe', 20, 5, 'true or false'],
    ['coap.block1.more in {false..true}', 21, 11, 'no range'],
    ['ip.addr == fe80::1', 11, 7, 'ipv6.addr'],
    ['ipv6.src == 10.0.0.1', 12, 8, 'use ip.src'],
    ['ip.addr == 10.0.0', 11, 6, '10.0.0.0/8'],
    ['ip.addr == 10.0.0.0/33', 11, 11, '10.0.0.0/8'],
    ['ip.addr > 10.0.0.1', 8, 1, 'addresses'],
    ['ip.addr in {10.0.0.1..10.0.0.9}', 12, 18, 'prefix'],
    ['coap.token == xyz', 14, 3, 'hexadecimal'],
    ['coap.token == a1b', 14, 3, 'hexadecimal'],
    ['coap.token > a1', 11, 1, 'bytes'],
    ['coap.token in {a1..b2}', 15, 6, 'no ranges'],
    ['frame.time > yesterday', 13, 9, 'no time'],
    ['frame.time > 2025-02-30', 13, 10, 'no time'],
    ['frame.time contains 2025', 11, 8, 'times'],
    ['frame.time in {2..1}', 15, 4, 'ends before'],
    ['lwm2m.operation == 11', 19, 2, 'no value of lwm2m.operation'],
    ['coap == 1', 5, 2, 'alone'],
    ['coap in {1}', 9, 1, 'alone'],
    ['udp.srcport == udp.dstport', 15, 11, 'not with another field'],
    ['coap.uri_path in {"a", coap.code}', 23, 9, 'not with another field'],
  ])('%s', (text, offset, length, part) => {
    const compiled = compileFilterText(text, fields);
    expect(compiled).toMatchObject({ ok: false, offset, length });
    expect(!compiled.ok && compiled.message).toContain(part);
  });
});

describe('the parts of it', () => {
  it('asks for the text of an id once, and grows with the ids', () => {
    const asked: number[] = [];
    const field: FilterField = {
      kind: 'text',
      name: 't',
      title: '',
      where: 'columns',
      wireshark: false,
      idOf: (row) => (row % 3 === 2 ? -1 : row % 5000),
      textOf: (id) => {
        asked.push(id);
        return String(id);
      },
    };
    const rows = Array.from({ length: 20000 }, (_, row) => row);
    const found = passing('t contains "99"', filterFields([field]), rows);
    expect(found).toEqual(rows.filter((row) => row % 3 !== 2 && String(row % 5000).includes('99')));
    expect(asked.length).toBe(new Set(asked).size);
  });

  it('asks cheap fields first and says the dearest place it reads', () => {
    const asked: string[] = [];
    const number = (name: string, where: 'columns' | 'values' | 'bytes'): FilterField => ({
      kind: 'number',
      name,
      title: '',
      where,
      wireshark: false,
      whole: true,
      sources: [
        () => {
          asked.push(name);
          return 1;
        },
      ],
    });
    const three = filterFields([number('b', 'bytes'), number('v', 'values'), number('c', 'columns')]);
    const compiled = compileFilterText('b == 1 && (v == 1 || b == 2) && c == 1', three);
    expect(compiled).toMatchObject({ ok: true, reads: 'bytes' });
    expect(compiled.ok && compiled.test(0)).toBe(true);
    expect(asked).toEqual(['c', 'b', 'v']);
    expect(compileFilterText('v == 1 || c == 1', three)).toMatchObject({ reads: 'values' });
    expect(compileFilterText('!c', three)).toMatchObject({ reads: 'columns' });
  });

  it('asks for the epoch only when a row is tested', () => {
    let asked = 0;
    const late = messageFields({
      ...access,
      epoch: () => {
        asked++;
        return access.epoch();
      },
    });
    const compiled = compileFilterText('frame.time >= 2025-11-23T00:00:02Z', late);
    expect(asked).toBe(0);
    expect(ROWS.filter((row) => compiled.ok && compiled.test(row))).toEqual([SEALED, OVER_TCP, REPEAT]);
    expect(asked).toBe(1);
  });

  it('finds no byte in tokens longer than the columns hold', () => {
    const long = messageFields({ ...access, tokenLength: () => 12 });
    expect(passing('coap.token contains a1', long)).toEqual([]);
    expect(passing('coap.token == 000000000000000000000000', long)).toEqual([]);
    expect(passing('coap.token', long)).toEqual(ROWS);
  });

  it.each<[string, number, number]>([
    ['0', 0, 0],
    ['1763856000', 1763856000, 0],
    ['1763856000.5', 1763856000, 500_000_000],
    ['1763856000.123456789', 1763856000, 123_456_789],
    ['-0.25', -1, 750_000_000],
    ['1970-01-01', 0, 0],
    ['1969-12-31T23:59:59Z', -1, 0],
    ['2000-02-29T00:00:00Z', 951_782_400, 0],
    ['2025-11-23T00:00:00.000000001Z', 1763856000, 1],
    ['2025-11-23t01:30+01:30', 1763856000, 0],
    ['2016-12-31T23:59:60Z', 1483228800, 0],
  ])('reads the time %s', (text, seconds, nanoseconds) => {
    expect(readTime(text)).toEqual({ seconds, nanoseconds });
  });

  it('reads times as the language does', () => {
    const date = fc.date({ min: new Date(-6e13), max: new Date(2.5e14), noInvalidDate: true });
    fc.assert(
      fc.property(date, (moment) => {
        const read = readTime(moment.toISOString());
        expect(read && read.seconds * 1000 + read.nanoseconds / 1e6).toBe(moment.getTime());
      }),
    );
  });

  it.each([
    '2025-13-01',
    '2025-02-29',
    '2025-11-23T24:00Z',
    '2025-11-23T00:60Z',
    '2025-11',
    '1.1234567890',
    '',
  ])('reads no time in %s', (text) => expect(readTime(text)).toBeUndefined());

  it.each<[string, number[]]>([
    ['::', new Array<number>(16).fill(0)],
    ['::1', [...new Array<number>(15).fill(0), 1]],
    ['1::', [0, 1, ...new Array<number>(14).fill(0)]],
    ['1:2:3:4:5:6:7:8', [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
    ['::ffff:10.0.0.1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1]],
    ['fe80::1%eth0', [0xfe, 0x80, ...new Array<number>(13).fill(0), 1]],
    ['255.0.1.2', [255, 0, 1, 2]],
  ])('reads the address %s', (text, bytes) => expect(readAddress(text)?.bytes).toEqual(bytes));

  it.each([
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    '1.2.3.4::',
    '1.2.3::',
    '256.0.0.1',
    '1.2.3',
    '10.0.0.1/',
    '10.0.0.1/x',
    '::/129',
  ])('reads no address in %s', (text) => expect(readAddressPrefix(text)).toBeUndefined());
});

describe('generated filters', () => {
  const values = [
    '2.05',
    'CON',
    '"x"',
    '5',
    'a1b2',
    '10.0.0.0/8',
    'fe80::1',
    '2025-11-23',
    'true',
    '/rd',
    '""',
    '-1',
  ];
  const names = [
    ...fields.fields.map(({ name }) => name),
    ...fields.aliases.map(({ alias }) => alias),
    'x.y',
  ];
  const comparison = fc
    .tuple(
      fc.constantFrom(...names),
      fc.constantFrom('==', '!=', '<', '<=', '>', '>=', 'contains', 'in', ''),
      fc.constantFrom(...values),
      fc.constantFrom(...values),
    )
    .map(([name, operator, one, two]) => {
      if (operator === '') return name;
      return operator === 'in' ? `${name} in {${one}, ${one}..${two}, ${two}}` : `${name} ${operator} ${one}`;
    });

  it('are tests, or errors within the text; a negated one lets the other rows pass', () => {
    fc.assert(
      fc.property(comparison, comparison, fc.constantFrom('&&', '||'), (left, right, join) => {
        const text = `${left} ${join} ${right}`;
        const parsed = parseFilter(text);
        if (!parsed.ok) throw new Error(`${text}: ${parsed.message}`);
        const compiled = compileFilter(parsed.filter, fields);
        if (!compiled.ok) {
          expect(compiled.offset + compiled.length).toBeLessThanOrEqual(text.length);
          expect(compiled.length).toBeGreaterThan(0);
          return;
        }
        const passed = ROWS.filter((row) => compiled.test(row));
        const others = passing(`!(${text})`);
        expect([...passed, ...others].sort()).toEqual(ROWS);
        const one = new Set(passing(left));
        const two = new Set(passing(right));
        const expected = ROWS.filter((row) =>
          join === '&&' ? one.has(row) && two.has(row) : one.has(row) || two.has(row),
        );
        expect(passed).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('choose by != the rows with a value that == does not choose', () => {
    for (const { name, kind } of fields.fields) {
      if (kind === 'presence') continue;
      for (const value of values) {
        if (!compileFilterText(`${name} == ${value}`, fields).ok) continue;
        const equal = passing(`${name} == ${value}`);
        expect(passing(`${name} != ${value}`)).toEqual(passing(name).filter((row) => !equal.includes(row)));
      }
    }
  });
});
