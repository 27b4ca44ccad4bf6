import { describe, expect, it } from 'vitest';
import type { MessageToWrite } from './coap-message.ts';
import { hex, path } from './coap-message.ts';
import {
  DEVICE,
  type Endpoint,
  GROUP,
  NEIGHBOUR,
  OTHER_DEVICE,
  SERVER,
  SERVER_ELSEWHERE,
} from '../network/endpoints.ts';
import { Dialogue } from './dialogue.ts';

/** One message of a dialogue: seconds, from and to, what is sent, and what the tables say of it at the end. */
type Step = readonly [
  seconds: number,
  way: readonly [Endpoint, Endpoint],
  message: MessageToWrite | Uint8Array,
  line: string,
];

/** The server speaks, the device speaks, another device is spoken to and speaks. */
const ask = [SERVER, DEVICE] as const;
const tell = [DEVICE, SERVER] as const;
const askOther = [SERVER, OTHER_DEVICE] as const;
const tellOther = [OTHER_DEVICE, SERVER] as const;

const ack = (mid: number): MessageToWrite => ({ type: 'ACK', code: '0.00', mid });
const rst = (mid: number): MessageToWrite => ({ type: 'RST', code: '0.00', mid });
const get = (mid: number, token: string, uri = '/3/0/9', type: 'CON' | 'NON' = 'CON'): MessageToWrite => ({
  type,
  mid,
  token,
  options: path(uri),
});
const silent = (type: 'CON' | 'NON', value: number): MessageToWrite => ({
  code: '0.03',
  type,
  mid: 1,
  token: 'aa',
  options: [...path('/3/0/15'), [258, value]],
});
const content = (type: 'CON' | 'NON' | 'ACK', mid: number, token: string, payload = '1'): MessageToWrite => ({
  type,
  code: '2.05',
  mid,
  token,
  options: [[12, 0]],
  payload,
});
const notification = (type: 'CON' | 'NON', mid: number, token: string, observe: number): MessageToWrite => ({
  type,
  code: '2.05',
  mid,
  token,
  options: [
    [6, observe],
    [12, 0],
  ],
  payload: `${observe}`,
});

const CASES: [string, readonly Step[]][] = [
  ['piggybacked answer', [
    [0, ask, get(1, 'aa'), 'piggybacked answered ~1'],
    [1, tell, content('ACK', 1, 'aa'), '~0'],
  ]],
  ['separate answer behind an empty ACK', [
    [0, ask, get(1, 'aa'), 'separate answered ~2 acked'],
    [1, tell, ack(1), '~0'],
    [5, tell, content('CON', 700, 'aa'), '~0 acked'],
    [6, ask, ack(700), '~2'],
  ]],
  ['separate answer whose ACK was lost', [
    [0, ask, get(1, 'aa'), 'separate answered ~1'],
    [5, tell, content('CON', 700, 'aa'), '~0 acked'],
    [6, ask, ack(700), '~1'],
  ]],
  ['separate answer in a NON', [
    [0, ask, get(1, 'aa'), 'separate answered ~2 acked'],
    [1, tell, ack(1), '~0'],
    [2, tell, content('NON', 700, 'aa'), '~0'],
  ]],
  ['separate answer before the ACK that it overtook', [
    [0, ask, get(1, 'aa'), 'separate answered ~1 acked'],
    [1, tell, content('CON', 700, 'aa'), '~0'],
    [1.1, tell, ack(1), '~0'],
  ]],
  ['request and answer both NON', [
    [0, ask, get(1, 'aa', '/3', 'NON'), 'non answered ~1'],
    [1, tell, content('NON', 700, 'aa'), '~0'],
  ]],
  ['NON request, CON answer', [
    [0, ask, get(1, 'aa', '/3', 'NON'), 'non answered ~1'],
    [1, tell, content('CON', 700, 'aa'), '~0'],
  ]],
  ['request that is reset', [
    [0, ask, get(1, 'aa'), 'reset ~1'],
    [1, tell, rst(1), '~0'],
  ]],
  ['answer that is reset', [
    [0, ask, get(1, 'aa'), 'separate answered ~1'],
    [5, tell, content('CON', 700, 'aa'), '~0'],
    [6, ask, rst(700), '~1'],
  ]],
  ['reset behind the answer takes nothing back', [
    [0, ask, get(1, 'aa'), 'piggybacked answered ~1'],
    [1, tell, content('ACK', 1, 'aa'), '~0'],
    [2, tell, rst(1), '~0'],
  ]],
  ['ping', [
    [0, tell, { code: '0.00', mid: 9 }, 'ping answered ~1'],
    [1, ask, rst(9), '~0'],
  ]],
  ['ping without an answer', [[0, tell, { code: '0.00', mid: 9 }, 'ping open']]],
  ['request without an answer', [[0, ask, get(1, 'aa'), 'open']]],
  ['retransmitted request', [
    [0, ask, get(1, 'aa'), 'piggybacked answered ~3 x3'],
    [2, ask, get(1, 'aa'), '=0'],
    [6, ask, get(1, 'aa'), '=0'],
    [7, tell, content('ACK', 1, 'aa'), '~0'],
  ]],
  ['retransmitted request behind its answer, which comes again', [
    [0, ask, get(1, 'aa'), 'piggybacked answered ~1 x2'],
    [1, tell, content('ACK', 1, 'aa'), '~0 x2'],
    [2, ask, get(1, 'aa'), '=0'],
    [3, tell, content('ACK', 1, 'aa'), '=1'],
  ]],
  ['retransmitted separate answer and its ACK', [
    [0, ask, get(1, 'aa'), 'separate answered ~2 acked'],
    [1, tell, ack(1), '~0'],
    [5, tell, content('CON', 700, 'aa'), '~0 x2 acked'],
    [8, tell, content('CON', 700, 'aa'), '=2'],
    [9, ask, ack(700), '~2 x2'],
    [10, ask, ack(700), '=4'],
  ]],
  ['retransmitted ping', [
    [0, tell, { code: '0.00', mid: 9 }, 'ping answered ~2 x2'],
    [2, tell, { code: '0.00', mid: 9 }, '=0'],
    [3, ask, rst(9), '~0'],
  ]],
  ['copy within EXCHANGE_LIFETIME of 247 s', [
    [0, ask, get(1, 'aa'), 'piggybacked answered ~1 x2'],
    [1, tell, content('ACK', 1, 'aa'), '~0'],
    [247, ask, get(1, 'aa'), '=0'],
  ]],
  ['copy behind EXCHANGE_LIFETIME is a new exchange', [
    [0, ask, get(1, 'aa'), 'piggybacked answered ~1'],
    [1, tell, content('ACK', 1, 'aa'), '~0'],
    [247.1, ask, get(1, 'aa'), 'piggybacked answered ~3'],
    [248.2, tell, content('ACK', 1, 'aa'), '~2'],
  ]],
  ['copy of a NON within NON_LIFETIME of 145 s', [
    [0, ask, get(1, 'aa', '/3', 'NON'), 'non open x2'],
    [145, ask, get(1, 'aa', '/3', 'NON'), '=0'],
  ]],
  ['copy of a NON behind NON_LIFETIME', [
    [0, ask, get(1, 'aa', '/3', 'NON'), 'non open'],
    [145.1, ask, get(1, 'aa', '/3', 'NON'), 'non open'],
  ]],
  ['message ID used anew too early, with other bytes', [
    [0, ask, get(1, 'aa', '/3/0/0'), 'piggybacked answered ~1'],
    [1, tell, content('ACK', 1, 'aa'), '~0'],
    [9, ask, get(1, 'ab', '/3/0/1'), 'piggybacked answered ~3'],
    [10, tell, content('ACK', 1, 'ab'), '~2'],
  ]],
  ['message ID used anew while both are open', [
    [0, ask, get(1, 'aa', '/3/0/0'), 'piggybacked answered ~3 x2'],
    [1, ask, get(1, 'ab', '/3/0/1'), 'piggybacked answered ~4'],
    [2, ask, get(1, 'aa', '/3/0/0'), '=0'],
    [3, tell, content('ACK', 1, 'aa'), '~0'],
    [4, tell, content('ACK', 1, 'ab'), '~1'],
  ]],
  ['same IDs and tokens in both directions', [
    [0, tell, { code: '0.02', mid: 1, token: 'aa', options: path('/rd/1') }, 'piggybacked answered ~2'],
    [0, ask, get(1, 'aa'), 'piggybacked answered ~3'],
    [1, ask, { type: 'ACK', code: '2.04', mid: 1, token: 'aa' }, '~0'],
    [1, tell, content('ACK', 1, 'aa'), '~1'],
    [2, tell, { code: '0.02', mid: 2, token: 'ab', options: path('/rd/1') }, 'separate answered ~6'],
    [2, ask, get(2, 'ab'), 'separate answered ~7'],
    [3, ask, { code: '2.04', mid: 3, token: 'ab' }, '~4'],
    [3, tell, content('CON', 3, 'ab'), '~5'],
  ]],
  ['two devices with the same ID and token', [
    [0, ask, get(1, 'aa', '/3/0/0'), 'piggybacked answered ~3'],
    [0.1, askOther, get(1, 'aa', '/3/0/1'), 'piggybacked answered ~2'],
    [1, tellOther, content('ACK', 1, 'aa'), '~1'],
    [1.1, tell, content('ACK', 1, 'aa'), '~0'],
  ]],
  ['two devices behind one address', [
    [0, ask, get(1, 'aa'), 'separate answered ~3'],
    [0, [SERVER, NEIGHBOUR], get(1, 'aa'), 'separate answered ~2'],
    [1, [NEIGHBOUR, SERVER], content('CON', 5, 'aa'), '~1'],
    [1, tell, content('CON', 5, 'aa'), '~0'],
  ]],
  ['same ID and token an hour later', [
    [0, ask, get(1, 'aa'), 'piggybacked answered ~1'],
    [1, tell, content('ACK', 1, 'aa'), '~0'],
    [3600, ask, get(1, 'aa'), 'piggybacked answered ~3'],
    [3604, tell, content('ACK', 1, 'aa'), '~2'],
  ]],
  ['no token', [
    [0, ask, get(1, ''), 'piggybacked answered ~1'],
    [1, tell, content('ACK', 1, ''), '~0'],
    [2, ask, get(2, ''), 'separate answered ~3'],
    [3, tell, content('CON', 700, ''), '~2'],
  ]],
  ['a token of zeros is not no token', [
    [0, ask, get(1, ''), 'open'],
    [0, ask, get(2, '00'), 'separate answered ~2'],
    [1, tell, content('CON', 700, '00'), '~1'],
    [2, tell, content('CON', 701, '0000'), ''],
  ]],
  ['token used again at once', [
    [0, ask, get(1, 'aa', '/3/0/0'), 'separate answered ~1'],
    [1, tell, content('CON', 700, 'aa'), '~0'],
    [2, ask, get(2, 'aa', '/5/0/3'), 'separate answered ~3'],
    [3, tell, content('CON', 701, 'aa'), '~2'],
  ]],
  ['token used again later', [
    [0, ask, get(1, 'aa', '/3/0/0'), 'piggybacked answered ~1'],
    [1, tell, content('ACK', 1, 'aa'), '~0'],
    [3600, ask, get(2, 'aa', '/5/0/3'), 'separate answered ~3'],
    [3601, tell, content('NON', 701, 'aa'), '~2'],
  ]],
  ['tokens of more than 8 bytes', [
    [0, ask, get(1, '00112233445566778899'), 'separate answered ~3'],
    [0, ask, get(2, '00112233445566778898'), 'separate answered ~2'],
    [1, tell, content('CON', 700, '00112233445566778898'), '~1'],
    [1, tell, content('CON', 701, '00112233445566778899'), '~0'],
    [2, ask, get(3, 'ab'.repeat(40)), 'piggybacked answered ~5'],
    [3, tell, content('ACK', 3, 'ab'.repeat(40)), '~4'],
    [4, tell, content('CON', 702, 'ab'.repeat(41)), ''],
  ]],
  ['answers whose requests were not seen', [
    [0, tell, content('ACK', 1, 'aa'), ''],
    [1, tell, content('CON', 2, 'aa'), 'acked'],
    [2, ask, ack(2), '~1'],
    [3, tell, ack(3), ''],
    [4, tell, rst(3), ''],
  ]],
  ['ACK with the right ID and a wrong token', [
    [0, ask, get(1, 'aa'), 'open'],
    [1, tell, content('ACK', 1, 'ab'), ''],
  ]],
  ['ACK with the right token and a wrong ID', [
    [0, ask, get(1, 'aa'), 'open'],
    [1, tell, content('ACK', 2, 'aa'), ''],
  ]],
  ['answer from the wrong side', [
    [0, ask, get(1, 'aa'), 'open'],
    [1, ask, content('ACK', 1, 'aa'), ''],
    [2, ask, content('CON', 2, 'aa'), ''],
    [3, ask, ack(1), ''],
  ]],
  ['late answer, within 247 s', [
    [0, ask, get(1, 'aa'), 'separate answered ~2 acked'],
    [1, tell, ack(1), '~0'],
    [240, tell, content('CON', 700, 'aa'), '~0'],
  ]],
  ['answer behind 247 s, though nothing else was asked', [
    [0, ask, get(1, 'aa'), 'open'],
    [248, tell, content('CON', 700, 'aa'), ''],
    [249, tell, content('ACK', 1, 'aa'), ''],
  ]],
  ['second answer with a new ID', [
    [0, ask, get(1, 'aa'), 'separate answered ~1'],
    [1, tell, content('CON', 700, 'aa'), '~0'],
    [4, tell, content('CON', 701, 'aa'), '~0'],
  ]],
  ['answer behind the reset', [
    [0, ask, get(1, 'aa'), 'reset ~1'],
    [1, tell, rst(1), '~0'],
    [2, tell, content('CON', 700, 'aa'), '~0'],
  ]],
  ['clock that runs back', [
    [100, ask, get(1, 'aa'), 'piggybacked answered ~1 x2'],
    [50, tell, content('ACK', 1, 'aa'), '~0'],
    [20, ask, get(1, 'aa'), '=0'],
  ]],
  ['notifications belong to the request that asked for them', [
    [0, ask, { ...get(1, 'aa'), options: [[6, 0], ...path('/3/0/9')] }, 'piggybacked answered ~1'],
    [1, tell, { ...content('ACK', 1, 'aa'), options: [[6, 1], [12, 0]] }, '~0'],
    [9, tell, notification('CON', 700, 'aa', 2), '~0 acked'],
    [9, ask, ack(700), '~2'],
    [400, tell, notification('NON', 701, 'aa', 3), '~0'],
    [401, ask, rst(701), '~4'],
  ]],
  ['a notification is not the answer to the request that ends the observation', [
    [0, ask, { ...get(1, 'aa'), options: [[6, 0], ...path('/3/0/9')] }, 'piggybacked answered ~1'],
    [1, tell, { ...content('ACK', 1, 'aa'), options: [[6, 1], [12, 0]] }, '~0'],
    [9, ask, { ...get(2, 'aa'), options: [[6, 1], ...path('/3/0/9')] }, 'piggybacked answered ~4'],
    [9.1, tell, notification('CON', 700, 'aa', 2), '~0'],
    [9.2, tell, content('ACK', 2, 'aa'), '~2'],
  ]],
  ['request to a group', [[0, [SERVER, GROUP], get(1, 'aa', '/3', 'NON'), 'multicast open']]],
  // RFC 7252 §8: members of the group answer from their own addresses.
  ['request to a group, answered by several', [
    [0, [SERVER, GROUP], get(1, 'aa', '/3', 'NON'), 'multicast answered ~1'],
    [1, tell, content('NON', 700, 'aa'), '~0'],
    [2, tellOther, content('NON', 31, 'aa'), '~0'],
    [3, tellOther, content('CON', 32, 'aa'), '~0'],
    [4, tell, content('NON', 701, 'ab'), ''],
    [5, [DEVICE, NEIGHBOUR], content('NON', 702, 'aa'), ''],
    [494, tell, content('NON', 703, 'aa'), '~0'],
    [496, tell, content('NON', 704, 'aa'), ''],
  ]],
  ['request to a group and the same token to one device', [
    [0, [SERVER, GROUP], get(1, 'aa', '/3', 'NON'), 'multicast answered ~3'],
    [1, ask, get(2, 'aa'), 'piggybacked answered ~2'],
    [2, tell, content('ACK', 2, 'aa'), '~1'],
    [3, tellOther, content('NON', 31, 'aa'), '~0'],
  ]],
  // The case of a server with several addresses (RFC 7252 §5.3.2 wants the same; seen all the same).
  ['an answer from another address', [
    [0, [DEVICE, SERVER], get(1, 'aa', '/x'), 'separate answered ~2 acked'],
    [0.1, [SERVER, DEVICE], ack(1), '~0'],
    [1, [SERVER_ELSEWHERE, DEVICE], content('CON', 700, 'aa'), '~0 acked elsewhere'],
    [1.1, [DEVICE, SERVER_ELSEWHERE], ack(700), '~2'],
  ]],
  ['an acknowledged answer from another address has the ID of its request', [
    [0, [DEVICE, SERVER], get(1, 'aa', '/x'), 'piggybacked answered ~2'],
    [1, [SERVER_ELSEWHERE, DEVICE], content('ACK', 2, 'aa'), ''],
    [2, [SERVER_ELSEWHERE, DEVICE], content('ACK', 1, 'aa'), '~0 elsewhere'],
  ]],
  ['from another address, and not the answer', [
    [0, [DEVICE, SERVER], get(1, 'aa', '/x', 'NON'), 'non answered ~6'],
    [1, [DEVICE, SERVER], get(2, '', '/x', 'NON'), 'non open'],
    // Another token, no token, to another port, a notification, from a stranger.
    [2, [SERVER_ELSEWHERE, DEVICE], content('NON', 700, 'ab'), ''],
    [3, [SERVER_ELSEWHERE, DEVICE], content('NON', 701, ''), ''],
    [4, [SERVER_ELSEWHERE, NEIGHBOUR], content('NON', 702, 'aa'), ''],
    [5, [OTHER_DEVICE, DEVICE], content('NON', 704, 'aa'), ''],
    [6, [SERVER, DEVICE], content('NON', 705, 'aa'), '~0'],
    [7, [SERVER_ELSEWHERE, DEVICE], content('NON', 706, 'aa'), ''],
  ]],
  // RFC 7967: what needs no answer is not unanswered.
  ['No-Response, NON', [[0, ask, silent('NON', 26), 'non unwanted']]],
  ['No-Response of 0 wants all answers', [[0, ask, silent('NON', 0), 'non open']]],
  ['No-Response, CON, acknowledged', [[0, ask, silent('CON', 2), 'unwanted acked'], [1, tell, ack(1), '~0']]],
  ['No-Response, and an answer of another class', [
    [0, ask, silent('NON', 2), 'non answered ~1'],
    [1, tell, { ...content('NON', 700, 'aa'), code: '4.04' }, '~0'],
  ]],
  ['No-Response, reset', [[0, ask, silent('CON', 26), 'reset ~1'], [1, tell, rst(1), '~0']]],
  // RFC 7252 Table 1: such messages must not be sent; they begin and end nothing.
  ['a request in an ACK', [
    [0, ask, { ...get(1, 'aa'), type: 'ACK' }, ''],
    [1, tell, content('CON', 700, 'aa'), ''],
  ]],
  ['an answer in a RST', [
    [0, ask, get(1, 'aa'), 'open'],
    [1, tell, { ...content('CON', 1, 'aa'), type: 'RST' }, ''],
  ]],
  ['an empty NON', [[0, tell, { type: 'NON', code: '0.00' }, '']]],
  // What is damaged is matched by the parts that were read.
  ['a damaged option behind the token', [
    [0, ask, hex('41 01 0001 aa b1 33 f0'), 'piggybacked answered ~1'],
    [1, tell, content('ACK', 1, 'aa'), '~0'],
  ]],
  ['a damaged token is not an empty one', [
    [0, ask, get(1, ''), 'separate answered ~4'],
    [1, tell, hex('48 45 0001 00'), ''],
    [1, tell, hex('68 45 0001 00'), ''],
    [2, ask, hex('48 01 0002 00'), 'open'],
    [3, tell, content('CON', 3, ''), '~0'],
  ]],
  ['another version', [
    [0, ask, get(1, 'aa'), 'open'],
    [1, tell, hex('a1 45 0001 aa'), ''],
  ]],
  ['less than a header', [
    [0, ask, get(0, ''), 'open'],
    [1, tell, hex('60 45'), ''],
    [2, ask, hex('40 01'), ''],
  ]],
]; // prettier-ignore

describe('messages are matched into exchanges (RFC 7252 §4, §5.3)', () => {
  it.each(CASES)('%s', (_, steps) => {
    const dialogue = new Dialogue();
    for (const [seconds, [from, to], message] of steps) dialogue.send(1000 + seconds, from, to, message);
    expect(dialogue.lines()).toEqual(steps.map(([, , , line]) => line));
  });

  it('whatever part of them the capture cut off', () => {
    const dialogue = new Dialogue();
    dialogue.down(0, get(1, 'aabb'), 6);
    dialogue.up(1, content('ACK', 1, 'aabb', 'long payload'), 12);
    // Of these the token is cut, or all but two bytes.
    dialogue.down(2, get(2, 'aabbccdd'), 6);
    dialogue.up(3, content('CON', 3, ''), 12);
    dialogue.up(4, content('ACK', 2, 'aabbccdd'), 2);
    expect(dialogue.lines()).toEqual(['piggybacked answered ~1', '~0', 'open', '', '']);
  });

  it('when thousands are open at once', () => {
    const dialogue = new Dialogue();
    const count = 9000;
    const token = (index: number): string => index.toString(16).padStart(8, '0');
    for (let index = 0; index < count; index++) dialogue.down(index / 1000, get(index, token(index)));
    for (let index = count - 1; index >= 0; index--) dialogue.up(10, content('ACK', index, token(index)));
    const { messages } = dialogue.analysis.tracking;
    for (let index = 0; index < count; index++) {
      expect(messages.partnerOf(index)).toBe(2 * count - 1 - index);
      expect(messages.partnerOf(2 * count - 1 - index)).toBe(index);
    }
  });

  it('when one ID and one token come again and again', () => {
    const dialogue = new Dialogue();
    for (let index = 0; index < 5000; index++) {
      dialogue.down(index / 1000, { ...get(7, 'aa'), payload: `${index}` });
      dialogue.up(index / 1000, notification('NON', 7, 'aa', index));
    }
    expect(dialogue.line(9998)).toBe('open');
  });
});
