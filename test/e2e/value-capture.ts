import { captureOf, readOf, registrationAt, type SentMessage } from '../analysis/written-capture.ts';
import { path } from '../coap/coap-message.ts';

const TEMPERATURE = '/3303/0/5700';

function told(at: number, mid: number, token: string, payload: string, observe?: number): SentMessage {
  return {
    at,
    up: true,
    type: observe === undefined ? 'ACK' : 'NON',
    code: '2.05',
    mid,
    token,
    options: [...(observe === undefined ? [] : [[6, observe] as const]), [12, 0]],
    payload,
  };
}

function observed(at: number, mid: number, token: string, first: string): SentMessage[] {
  return [
    { at, code: '0.01', mid, token, options: [[6, ''], ...path(TEMPERATURE)] },
    { ...told(at, mid, token, first, 1), nanoseconds: 1000, type: 'ACK' },
  ];
}

/**
 * A device whose temperature is observed with pmin 1 and pmax 10: 20 values 5 s apart, one of them after 25 s; its
 * registration of 60 s is over before it comes back. Its battery says 87, then a word, then 80.
 */
export function valueCapture(): Buffer {
  const messages: SentMessage[] = [
    ...registrationAt(1000),
    {
      at: 1001,
      code: '0.03',
      mid: 10,
      token: 'b1',
      options: [...path(TEMPERATURE), [15, 'pmin=1'], [15, 'pmax=10']],
    },
    { at: 1001, nanoseconds: 1000, up: true, type: 'ACK', code: '2.04', mid: 10, token: 'b1' },
    readOf(1001, 12, 'd1', '/3/0/9'),
    { ...told(1001, 12, 'd1', '87'), nanoseconds: 2000 },
    ...observed(1002, 11, 'c1', '20.5'),
  ];
  let at = 1002;
  for (let n = 0; n < 7; n++) {
    at += n === 4 ? 25 : 5;
    messages.push(told(at, 100 + n, 'c1', String(21 + ((n * 7) % 5) / 4), n + 2));
  }
  for (const [second, payload] of [
    [1003, '1'],
    [1030, '2'],
    [1034, '3'],
  ] as const) {
    messages.push(readOf(second, 40 + (second % 100), `e${second % 10}`, '/5/0/3'));
    messages.push({ ...told(second, 40 + (second % 100), `e${second % 10}`, payload), nanoseconds: 1000 });
  }
  messages.push(readOf(1050, 13, 'd3', '/3/0/9'), { ...told(1050, 13, 'd3', 'full'), nanoseconds: 1000 });
  // The lifetime of 60 s is over at 1060; it registers again.
  messages.push(...registrationAt(1080).map((message) => ({ ...message, mid: 2, token: 'a2' })));
  messages.push(...observed(1082, 14, 'c2', '19'));
  for (let n = 0; n < 10; n++)
    messages.push(told(1087 + n * 5, 200 + n, 'c2', String(19.5 + (n % 4) / 4), n + 2));
  messages.push(readOf(1090, 15, 'd5', '/3/0/9'), { ...told(1090, 15, 'd5', '80'), nanoseconds: 1000 });
  messages.push(readOf(1095, 16, 'd6', '/3/0/0'), {
    ...told(1095, 16, 'd6', 'Made Up Ltd'),
    nanoseconds: 1000,
  });
  messages.sort((a, b) => a.at - b.at || (a.nanoseconds ?? 0) - (b.nanoseconds ?? 0));
  return Buffer.from(captureOf(messages));
}
