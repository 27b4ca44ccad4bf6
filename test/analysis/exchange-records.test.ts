import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { block, type MessageToWrite, type OptionToWrite, path, write } from '../coap/coap-message.ts';
import {
  DEVICE,
  type Endpoint,
  GROUP,
  NEIGHBOUR,
  OTHER_DEVICE,
  SERVER,
  SERVER_ELSEWHERE,
} from '../coap/dialogue.ts';
import { ipv4, udp } from '../network/packets.ts';
import { analyseBytes, recordsOf } from './analyse.ts';
import { captureOfPackets } from './written-capture.ts';

const START = 1_763_856_000;

type Step = readonly [seconds: number, from: Endpoint, to: Endpoint, message: MessageToWrite];

/** What the records of a message say of its exchange, as far as these tests ask. */
interface Said {
  coap: {
    request_in?: number;
    response_in?: number;
    response_time?: number;
    duplicate_of?: number;
    exchange?: { kind?: string; transmissions?: number; ended?: string; from_other_address?: boolean };
  };
  transfer?: Record<string, unknown>;
  lwm2m?: { operation?: string; path?: string; values?: { path: string; value: unknown }[] };
}

interface Records {
  messages: Said[];
  transfers: Record<string, unknown>[];
  observations: Record<string, unknown>[];
}

/** Writes a capture of the steps, one message a frame, and reads it through the whole analysis. */
async function recordsOfSteps(steps: readonly Step[]): Promise<Records> {
  const capture = captureOfPackets(
    steps.map(([seconds, from, to, message]) => ({
      at: START + Math.floor(seconds),
      nanoseconds: Math.round((seconds % 1) * 1e9),
      packet: ipv4(udp(write(message), { from: from.port, to: to.port }), {
        source: from.address,
        destination: to.address,
      }),
    })),
  );
  const analysis = await analyseBytes('written.pcap', capture);
  return {
    messages: (await recordsOf(analysis, 'messages')) as unknown as Said[],
    transfers: await recordsOf(analysis, 'transfers'),
    observations: await recordsOf(analysis, 'observations'),
  };
}

const get = (mid: number, token: string, uri: string, options: OptionToWrite[] = []): MessageToWrite => ({
  mid,
  token,
  options: [...path(uri), ...options],
});
const content = (
  mid: number,
  token: string,
  payload: string | Uint8Array = '1',
  options: OptionToWrite[] = [],
  type: 'ACK' | 'CON' | 'NON' = 'ACK',
): MessageToWrite => ({ type, code: '2.05', mid, token, options: [[12, 0], ...options], payload });
const empty = (type: 'ACK' | 'RST', mid: number): MessageToWrite => ({ type, code: '0.00', mid, token: '' });

/** Frames that each message is linked with: the request of an answer, the answer of a request. */
function linksOf({ messages }: Records): (number | undefined)[] {
  return messages.map(({ coap }) => coap.request_in ?? coap.response_in);
}

function bodyOf(length: number, salt: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8) + salt) & 255);
}

function sumOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

/** A request with a block of `body` and its answer. */
function put(
  seconds: number,
  mid: number,
  body: Uint8Array,
  number: number,
  {
    to = DEVICE,
    size = 16,
    code,
    method = '0.03',
  }: { to?: Endpoint; size?: number; code?: string; method?: string } = {},
): Step[] {
  const last = (number + 1) * size >= body.length;
  const payload = body.subarray(number * size, (number + 1) * size);
  const option: OptionToWrite = [27, block(number, !last, size)];
  return [
    [seconds, SERVER, to, { code: method, mid, token: `${1000 + mid}`, options: [...path('/5/0/0'), [12, 42], option], payload }],
    [seconds + 0.1, to, SERVER, { type: 'ACK', code: code ?? (last ? '2.04' : '2.31'), mid, token: `${1000 + mid}`, options: [option] }],
  ]; // prettier-ignore
}

describe('what other decoders get wrong, as the RFCs have it', () => {
  it('two devices, one token and one message ID: each answer has its own request (RFC 7252 §4.4, §5.3.1)', async () => {
    const said = await recordsOfSteps([
      [0, SERVER, DEVICE, get(7, 'aa', '/3/0/9')],
      [0.1, SERVER, OTHER_DEVICE, get(7, 'aa', '/3/0/0')],
      [0.2, OTHER_DEVICE, SERVER, content(7, 'aa', 'maker')],
      [0.3, DEVICE, SERVER, content(7, 'aa', '95')],
    ]);
    expect(linksOf(said)).toEqual([4, 3, 2, 1]);
    expect(said.messages.map(({ coap }) => coap.duplicate_of)).toEqual(Array(4).fill(undefined));
    expect(said.messages.map(({ lwm2m }) => lwm2m?.path)).toEqual(['/3/0/9', '/3/0/0', '/3/0/0', '/3/0/9']);
  });

  it('a token used again: the answer speaks of the later request (RFC 7252 §5.3.1)', async () => {
    const said = await recordsOfSteps([
      [0, SERVER, DEVICE, get(1, 'aa', '/3/0/9')],
      [0.1, DEVICE, SERVER, content(1, 'aa', '95')],
      [9, SERVER, DEVICE, get(2, 'aa', '/5/0/3')],
      [9.1, DEVICE, SERVER, content(2, 'aa', '0')],
    ]);
    expect(linksOf(said)).toEqual([2, 1, 4, 3]);
    expect(said.messages[3]!.lwm2m).toMatchObject({ path: '/5/0/3', values: [{ path: '/5/0/3' }] });
  });

  it('the same bytes an hour later are another exchange (EXCHANGE_LIFETIME, RFC 7252 §4.8.2)', async () => {
    const said = await recordsOfSteps([
      [0, SERVER, DEVICE, get(1, 'aa', '/3/0/9')],
      [0.5, DEVICE, SERVER, content(1, 'aa', '95')],
      [3604, SERVER, DEVICE, get(1, 'aa', '/3/0/9')],
      [3604.25, DEVICE, SERVER, content(1, 'aa', '95')],
    ]);
    expect(linksOf(said)).toEqual([2, 1, 4, 3]);
    expect(said.messages.map(({ coap }) => coap.response_time)).toEqual([0.5, 0.5, 0.25, 0.25]);
    expect(said.messages.map(({ coap }) => coap.duplicate_of)).toEqual(Array(4).fill(undefined));
  });

  it('separate answers, notifications, repeats of acknowledgements, resets (RFC 7252 §4.2, §5.2.2; RFC 7641)', async () => {
    const said = await recordsOfSteps([
      [0, SERVER, DEVICE, get(1, 'aa', '/3/0/9')],
      [0.1, DEVICE, SERVER, empty('ACK', 1)],
      [2, DEVICE, SERVER, content(900, 'aa', '95', [], 'CON')],
      [2.1, SERVER, DEVICE, empty('ACK', 900)],
      [2.2, SERVER, DEVICE, empty('ACK', 900)],
      [3, SERVER, DEVICE, get(2, 'bb', '/3/0/13', [[6, 0]])],
      [3.1, DEVICE, SERVER, content(2, 'bb', '1', [[6, 1]])],
      [500, DEVICE, SERVER, content(901, 'bb', '2', [[6, 2]], 'NON')],
      [501, SERVER, DEVICE, empty('RST', 901)],
    ]);
    expect(linksOf(said)).toEqual([3, 1, 1, 3, 3, 7, 6, 6, 8]);
    expect(said.messages[0]!.coap).toMatchObject({
      response_time: 2,
      exchange: { kind: 'separate', ended: 'answered' },
    });
    expect(said.messages[4]!.coap.duplicate_of).toBe(4);
    expect(said.messages[7]!.lwm2m).toMatchObject({ operation: 'Notify', path: '/3/0/13' });
    expect(said.observations).toMatchObject([{ observation: '/3/0/13', ended: 'reset', notifications: 1 }]);
  });

  it('an empty token is a token (RFC 7252 §5.3.1)', async () => {
    const said = await recordsOfSteps([
      [0, SERVER, DEVICE, get(1, '', '/3/0/9')],
      [0.1, DEVICE, SERVER, content(1, '', '95')],
    ]);
    expect(linksOf(said)).toEqual([2, 1]);
    expect(said.messages[1]!.lwm2m).toMatchObject({ path: '/3/0/9', values: [{ value: 95 }] });
  });

  it('two devices behind one address, their blocks interleaved, and a third transfer after them (RFC 7959 §2.4)', async () => {
    const bodies = [bodyOf(80, 0), bodyOf(72, 50), bodyOf(64, 90)];
    const steps: Step[] = [];
    for (const number of [0, 1, 2, 3, 4])
      for (const [index, to] of [DEVICE, NEIGHBOUR].entries())
        steps.push(...put(number + index / 2, number, bodies[index]!, number, { to }));
    for (const number of [0, 1, 2, 3]) steps.push(...put(10 + number, 20 + number, bodies[2]!, number));
    const { transfers, messages } = await recordsOfSteps(steps);
    expect(transfers.map(({ sha256, ended }) => [sha256, ended])).toEqual(
      bodies.map((body) => [sumOf(body), 'complete']),
    );
    const ends = messages.flatMap(({ transfer }) => (transfer === undefined ? [] : [transfer]));
    expect(ends).toEqual(
      bodies.map((body) => ({
        direction: 'block1',
        length: body.length,
        sha256: sumOf(body),
        complete: true,
      })),
    );
  });

  it('broken off and begun anew (RFC 7959 §2.5)', async () => {
    const old = bodyOf(80, 1);
    const body = bodyOf(80, 2);
    const steps = [0, 1, 2].flatMap((number) => put(number, number, old, number));
    steps.push(...[0, 1, 2, 3, 4].flatMap((number) => put(10 + number, 10 + number, body, number)));
    const { transfers } = await recordsOfSteps(steps);
    expect(transfers).toMatchObject([
      { ended: 'restarted', received: [[0, 48]], length: 48 },
      { ended: 'complete', received: [[0, 80]], restarts: 1, sha256: sumOf(body) },
    ]);
  });

  it('a size lowered after block 0: the offset counts (RFC 7959 §2.3)', async () => {
    const body = bodyOf(150, 3);
    const steps = put(0, 0, body, 0, { size: 64 });
    for (let number = 4; number < 10; number++) steps.push(...put(number, number, body, number));
    const { transfers } = await recordsOfSteps(steps);
    expect(transfers).toMatchObject([
      { ended: 'complete', received: [[0, 150]], size: 16, sha256: sumOf(body) },
    ]);
  });

  it('a FETCH in blocks, answered in blocks (RFC 7959 §2.7)', async () => {
    const asked = bodyOf(40, 4);
    const told = bodyOf(40, 5);
    const part = (number: number): Uint8Array => told.subarray(number * 16, number * 16 + 16);
    const steps = [0, 1].flatMap((number) => put(number, number, asked, number, { method: '0.05' }));
    steps.push(put(2, 2, asked, 2, { method: '0.05' })[0]!);
    steps.push([2.1, DEVICE, SERVER, { type: 'ACK', code: '2.05', mid: 2, token: '1002', options: [[12, 42], [23, block(0, true, 16)], [27, block(2, false, 16)]], payload: part(0) }]); // prettier-ignore
    for (const number of [1, 2]) {
      const options: OptionToWrite[] = [[23, block(number, number < 2, 16)]];
      steps.push([3 + number, SERVER, DEVICE, { code: '0.05', mid: 30 + number, token: '55', options: [...path('/5/0/0'), [12, 42], [23, block(number, false, 16)]] }]); // prettier-ignore
      steps.push([3.1 + number, DEVICE, SERVER, { type: 'ACK', code: '2.05', mid: 30 + number, token: '55', options: [[12, 42], ...options], payload: part(number) }]); // prettier-ignore
    }
    const { transfers, messages } = await recordsOfSteps(steps);
    expect(transfers).toMatchObject([
      { transfer: 'block1', method: 'FETCH', ended: 'complete', sha256: sumOf(asked) },
      { transfer: 'block2', method: 'FETCH', ended: 'complete', sha256: sumOf(told) },
    ]);
    expect(messages.map(({ transfer }) => transfer?.sha256)).toEqual([
      ...Array(5),
      sumOf(asked),
      ...Array(3),
      sumOf(told),
    ]);
  });

  it('a block that the capture lost: the gap is said, and no sum of what was not seen', async () => {
    const body = bodyOf(80, 6);
    const steps = [0, 1, 3, 4].flatMap((number) => put(number, number, body, number));
    const { transfers, messages } = await recordsOfSteps(steps);
    expect(transfers).toMatchObject([{ ended: 'complete', length: 64, code: '2.04', received: [[0, 32], [48, 80]] }]); // prettier-ignore
    expect(transfers[0]).not.toHaveProperty('sha256');
    expect(messages.at(-1)!.transfer).toEqual({ direction: 'block1', length: 64, complete: false });
  });
});

describe('exchanges that are not one request and one answer between two endpoints', () => {
  it('of a group, of a server with two addresses, of no answer wanted, of a ping', async () => {
    const said = await recordsOfSteps([
      [0, SERVER, GROUP, { ...get(1, 'aa01', '/3/0/9'), type: 'NON' }],
      [1, DEVICE, SERVER, content(700, 'aa01', '95', [], 'NON')],
      [1.5, OTHER_DEVICE, SERVER, content(31, 'aa01', '80', [], 'NON')],
      [2, DEVICE, SERVER, get(8, 'bb01', '/x')],
      [2.1, SERVER_ELSEWHERE, DEVICE, content(8, 'bb01')],
      [
        3,
        SERVER,
        DEVICE,
        { code: '0.03', type: 'NON', mid: 2, token: 'cc', options: [...path('/3/0/15'), [258, 26]] },
      ],
      [4, DEVICE, SERVER, { code: '0.00', mid: 9, token: '' }],
      [4.1, SERVER, DEVICE, empty('RST', 9)],
      [900, SERVER, DEVICE, get(3, 'dd', '/3/0/9')],
    ]);
    expect(linksOf(said)).toEqual([2, 1, 1, 5, 4, undefined, 8, 7, undefined]);
    expect(said.messages.map(({ coap }) => coap.exchange?.kind)).toEqual([
      ...['multicast', undefined, undefined, 'piggybacked', undefined, 'non', 'ping', undefined, undefined],
    ]);
    expect(said.messages.map(({ coap }) => coap.exchange?.ended)).toEqual([
      ...['answered', undefined, undefined, 'answered', undefined, 'unknown', 'answered', undefined, 'open'],
    ]);
    expect(said.messages.map(({ coap }) => coap.exchange?.from_other_address)).toEqual([
      ...[undefined, undefined, undefined, true, ...Array(5)],
    ]);
    expect(said.messages[2]!.lwm2m).toMatchObject({
      operation: 'Read',
      values: [{ path: '/3/0/9', value: 80 }],
    });
  });
});

describe('notifications', () => {
  it('whose further blocks are asked for by a plain GET: the values stand on the last block (RFC 7959 §2.6)', async () => {
    const text = 'a value of more than sixteen bytes';
    const body = new TextEncoder().encode(text);
    const part = (number: number): Uint8Array => body.subarray(number * 16, number * 16 + 16);
    const { observations, transfers, messages } = await recordsOfSteps([
      [0, SERVER, DEVICE, get(1, 'aa', '/3/0/0', [[6, 0]])],
      [1, DEVICE, SERVER, content(1, 'aa', 'x', [[6, 1]])],
      [400, DEVICE, SERVER, content(70, 'aa', part(0), [[6, 2], [23, block(0, true, 16)]], 'NON')],
      [401, SERVER, DEVICE, get(2, 'bb', '/3/0/0', [[23, block(1, false, 16)]])],
      [401.1, DEVICE, SERVER, content(2, 'bb', part(1), [[23, block(1, true, 16)]])],
      [402, SERVER, DEVICE, get(3, 'bc', '/3/0/0', [[23, block(2, false, 16)]])],
      [402.1, DEVICE, SERVER, content(3, 'bc', part(2), [[23, block(2, false, 16)]])],
    ]); // prettier-ignore
    expect(observations).toMatchObject([{ observation: '/3/0/0', notifications: 1, ended: 'open' }]);
    expect(transfers).toMatchObject([
      { ended: 'complete', received: [[0, body.length]], sha256: sumOf(body) },
    ]);
    expect(messages.map(({ lwm2m }) => lwm2m?.operation)).toEqual([...['Observe', 'Observe', 'Notify', 'Read', 'Notify', 'Read', 'Notify']]); // prettier-ignore
    expect(messages.slice(2).map(({ lwm2m }) => lwm2m?.values)).toMatchObject([...Array(4), [{ path: '/3/0/0', value: text }]]); // prettier-ignore
  });

  it('of an observation that began before the capture', async () => {
    const { observations, messages } = await recordsOfSteps([
      [0, DEVICE, SERVER, content(70, 'aa', '5', [[6, 2]], 'NON')],
      [9, DEVICE, SERVER, content(71, 'aa', '6', [[6, 3]], 'CON')],
      [9.1, SERVER, DEVICE, empty('ACK', 71)],
    ]);
    expect(observations).toEqual([
      {
        observation: '?',
        server: '10.0.0.1:5683',
        token: 'aa',
        from: `${START}.000000000`,
        to: `${START + 9}.000000000`,
        ended: 'open',
        notifications: 2,
        missing: 0,
        reordered: 0,
        evidence: ['1.1.0', '1.2.0'],
      },
    ]);
    expect(messages.map(({ lwm2m }) => lwm2m)).toMatchObject([{ operation: 'Notify' }, { operation: 'Notify' }, undefined]); // prettier-ignore
    expect(messages[0]!.lwm2m).not.toHaveProperty('path');
  });
});
