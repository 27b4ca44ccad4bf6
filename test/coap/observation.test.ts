import { describe, expect, it } from 'vitest';
import { NO_ROW } from '../../src/capture/units.ts';
import { MessageFlag } from '../../src/analysis/message-table.ts';
import type { Observation } from '../../src/coap/observation.ts';
import { missingOf } from '../../src/coap/observation.ts';
import type { MessageToWrite, OptionToWrite } from './coap-message.ts';
import { block, path } from './coap-message.ts';
import { DEVICE, OTHER_DEVICE, SERVER } from '../network/endpoints.ts';
import { Dialogue } from './dialogue.ts';

type Sent = Pick<MessageToWrite, 'type' | 'code' | 'mid' | 'token'> & {
  observe?: number;
  path?: string;
  block2?: number;
  payload?: string;
};

type Step = readonly [seconds: number, by: 'server' | 'device', message: Sent];

const TOKEN = 'aabbccdd';

/** The server observes the device unless a message says otherwise. */
function run(steps: readonly Step[]): Dialogue {
  const dialogue = new Dialogue();
  for (const [seconds, by, { observe, path: uri, block2, ...rest }] of steps) {
    const options: OptionToWrite[] = uri === undefined ? [] : path(uri);
    if (observe !== undefined) options.push([6, observe]);
    if (block2 !== undefined) options.push([23, block2]);
    const message = { token: TOKEN, options, ...rest };
    if (by === 'server') dialogue.down(seconds, message);
    else dialogue.up(seconds, message);
  }
  return dialogue;
}

/** What a test asks of an observation. */
function shown(observation: Observation): Record<string, unknown> {
  const { ended, notifications, reordered, late, request, established, endRow } = observation;
  const missing = missingOf(observation);
  return { ended, notifications, reordered, late, missing, request, established, endRow };
}

const RESOURCE = '/3303/0/5700';
const observe = (mid = 1, uri = RESOURCE): Sent => ({ mid, observe: 0, path: uri });
const cancel = (mid = 2): Sent => ({ mid, observe: 1, path: RESOURCE });
const answer = (mid: number, value?: number, code = '2.05'): Sent => ({
  type: 'ACK',
  code,
  mid,
  observe: value,
});
const notify = (mid: number, value: number | undefined, type: 'CON' | 'NON' = 'NON'): Sent => ({
  type,
  code: '2.05',
  mid,
  observe: value,
  payload: `${value}`,
});
const begun: Step[] = [
  [0, 'server', observe()],
  [1, 'device', answer(1, 100)],
];

const CASES: [string, Step[], Record<string, unknown>[]][] = [
  ['requested, not answered', [[0, 'server', observe()]], [{ ended: 'open', established: undefined, notifications: 0 }]],
  ['established', begun, [{ ended: 'open', request: 0, established: 1, notifications: 0 }]],
  ['established by a separate answer', [begun[0]!, [1, 'device', { type: 'ACK', code: '0.00', mid: 1, token: '' }], [2, 'device', notify(700, 5, 'CON')]], [{ ended: 'open', established: 2, notifications: 0 }]],
  ['answered without Observe', [begun[0]!, [1, 'device', answer(1)]], [{ ended: 'refused', endRow: 1 }]],
  ['answered with an error', [begun[0]!, [1, 'device', answer(1, undefined, '4.04')]], [{ ended: 'error', endRow: 1 }]],
  ['notified', [...begun, [9, 'device', notify(700, 101)], [19, 'device', notify(701, 102, 'CON')]], [{ ended: 'open', notifications: 2, reordered: 0, missing: 0 }]],
  ['notified with 2.03', [...begun, [9, 'device', { ...notify(700, 101), code: '2.03' }]], [{ ended: 'open', notifications: 1 }]],
  ['a repeated notification counts once', [...begun, [9, 'device', notify(700, 101, 'CON')], [12, 'device', notify(700, 101, 'CON')]], [{ notifications: 1 }]],
  ['notified after 247 s', [...begun, [1000, 'device', notify(700, 101)], [9000, 'device', notify(701, 102)]], [{ ended: 'open', notifications: 2 }]],
  ['refreshed: same token, same resource', [...begun, [50, 'server', observe(2)], [51, 'device', answer(2, 105)], [60, 'device', notify(700, 106)]], [{ ended: 'open', request: 0, notifications: 1 }]],
  ['refreshed, and the server of the resource refuses', [...begun, [50, 'server', observe(2)], [51, 'device', answer(2)]], [{ ended: 'cancelled', endRow: 3 }]],
  ['refreshed, and answered with an error', [...begun, [50, 'server', observe(2)], [51, 'device', answer(2, undefined, '4.04')]], [{ ended: 'error', endRow: 3 }]],
  ['replaced: same token, another resource', [...begun, [50, 'server', observe(2, '/3/0/9')], [51, 'device', answer(2, 1)], [60, 'device', notify(700, 2)]], [{ ended: 'replaced', endRow: 2, notifications: 0 }, { ended: 'open', notifications: 1 }]],
  ['another token, same resource', [...begun, [50, 'server', { ...observe(2), token: '01' }], [51, 'device', { ...answer(2, 1), token: '01' }], [60, 'device', notify(700, 101)]], [{ ended: 'open', notifications: 1 }, { ended: 'open', notifications: 0 }]],
  ['cancelled with Observe 1', [...begun, [9, 'server', cancel()], [10, 'device', answer(2)]], [{ ended: 'cancelled', endRow: 3 }]],
  ['cancelled, with an error for an answer', [...begun, [9, 'server', cancel()], [10, 'device', answer(2, undefined, '4.04')]], [{ ended: 'cancelled', endRow: 3 }]],
  ['cancelled, not answered', [...begun, [9, 'server', cancel()]], [{ ended: 'open' }]],
  ['cancelled while a notification is on its way', [...begun, [9, 'server', cancel()], [9.1, 'device', notify(700, 101)], [9.2, 'device', answer(2)]], [{ ended: 'cancelled', endRow: 4, notifications: 1 }]],
  ['cancelled, then observed again with the same token', [...begun, [9, 'server', cancel()], [10, 'device', answer(2)], [20, 'server', observe(3)], [21, 'device', answer(3, 7)]], [{ ended: 'cancelled' }, { ended: 'open', request: 4, established: 5 }]],
  ['asked for again before the cancellation was answered', [...begun, [9, 'server', cancel()], [10, 'server', observe(3)], [11, 'device', answer(3, 7)], [12, 'device', notify(700, 8)]], [{ ended: 'open', notifications: 1 }]],
  ['cancelled with another token: not this one', [...begun, [9, 'server', { ...cancel(), token: '01' }], [10, 'device', { ...answer(2), token: '01' }]], [{ ended: 'open' }]],
  ['reset of a CON notification', [...begun, [9, 'device', notify(700, 101, 'CON')], [10, 'server', { type: 'RST', code: '0.00', mid: 700, token: '' }]], [{ ended: 'reset', endRow: 3, notifications: 1 }]],
  ['reset of a NON notification', [...begun, [9, 'device', notify(700, 101)], [10, 'server', { type: 'RST', code: '0.00', mid: 700, token: '' }]], [{ ended: 'reset', endRow: 3 }]],
  ['reset of an older notification', [...begun, [9, 'device', notify(700, 101)], [19, 'device', notify(701, 102)], [20, 'server', { type: 'RST', code: '0.00', mid: 700, token: '' }]], [{ ended: 'reset', notifications: 2 }]],
  ['ended by a notification with an error', [...begun, [9, 'device', { type: 'CON', code: '4.04', mid: 700 }]], [{ ended: 'error', endRow: 2, notifications: 0 }]],
  ['ended by a notification with an error, after 247 s', [...begun, [900, 'device', { type: 'CON', code: '5.00', mid: 700 }]], [{ ended: 'error', endRow: 2 }]],
  ['ended by 2.05 without Observe', [...begun, [9, 'device', notify(700, undefined)]], [{ ended: 'cancelled', endRow: 2, notifications: 0 }]],
  ['notified after the end', [...begun, [9, 'server', cancel()], [10, 'device', answer(2)], [20, 'device', notify(700, 101)], [500, 'device', notify(701, 102)]], [{ ended: 'cancelled', endRow: 3, notifications: 0, late: 2 }]],
  ['notified after a reset', [...begun, [9, 'device', notify(700, 101)], [10, 'server', { type: 'RST', code: '0.00', mid: 700, token: '' }], [20, 'device', notify(701, 102)]], [{ ended: 'reset', notifications: 1, late: 1 }]],
  ['the token used again for a plain request', [...begun, [9, 'server', { mid: 2, path: '/3/0/9' }], [10, 'device', answer(2)], [20, 'device', notify(700, 101)]], [{ ended: 'open', notifications: 1, late: 0 }]],
  ['the token used again for a plain request, answered separately', [...begun, [9, 'server', { mid: 2, path: '/3/0/9' }], [10, 'device', { type: 'CON', code: '2.05', mid: 700 }], [20, 'device', notify(701, 101)]], [{ ended: 'open', notifications: 1 }]],
  ['later blocks of a notification, same token', [...begun, [9, 'device', { ...notify(700, 101), block2: block(0, true, 64) }], [9.1, 'server', { mid: 2, path: RESOURCE, block2: block(1, false, 64) }], [9.2, 'device', { ...answer(2), block2: block(1, false, 64) }], [20, 'device', notify(701, 102)]], [{ ended: 'open', notifications: 2 }]],
  ['later blocks asked for with Observe', [...begun, [9, 'device', { ...notify(700, 101), block2: block(0, true, 64) }], [9.1, 'server', { mid: 2, path: RESOURCE, observe: 0, block2: block(1, false, 64) }], [9.2, 'device', { ...answer(2), block2: block(1, false, 64) }], [20, 'device', notify(701, 102)]], [{ ended: 'open', notifications: 2 }]],
  ['FETCH observes too', [[0, 'server', { code: '0.05', mid: 1, observe: 0, payload: 'x' }], [1, 'device', answer(1, 5)], [9, 'device', notify(700, 6)]], [{ ended: 'open', notifications: 1 }]],
  ['the device observes the server', [[0, 'device', observe()], [1, 'server', answer(1, 5)], [9, 'server', notify(700, 6)], [10, 'device', notify(700, 6)]], [{ ended: 'open', notifications: 1, request: 0 }, { notifications: 1, request: NO_ROW }]],
  ['no token', [[0, 'server', { ...observe(), token: '' }], [1, 'device', { ...answer(1, 5), token: '' }], [9, 'device', { ...notify(700, 6), token: '' }]], [{ ended: 'open', notifications: 1 }]],
  ['Observe 2 in a request is neither', [[0, 'server', { mid: 1, observe: 2, path: RESOURCE }]], []],
  ['a notification whose request was not seen', [[0, 'device', notify(700, 6)]], [{ ended: 'open', request: NO_ROW, established: 0, notifications: 1 }]],
  ['notifications whose request was not seen, one overtaken', [[0, 'device', notify(700, 6)], [1, 'device', notify(701, 8)], [2, 'device', notify(702, 7)], [2, 'device', { ...notify(703, 1), token: '01' }]], [{ notifications: 3, reordered: 1 }, { notifications: 1 }]],
  ['not seen, and ended by a reset', [[0, 'device', notify(700, 6)], [1, 'server', { type: 'RST', code: '0.00', mid: 700, token: '' }], [2, 'device', notify(701, 7)]], [{ ended: 'reset', endRow: 1, notifications: 1, late: 1 }]],
  ['not seen, and cancelled', [[0, 'device', notify(700, 6)], [1, 'server', cancel()], [2, 'device', answer(2)]], [{ ended: 'cancelled', endRow: 2, request: NO_ROW, notifications: 1 }]],
  ['not seen, and ended by an error', [[0, 'device', notify(700, 6)], [1, 'device', { type: 'CON', code: '4.04', mid: 701 }]], [{ ended: 'error', endRow: 1 }]],
  ['not seen, and asked for with the same token', [[0, 'device', notify(700, 6)], [1, 'server', observe()], [2, 'device', answer(1, 100)]], [{ ended: 'replaced', endRow: 1 }, { ended: 'open', request: 1, established: 2 }]],
  ['an answer in an acknowledgement is no notification', [[0, 'device', answer(1, 100)]], []],
  ['an error with Observe is no notification', [[0, 'device', { ...notify(700, 6), code: '4.04' }]], []],
  ['a cancellation of what was not seen', [[0, 'server', cancel()], [1, 'device', answer(2)]], []],
]; // prettier-ignore

describe('observations (RFC 7641)', () => {
  it.each(CASES)('%s', (_, steps, expected) => {
    const { observations } = run(steps).analysis.tracking.observations;
    expect(observations.map(shown)).toMatchObject(expected);
    expect(observations).toHaveLength(expected.length);
  });

  it('of two devices with the same token are two', () => {
    const dialogue = new Dialogue();
    const asked = { mid: 1, token: TOKEN, options: [[6, 0] as const, ...path(RESOURCE)] };
    const told = (type: 'ACK' | 'NON', mid: number, value: number): MessageToWrite => ({
      type,
      code: '2.05',
      mid,
      token: TOKEN,
      options: [[6, value]],
    });
    dialogue.send(0, SERVER, DEVICE, asked);
    dialogue.send(0, SERVER, OTHER_DEVICE, asked);
    dialogue.send(1, OTHER_DEVICE, SERVER, told('ACK', 1, 5));
    dialogue.send(1, DEVICE, SERVER, told('ACK', 1, 9));
    for (const value of [6, 7]) dialogue.send(value, OTHER_DEVICE, SERVER, told('NON', value, value));
    const { observations } = dialogue.analysis.tracking.observations;
    expect(observations.map(({ notifications }) => notifications)).toEqual([0, 2]);
  });

  it('end with the registration of their device (LwM2M Core §6.4.1)', () => {
    const dialogue = new Dialogue();
    const query: OptionToWrite[] = ['ep=dev1', 'lt=60', 'lwm2m=1.1', 'b=U'].map((text) => [15, text]);
    const register = { code: '0.02', mid: 50, token: '01', options: [...path('/rd'), [12, 40] as const, ...query], payload: '</3303/0>' }; // prettier-ignore
    dialogue.up(0, register);
    dialogue.down(1, { type: 'ACK', code: '2.01', mid: 50, token: '01', options: [[8, 'rd'], [8, '1']] }); // prettier-ignore
    dialogue.down(2, { mid: 1, token: TOKEN, options: [[6, 0], ...path(RESOURCE)] });
    dialogue.up(3, { type: 'ACK', code: '2.05', mid: 1, token: TOKEN, options: [[6, 5]], payload: '1' });
    dialogue.up(4, { code: '0.04', mid: 51, token: '02', options: path('/rd/1') });
    dialogue.down(5, { type: 'ACK', code: '2.02', mid: 51, token: '02' });
    dialogue.up(6, { type: 'NON', code: '2.05', mid: 52, token: TOKEN, options: [[6, 6]], payload: '2' });
    const { observations } = dialogue.analysis.tracking.observations;
    expect(observations.map(shown)).toMatchObject([{ ended: 'deregistered', notifications: 0, late: 1 }]);
  });

  it('that began before a Register which the server accepts are over, also where the earlier one was not seen', () => {
    const dialogue = new Dialogue();
    const query: OptionToWrite[] = ['ep=dev1', 'lt=60', 'lwm2m=1.1', 'b=U'].map((text) => [15, text]);
    const register = { code: '0.02', mid: 50, token: '01', options: [...path('/rd'), [12, 40] as const, ...query], payload: '</3303/0>' }; // prettier-ignore
    dialogue.down(0, { mid: 1, token: TOKEN, options: [[6, 0], ...path(RESOURCE)] });
    dialogue.up(1, { type: 'ACK', code: '2.05', mid: 1, token: TOKEN, options: [[6, 5]], payload: '1' });
    dialogue.up(10, register);
    // Asked for before the answer to the Register is there: it belongs to the new registration.
    dialogue.down(11, { mid: 2, token: 'ee', options: [[6, 0], ...path(RESOURCE + '/0')] });
    dialogue.down(12, { type: 'ACK', code: '2.01', mid: 50, token: '01', options: [[8, 'rd'], [8, '1']] }); // prettier-ignore
    const { observations } = dialogue.analysis.tracking.observations;
    expect(observations.map(({ ended, endRow }) => [ended, endRow])).toEqual([
      ['deregistered', 4],
      ['open', undefined],
    ]);
  });

  it('mark their notifications, and not the answers that begin and end them', () => {
    const { messages } = run([
      ...begun,
      [9, 'device', notify(700, 101)],
      [10, 'server', cancel()],
      [11, 'device', answer(2)],
    ]).analysis.tracking;
    const marked = [0, 1, 2, 3, 4].filter((row) => messages.has(row, MessageFlag.notification));
    expect(marked).toEqual([2]);
    expect([0, 1, 2, 3, 4].map((row) => messages.observation.get(row))).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('the order of notifications (RFC 7641 §3.4)', () => {
  /** First value, then values and the seconds at which they come; how many came after a newer one. */
  const ORDERS: [string, number, [value: number, seconds: number][], number][] = [
    ['rising', 1, [[2, 10], [3, 20], [9, 30]], 0],
    ['overtaken', 1, [[3, 10], [2, 11], [4, 20]], 1],
    ['two overtaken', 1, [[4, 10], [2, 11], [3, 12], [5, 20]], 2],
    ['equal values are neither newer nor older', 5, [[5, 10], [5, 11]], 0],
    ['around the end of 24 bits', 0xfffffe, [[0xffffff, 10], [0, 20], [1, 30]], 0],
    ['overtaken around the end', 0xfffffe, [[0, 10], [0xffffff, 11], [1, 20]], 1],
    ['half of the circle ahead, less one', 0, [[0x7fffff, 10]], 0],
    ['half of the circle ahead', 0, [[0x800000, 10]], 1],
    ['half of the circle behind', 0x800000, [[0, 10]], 1],
    ['more than half of the circle behind', 0x800001, [[0, 10]], 0],
    ['lower, 128 s later', 1000, [[5, 129]], 1],
    ['lower, more than 128 s later', 1000, [[5, 129.1]], 0],
    ['lower after a restart, then rising', 1000, [[5, 200], [6, 201]], 0],
  ]; // prettier-ignore
  it.each(ORDERS)('%s', (_, first, values, reordered) => {
    const steps: Step[] = [
      [0, 'server', observe()],
      [1, 'device', answer(1, first)],
      ...values.map(([value, seconds], index): Step => [seconds, 'device', notify(700 + index, value)]),
    ];
    const { observations } = run(steps).analysis.tracking.observations;
    expect(observations.map(shown)).toMatchObject([{ reordered, notifications: values.length }]);
  });
});

describe('missing notifications', () => {
  /** Values after the first, 0; how many are missing by their numbers. */
  const GAPS: [string, number[], number][] = [
    ['none', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0],
    ['one, of a server that counts', [1, 2, 3, 4, 5, 7, 8, 9, 10, 11], 1],
    ['three in one gap', [1, 2, 3, 4, 5, 6, 7, 8, 12, 13], 3],
    // Values need only rise (RFC 7641 §4.4): a server that does not count by one misses nothing.
    ['a server that counts by two', [2, 4, 6, 8, 10, 12, 14, 16, 18, 20], 0],
    ['a clock', [1000, 2000, 3100, 4200, 5000, 6000], 0],
    ['too few steps to tell', [1, 2, 4], 0],
    ['one leap of a counting server', [1, 2, 3, 4, 5, 6, 7, 8, 5000, 5001], 0],
  ];
  it.each(GAPS)('%s', (_, values, missing) => {
    const steps: Step[] = [
      [0, 'server', observe()],
      [1, 'device', answer(1, 0)],
      ...values.map((value, index): Step => [10 + index, 'device', notify(700 + index, value)]),
    ];
    const { observations } = run(steps).analysis.tracking.observations;
    expect(observations.map(shown)).toMatchObject([{ missing, notifications: values.length }]);
  });
});
