import { pcapHeader } from '../capture/write-capture.ts';
import { block, type MessageToWrite, path, write } from '../coap/coap-message.ts';
import { type Endpoint, SERVER } from '../network/endpoints.ts';

const DEVICES = 12;
/** Time between two things that happen, in nanoseconds. */
const STEP = 25_000_000;
/** Bytes of one piece, about. */
const PIECE_BYTES = 256 << 10;
const BEGIN = 1_772_359_200;

const deviceAt = (index: number): Endpoint => ({ address: `10.0.1.${index + 1}`, port: 40_000 + index });

/** Bytes of the headers that stand before a message: of the record, IPv4 (RFC 791), UDP (RFC 768). */
const RECORD_HEADER = 16;
const IP_HEADER = 20;
const UDP_HEADER = 8;
const HEADERS = RECORD_HEADER + IP_HEADER + UDP_HEADER;

/** Messages that follow each other at even distances, written into pieces of a capture; quick, for there are many. */
class Outgoing {
  count = 0;
  size = 0;
  #bytes = new Uint8Array(2 * PIECE_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #mid = 0;

  constructor() {
    const header = pcapHeader({ magic: 0xa1b23c4d, link: 101 });
    this.#bytes.set(header);
    this.size = header.length;
  }

  /** A message of a device, or to it. Checksums are left out: nobody asks for them. */
  put(device: Endpoint, up: boolean, message: MessageToWrite): void {
    const time = this.count * STEP;
    const payload = write(message);
    const [from, to] = up ? [device, SERVER] : [SERVER, device];
    const view = this.#view;
    const ip = this.size + RECORD_HEADER;
    const udp = ip + IP_HEADER;
    const length = IP_HEADER + UDP_HEADER + payload.length;
    view.setUint32(this.size, BEGIN + Math.floor(time / 1e9), true);
    view.setUint32(this.size + 4, time % 1e9, true);
    view.setUint32(this.size + 8, length, true);
    view.setUint32(this.size + 12, length, true);
    this.#bytes.fill(0, ip, udp + UDP_HEADER);
    view.setUint8(ip, 0x45);
    view.setUint16(ip + 2, length);
    view.setUint8(ip + 8, 64);
    view.setUint8(ip + 9, 17);
    from.address.split('.').forEach((part, at) => {
      view.setUint8(ip + 12 + at, Number(part));
    });
    to.address.split('.').forEach((part, at) => {
      view.setUint8(ip + 16 + at, Number(part));
    });
    view.setUint16(udp, from.port);
    view.setUint16(udp + 2, to.port);
    view.setUint16(udp + 4, UDP_HEADER + payload.length);
    this.#bytes.set(payload, udp + UDP_HEADER);
    this.size += HEADERS + payload.length;
    this.count++;
  }

  /** A request and its piggybacked answer, where one is given. */
  ask(device: Endpoint, up: boolean, request: MessageToWrite, answer?: MessageToWrite): void {
    const mid = this.next();
    this.put(device, up, { ...request, mid });
    const { token } = request;
    if (answer !== undefined)
      this.put(device, !up, { ...answer, type: 'ACK', mid, ...(token === undefined ? {} : { token }) });
  }

  /** The next message ID. */
  next(): number {
    return (this.#mid = (this.#mid + 1) & 0xffff);
  }

  /** What was written since. */
  take(): Uint8Array<ArrayBuffer> {
    const piece = this.#bytes.slice(0, this.size);
    this.size = 0;
    return piece;
  }
}

/**
 * A fleet that is observed for long: each device registers and is observed once, then it notifies, is read, repeats
 * itself, sends bodies in blocks, updates its registration, refuses, and sometimes does not answer.
 */
export function* longStream(messages: number): Generator<Uint8Array<ArrayBuffer>> {
  const out = new Outgoing();
  for (let number = 0; number < DEVICES; number++) {
    const device = deviceAt(number);
    out.ask(
      device,
      true,
      {
        code: '0.02',
        token: 'aa',
        options: [
          [11, 'rd'],
          [15, `ep=long-${number}`],
          [15, 'lt=86400'],
          [15, 'lwm2m=1.1'],
        ],
        payload: '</3/0>,</3303/0>',
      },
      {
        code: '2.01',
        options: [
          [8, 'rd'],
          [8, `d${number}`],
        ],
      },
    );
    out.ask(
      device,
      false,
      {
        code: '0.01',
        token: `0b${number.toString(16).padStart(2, '0')}`,
        options: [[6, 0], ...path('/3303/0/5700')],
      },
      {
        code: '2.05',
        options: [
          [6, 1],
          [12, 0],
        ],
        payload: '20.5',
      },
    );
  }
  for (let turn = 0; out.count < messages; turn++) {
    const number = turn % DEVICES;
    const device = deviceAt(number);
    out.put(device, true, {
      type: 'NON',
      code: '2.05',
      mid: out.next(),
      token: `0b${number.toString(16).padStart(2, '0')}`,
      options: [
        [6, 2 + Math.floor(turn / DEVICES)],
        [12, 0],
      ],
      payload: String((turn % 400) / 10),
    });
    const token = (turn & 0xffff).toString(16).padStart(4, '0');
    if (turn % 5 === 0)
      out.ask(
        device,
        false,
        { code: '0.01', token: `c1${token}`, options: path('/3/0/9') },
        { code: '2.05', options: [[12, 0]], payload: String(turn % 100) },
      );
    if (turn % 97 === 0)
      out.ask(
        device,
        false,
        { code: '0.01', token: `c2${token}`, options: path('/3/0/99') },
        { code: '4.04' },
      );
    if (turn % 211 === 0)
      out.ask(device, false, { code: '0.01', token: `c3${token}`, options: path('/3/0/13') });
    if (turn % 131 === 0) {
      const id = out.next();
      const read = { code: '0.01', mid: id, token: `c4${token}`, options: path('/3/0/0') } as const;
      out.put(device, false, read);
      out.put(device, false, read);
      out.put(device, true, {
        type: 'ACK',
        code: '2.05',
        mid: id,
        token: `c4${token}`,
        options: [[12, 0]],
        payload: 'maker',
      });
    }
    if (turn % 301 === 0)
      for (let part = 0; part < 3; part++)
        out.ask(
          device,
          false,
          { code: '0.01', token: `c5${token}`, options: [...path('/3/0/1'), [23, block(part, false, 16)]] },
          {
            code: '2.05',
            options: [
              [12, 0],
              [23, block(part, part < 2, 16)],
            ],
            payload: `block ${part} of three`.slice(0, 16),
          },
        );
    if (turn % 1009 === 0)
      out.ask(
        device,
        true,
        {
          code: '0.02',
          token: `c6${token}`,
          options: [
            [11, 'rd'],
            [11, `d${number}`],
          ],
        },
        { code: '2.04' },
      );
    if (out.size > PIECE_BYTES) yield out.take();
  }
  yield out.take();
}

/**
 * A fleet that comes and goes: clients register from ever new ports in queue mode, are observed, notify, are set a
 * lifetime, and most de-register; the others expire.
 */
export function* churningStream(messages: number): Generator<Uint8Array<ArrayBuffer>> {
  const out = new Outgoing();
  for (let turn = 0; out.count < messages; turn++) {
    const device: Endpoint = { address: `10.0.2.${1 + (turn % 200)}`, port: 20_000 + (turn % 40_000) };
    const location = `t${turn}`;
    const tokenOf = (what: string): string => `${what}${(turn & 0xffff).toString(16).padStart(4, '0')}`;
    out.ask(
      device,
      true,
      {
        code: '0.02',
        token: tokenOf('a0'),
        options: [
          [11, 'rd'],
          [15, `ep=churn-${turn % 200}`],
          [15, 'lt=60'],
          [15, 'lwm2m=1.1'],
          [15, 'b=U'],
          [15, 'Q'],
        ],
        payload: '</3/0>',
      },
      {
        code: '2.01',
        options: [
          [8, 'rd'],
          [8, location],
        ],
      },
    );
    const observe = {
      code: '0.01',
      token: tokenOf('a1'),
      options: [[6, 0], ...path('/3/0/9'), [15, `pmax=${turn}`]],
    } as const;
    out.ask(device, false, observe, {
      code: '2.05',
      options: [
        [6, 1],
        [12, 0],
      ],
      payload: '90',
    });
    out.put(device, true, {
      type: 'NON',
      code: '2.05',
      mid: out.next(),
      token: tokenOf('a1'),
      options: [
        [6, 2],
        [12, 0],
      ],
      payload: '89',
    });
    if (turn % 3 === 0)
      out.ask(
        device,
        false,
        { code: '0.03', token: tokenOf('a2'), options: [...path('/1/0/1'), [12, 0]], payload: '120' },
        { code: '2.04' },
      );
    if (turn % 7 > 0)
      out.ask(
        device,
        true,
        {
          code: '0.04',
          token: tokenOf('a3'),
          options: [
            [11, 'rd'],
            [11, location],
          ],
        },
        { code: '2.02' },
      );
    if (out.size > PIECE_BYTES) yield out.take();
  }
  yield out.take();
}
