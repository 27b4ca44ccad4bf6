import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HttpExchange, MAX_HTTP_EXCHANGES } from '../../src/analysis/http-exchanges.ts';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { FIXTURES, PUBLIC, RECORDED } from '../captures.ts';
import { ipv4, joined, u16 } from '../network/packets.ts';
import { available, tsharkFields, version } from '../tshark.ts';
import { analyseBytes, analyseFile, recordsOf } from './analyse.ts';
import { captureOfPackets } from './written-capture.ts';

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const START = 1_763_856_000;
const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n\r\n`;

/** One connection as a capture of its segments, a second apart. Positions count from the byte behind the SYN. */
class Connection {
  readonly packets: Uint8Array[] = [];
  #sent = { up: 0, down: 0 };

  constructor(private readonly port = 50_000) {}

  open(): this {
    this.#segment('up', -1, '', SYN);
    this.#segment('down', -1, '', SYN | ACK);
    return this;
  }

  /** Sends text as the next segment of a direction; `isCaptured` is false where the capture lacks it. */
  send(way: 'up' | 'down', text: string, isCaptured = true): this {
    if (isCaptured) this.#segment(way, this.#sent[way], text, ACK);
    this.#sent[way] += text.length;
    return this;
  }

  /** Ends both directions, or breaks off. */
  close(flags = FIN | ACK): this {
    this.#segment('down', this.#sent.down, '', flags);
    if ((flags & RST) === 0) this.#segment('up', this.#sent.up, '', flags);
    return this;
  }

  #segment(way: 'up' | 'down', at: number, text: string, flags: number): void {
    const isUp = way === 'up';
    const acknowledged = 1001 + (isUp ? this.#sent.down : this.#sent.up);
    const ports = isUp ? [this.port, 8080] : [8080, this.port];
    const header = [...ports.flatMap(u16), 0, 0, ...u16(1001 + at), 0, 0, ...u16(acknowledged)];
    const tcp = joined(header, [0x50, flags, 0x20, 0, 0, 0, 0, 0], Buffer.from(text, 'latin1'));
    const [source, destination] = isUp ? ['10.0.0.7', '10.0.0.1'] : ['10.0.0.1', '10.0.0.7'];
    this.packets.push(ipv4(tcp, { protocol: 6, source, destination }));
  }
}

async function infoOf(...connections: readonly Connection[]): Promise<JsonObject> {
  const packets = connections.flatMap((connection) => connection.packets);
  const capture = captureOfPackets(packets.map((packet, index) => ({ at: START + index, packet })));
  const [info] = await recordsOf(await analyseBytes('written.pcap', capture), 'info');
  return info!;
}

const ASKED = lines('GET /fw/a.bin HTTP/1.1', 'Host: example.org');
const answer = (length: number): string => lines('HTTP/1.1 200 OK', `Content-Length: ${length}`);

describe('what is fetched over HTTP', () => {
  it('is told with what was asked and how much of it came', async () => {
    const info = await infoOf(
      new Connection()
        .open()
        .send('up', ASKED)
        .send('down', `${answer(20)}0123456789`)
        .send('down', 'abcdefghij'),
    );
    expect(info.http_exchanges).toBe(1);
    expect(info.http).toEqual([
      {
        method: 'GET',
        target: '/fw/a.bin',
        host: 'example.org',
        status: 200,
        content_length: 20,
        received: 20,
        client: '10.0.0.7:50000',
        server: '10.0.0.1:8080',
        from: `${START + 2}.000000000`,
        to: `${START + 4}.000000000`,
        frame: 3,
        complete: true,
      },
    ]);
    expect(info.not_read).toEqual([{ what: 'HTTP', frames: 5 }]);
  });

  it('may be several on one connection, asked one behind the other', async () => {
    const part = lines('GET /b HTTP/1.1', 'Host: b', 'Range: bytes=4-');
    const chunked = lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked');
    const partial = lines('HTTP/1.1 206 Partial Content', 'Content-Range: bytes 4-6/7', 'Content-Length: 3');
    const { http } = await infoOf(
      new Connection()
        .open()
        .send('up', ASKED + part + lines('HEAD /c HTTP/1.1', 'Host: c'))
        .send('down', `${lines('HTTP/1.1 100 Continue')}${chunked}3\r\nabc\r\n0\r\n\r\n`)
        .send('down', `${partial}efg${answer(99)}`)
        .close(),
    );
    expect(http).toMatchObject([
      { target: '/fw/a.bin', status: 200, chunked: true, received: 3, complete: true },
      {
        target: '/b',
        status: 206,
        range: 'bytes=4-',
        content_range: 'bytes 4-6/7',
        received: 3,
        complete: true,
      },
      { method: 'HEAD', content_length: 99, received: 0, complete: true },
    ]);
  });

  it('is not complete where the capture lacks a part, and that is counted', async () => {
    const { http } = await infoOf(
      new Connection()
        .open()
        .send('up', ASKED)
        .send('down', `${answer(30)}0123456789`)
        .send('down', 'x'.repeat(10), false)
        .send('down', '0123456789')
        .send('up', ASKED)
        .send('up', ASKED)
        .send('up', ASKED)
        .send('down', `${answer(1)}1`)
        .close(),
    );
    expect(http).toMatchObject([
      { received: 20, missing: 10, complete: false },
      { received: 1, complete: true },
      { received: 0, complete: false },
      { received: 0, complete: false },
    ]);
  });

  it('is complete at the end of the connection where no length is said, unless that breaks off', async () => {
    const asked = (port: number): Connection =>
      new Connection(port)
        .open()
        .send('up', ASKED)
        .send('down', `${lines('HTTP/1.0 200 OK')}0123`);
    const { http } = await infoOf(asked(1).close(), asked(2).close(RST), asked(3));
    expect(http).toMatchObject([
      { received: 4, complete: true },
      { received: 4, complete: false },
      { received: 4, complete: false },
    ]);
  });

  it('is told from the first request or answer that a late capture shows', async () => {
    const late = new Connection(1)
      .send('down', 'the rest of a body')
      .send('up', ASKED)
      .send('down', `${answer(3)}abc`);
    const answered = new Connection(2).send('down', `${answer(3)}abc`).send('up', ASKED);
    const { http } = await infoOf(late, answered);
    expect(http).toMatchObject([
      { target: '/fw/a.bin', received: 3, complete: true },
      { status: 200, client: '10.0.0.7:2', received: 3, complete: true },
      { target: '/fw/a.bin', received: 0, complete: false },
    ]);
    expect(Object.keys((http as JsonObject[])[1]!)).not.toContain('method');
  });

  it('ends where the connection becomes another protocol', async () => {
    const { http } = await infoOf(
      new Connection()
        .open()
        .send('up', lines('GET /chat HTTP/1.1', 'Upgrade: other'))
        .send('down', lines('HTTP/1.1 101 Switching Protocols', 'Upgrade: other'))
        .send('up', ASKED)
        .send('down', answer(0)),
    );
    expect(http).toMatchObject([{ target: '/chat', status: 101, received: 0, complete: true }]);
    expect(http).toHaveLength(1);
  });

  it('is counted once where segments come twice or out of order', async () => {
    const whole = new Connection()
      .open()
      .send('up', ASKED)
      .send('down', answer(20))
      .send('down', 'a'.repeat(10))
      .send('down', 'b'.repeat(10));
    const [syn, synAck, asked, head, first, second] = whole.packets;
    whole.packets.splice(0, 6, syn!, synAck!, asked!, head!, second!, first!, second!, head!);
    expect((await infoOf(whole)).http).toMatchObject([{ received: 20, complete: true }]);
  });

  it('is told in any segmentation alike', async () => {
    const text = `${answer(20)}${'z'.repeat(20)}`;
    for (let cut = 1; cut < text.length; cut++) {
      const { http } = await infoOf(
        new Connection()
          .open()
          .send('up', ASKED)
          .send('down', text.slice(0, cut))
          .send('down', text.slice(cut)),
      );
      expect(http).toMatchObject([{ content_length: 20, received: 20, complete: true }]);
    }
  });

  it('is kept for as many as are bounded', async () => {
    const connection = new Connection().open();
    for (let count = 0; count < MAX_HTTP_EXCHANGES + 5; count++)
      connection.send('up', 'GET / HTTP/1.1\r\n\r\n');
    const packets = connection.packets.map((packet, index) => ({ at: START + index, packet }));
    const { http } = (await analyseBytes('many.pcap', captureOfPackets(packets))).frames.streams;
    expect([http.kept.length, http.count]).toEqual([MAX_HTTP_EXCHANGES, MAX_HTTP_EXCHANGES + 5]);
  });
});

describe.skipIf(!available)(`agreement with ${version}`, () => {
  const FIELDS = [
    'http.request.method',
    'http.request.uri',
    'http.host',
    'http.response.code',
    'http.content_length_header',
  ];
  const anjay = 'anjay/default.software_mgmt.SoftwareManagementUriAutoSuspend.pcapng';
  const captures = [
    [FIXTURES, anjay],
    [
      RECORDED,
      'anjay/default.advanced_firmware_update.AdvancedFirmwareUpdateUriTestFourNotLinkedImages.pcapng',
    ],
    [RECORDED, 'anjay/default.software_mgmt.SoftwareManagementPersistenceTest.pcapng'],
    [
      RECORDED,
      'anjay/testfest.dm.firmware_update.FirmwareUpdate_ErrorCase_UnsupportedPackageType_PackageURI.pcapng',
    ],
    [PUBLIC, 'zeek__zeek__http-vlan-0.pcap'],
    [PUBLIC, 'seladb__PcapPlusPlus__one_tcp_stream_max_seq.pcap'],
  ].flatMap(([folder, name]) =>
    folder === undefined || !existsSync(join(folder, name!)) ? [] : [join(folder, name!)],
  );

  it.each(captures)('%s', async (path) => {
    const { kept } = (await analyseFile(path)).frames.streams.http;
    const rows = tsharkFields(path, FIELDS, ['-Y', 'http', '-o', 'tcp.reassemble_out_of_order:TRUE']);
    const asked = rows.filter(([method]) => method !== '').map((row) => row.slice(0, 3));
    const answered = rows.filter((row) => row[3] !== '').map((row) => row.slice(3));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.map(({ method, target, host }) => [method, target, host])).toEqual(asked);
    const said = ({ status, contentLength }: HttpExchange): string[] => [
      String(status),
      contentLength < 0 ? '' : String(contentLength),
    ];
    expect(kept.filter(({ status }) => status !== undefined).map(said)).toEqual(answered);
    // tshark shows an answer only where all of it came.
    for (const exchange of kept)
      if (exchange.contentLength >= 0)
        expect([exchange.received, exchange.isComplete]).toEqual([exchange.contentLength, true]);
  });
});
