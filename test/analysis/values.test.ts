import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { ValueAnswers } from '../../src/analysis/value-answers.ts';
import { SampleMark, SeriesKind, type ValueLineQuery } from '../../src/analysis/value-protocol.ts';
import { path as pathOptions } from '../coap/coap-message.ts';
import { analyseBytes, recordsOf } from './analyse.ts';
import { captureOf, registrationAt, readOf, type SentMessage } from './written-capture.ts';

const ALL: ValueLineQuery = { text: '', observedOnly: false, doubtfulOnly: false, first: 0, count: 100 };

function answersOf(analysis: Analysis): ValueAnswers {
  const facts = new MessageFacts(analysis);
  const bytes = new MessageBytes(analysis);
  return new ValueAnswers(analysis, facts, new DeviceIndex(analysis), bytes, () => undefined);
}

/** An answer in plain text. */
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

/** A device that is read and observed, is lost for a while, and comes back. */
async function sample(): Promise<Analysis> {
  const temperature = '/3303/0/5700';
  return analyseBytes(
    'values.pcap',
    captureOf([
      ...registrationAt(1000),
      {
        at: 1001,
        code: '0.03',
        mid: 10,
        token: 'b1',
        options: [...pathOptions(temperature), [15, 'pmin=1'], [15, 'pmax=10']],
      },
      { at: 1001, nanoseconds: 1000, up: true, type: 'ACK', code: '2.04', mid: 10, token: 'b1' },
      { at: 1002, code: '0.01', mid: 11, token: 'c1', options: [[6, ''], ...pathOptions(temperature)] },
      { ...told(1002, 11, 'c1', '20.5', 1), nanoseconds: 1000, type: 'ACK' },
      told(1006, 100, 'c1', '21.5', 2),
      told(1026, 101, 'c1', '22', 3),
      readOf(1027, 12, 'd1', '/3/0/0'),
      { ...told(1027, 12, 'd1', 'Made Up Ltd'), nanoseconds: 1000 },
      readOf(1028, 13, 'd2', '/5/0/3'),
      { ...told(1028, 13, 'd2', '2'), nanoseconds: 1000 },
      // The lifetime of 60 s is over at 1060; it registers again.
      ...registrationAt(1100).map((message) => ({ ...message, mid: 2, token: 'a2' })),
      readOf(1101, 14, 'd3', temperature),
      { ...told(1101, 14, 'd3', '19'), nanoseconds: 1000 },
    ]),
  );
}

describe('the list of values', () => {
  it('has devices, objects, instances and resources in order, with what was last told', async () => {
    const answers = answersOf(await sample());
    const { lines, resources, doubtful } = await answers.lines(ALL, 1);
    expect(lines.map(({ kind, id, name, last }) => [kind, id, name, last])).toEqual([
      ['device', 'dev1', '', undefined],
      ['object', '/3', 'Device', undefined],
      ['instance', '0', '', undefined],
      ['resource', '0', 'Manufacturer', 'Made Up Ltd'],
      ['object', '/5', 'Firmware Update', undefined],
      ['instance', '0', '', undefined],
      ['resource', '3', 'State', '2 Downloaded'],
      ['object', '/3303', 'Temperature', undefined],
      ['instance', '0', '', undefined],
      ['resource', '5700', 'Sensor Value', '19'],
    ]);
    expect([resources, doubtful]).toEqual([3, 0]);
    expect(lines.at(-1)).toMatchObject({
      samples: 4,
      previous: '22',
      operations: 'R',
      attributes: 'pmin 1 · pmax 10',
      seriesKind: SeriesKind.number,
    });
  });

  it('folds, and finds by name, by path and by unit', async () => {
    const answers = answersOf(await sample());
    const { lines } = await answers.lines(ALL, 1);
    answers.fold(lines[0]!.device, '/3', true);
    const folded = await answers.lines(ALL, 1);
    expect(folded.lines.map((line) => line.pathText)).not.toContain('/3/0');
    for (const text of ['sensor', '/3303', 'temperature']) {
      const found = await answers.lines({ ...ALL, text }, 1);
      expect(found.lines.filter((line) => line.kind === 'resource').map((line) => line.pathText)).toEqual([
        '/3303/0/5700',
      ]);
    }
    expect((await answers.lines({ ...ALL, text: 'nothing such' }, 1)).total).toBe(0);
  });
});

describe('a resource that was not observed for a time', () => {
  const temperature = '/3303/0/5700';
  /** Cancelled at 1004 by a reset, asked for again at 1010. */
  const messages: SentMessage[] = [
    ...registrationAt(1000),
    { at: 1001, code: '0.01', mid: 11, token: 'c1', options: [[6, ''], ...pathOptions(temperature)] },
    { ...told(1001, 11, 'c1', '20', 1), nanoseconds: 1000, type: 'ACK' },
    told(1003, 100, 'c1', '21', 2),
    { at: 1004, type: 'RST', code: '0.00', mid: 100, token: '' },
    readOf(1006, 12, 'c2', temperature),
    { ...told(1006, 12, 'c2', '22'), nanoseconds: 1000 },
    { at: 1010, code: '0.01', mid: 13, token: 'c3', options: [[6, ''], ...pathOptions(temperature)] },
    { ...told(1010, 13, 'c3', '23', 1), nanoseconds: 1000, type: 'ACK' },
    told(1012, 101, 'c3', '24', 2),
  ];

  const BREAK = { from: 4e9, to: 10e9, text: 'not observed 6.0 s' };
  const isGap = (mark: number): boolean => (mark & SampleMark.gap) !== 0;

  it('has a break that the line ends at, unless it was read meanwhile', async () => {
    for (const [sent, gaps] of [
      [messages, [false, false, false, false, false]],
      [messages.filter(({ token }) => token !== 'c2'), [false, false, true, false]],
    ] as const) {
      const answers = answersOf(await analyseBytes('unobserved.pcap', captureOf(sent)));
      const [key] = await answers.find([{ device: 'dev1', pathText: temperature }]);
      const { series, breaks } = await answers.chart({ series: [key!], from: 0, to: 20e9, pixels: 100 }, 1);
      expect(breaks).toEqual([{ ...key, ...BREAK }]);
      expect([...series[0]!.marks].map(isGap)).toEqual(gaps);
    }
  });

  it('is found by its name and path, and another is not', async () => {
    const answers = answersOf(await analyseBytes('unobserved.pcap', captureOf(messages)));
    expect(
      await answers.find([
        { device: 'dev1', pathText: '/3303/1/5700' },
        { device: 'dev2', pathText: temperature },
      ]),
    ).toEqual([undefined, undefined]);
  });
});

describe('how values are drawn', () => {
  it('is as numbers where a range bounds them, as states where they have names', async () => {
    const messages = [
      ...registrationAt(1000),
      readOf(1001, 12, 'd1', '/3/0/9'),
      told(1002, 12, 'd1', '87'),
      readOf(1003, 13, 'd2', '/5/0/3'),
      told(1004, 13, 'd2', '1'),
    ];
    const answers = answersOf(await analyseBytes('kinds.pcap', captureOf(messages)));
    const { lines } = await answers.lines(ALL, 1);
    const kinds = lines.filter(({ kind }) => kind === 'resource').map(({ seriesKind }) => seriesKind);
    expect(kinds).toEqual([SeriesKind.number, SeriesKind.state]);
  });
});

describe('a secret', () => {
  it('is covered in the list and left out of exports', async () => {
    const messages: SentMessage[] = [
      ...registrationAt(1000),
      {
        at: 1001,
        code: '0.03',
        mid: 12,
        token: 'd1',
        options: [...pathOptions('/0/0/5'), [12, 0]],
        payload: 'c2VjcmV0',
      },
      { at: 1001, nanoseconds: 1000, up: true, type: 'ACK', code: '2.04', mid: 12, token: 'd1' },
    ];
    const answers = answersOf(await analyseBytes('secret.pcap', captureOf(messages)));
    const { lines } = await answers.lines(ALL, 1);
    expect(lines.at(-1)).toMatchObject({ name: 'Secret Key', last: '••••' });
    for (const format of ['csv', 'ndjson'] as const) {
      const text = await (await answers.export([], format, true)).text();
      expect(text).toContain('/0/0/5');
      expect(text).not.toMatch(/c2VjcmV0|736563726574/);
      // Whoever asks for them gets them.
      expect(await (await answers.export([], format, false)).text()).toMatch(/c2VjcmV0|736563726574/);
    }
  });
});

describe('the chart of values', () => {
  it('has each sample, a gap where the registration broke, and what came later than pmax', async () => {
    const answers = answersOf(await sample());
    const { lines } = await answers.lines(ALL, 1);
    const { device, path } = lines.at(-1)!;
    const { series, breaks } = await answers.chart(
      { series: [{ device, path }], from: 0, to: 200e9, pixels: 500 },
      1,
    );
    const [one] = series;
    expect([...one!.value]).toEqual([20.5, 21.5, 22, 19]);
    const { gap, late, changed, unasked } = SampleMark;
    expect([...one!.marks]).toEqual([0, changed | unasked, changed | late | unasked, changed | gap]);
    expect([...one!.position]).toEqual([0, 1, 2, 3]);
    expect([...one!.since].map((seconds) => Math.round(seconds))).toEqual([NaN, 4, 20, 75]);
    expect(one!.statistics).toMatchObject({ samples: 4, least: 19, most: 22, mean: 20.75, leftOut: 0 });
    expect(one!.attributes.map(({ pmin, pmax }) => [pmin, pmax])).toEqual([[1, 10]]);
    // Register answered at 1000.01 with lifetime 60; the next answer at 1100.01.
    expect(breaks).toHaveLength(1);
    expect(breaks[0]!.from / 1e9).toBeCloseTo(60, 1);
  });

  it('tells statistics of the window only, though lines run on to its edge', async () => {
    const answers = answersOf(await sample());
    const { lines } = await answers.lines(ALL, 1);
    const { device, path } = lines.at(-1)!;
    // The samples of seconds 2, 6, 26 and 101 of the capture.
    const { series } = await answers.chart(
      { series: [{ device, path }], from: 4e9, to: 30e9, pixels: 500 },
      1,
    );
    expect([...series[0]!.value]).toEqual([20.5, 21.5, 22, 19]);
    expect(series[0]!.samples).toBe(2);
    expect(series[0]!.statistics).toMatchObject({ samples: 2, least: 21.5, most: 22 });
  });

  it('finds the resources of a message, and what is worth seeing first', async () => {
    const answers = answersOf(await sample());
    const { lines, longest } = await answers.lines(ALL, 1);
    const { device, path, lastRow } = lines.at(-1)!;
    expect(longest).toEqual({ device, path });
    expect(answers.seriesOfRow(lastRow!)).toEqual([{ device, path }]);
    expect(answers.seriesOfRow(0)).toEqual([]);
  });

  it('thins to its pixels and keeps the extremes', async () => {
    const messages: SentMessage[] = [...registrationAt(1000)];
    messages.push({
      at: 1001,
      code: '0.01',
      mid: 11,
      token: 'c1',
      options: [[6, ''], ...pathOptions('/3303/0/5700')],
    });
    for (let n = 0; n < 1000; n++) {
      const value = n === 517 ? '99' : n === 518 ? '-99' : String(n % 10);
      messages.push({ ...told(1002, 1000 + n, 'c1', value, n + 1), nanoseconds: n * 1_000_000 });
    }
    const answers = answersOf(await analyseBytes('many.pcap', captureOf(messages)));
    const { lines } = await answers.lines(ALL, 1);
    const { device, path } = lines.at(-1)!;
    const { series } = await answers.chart({ series: [{ device, path }], from: 0, to: 4e9, pixels: 20 }, 1);
    expect(series[0]!.time.length).toBeLessThanOrEqual(4 * 20 + 2);
    expect(Math.max(...series[0]!.value)).toBe(99);
    expect(Math.min(...series[0]!.value)).toBe(-99);
    expect(series[0]!.samples).toBe(1000);
  });
});

describe('the samples of a resource', () => {
  it('are listed with operation, message and time since the one before', async () => {
    const answers = answersOf(await sample());
    const { lines } = await answers.lines(ALL, 1);
    const key = { device: lines.at(-1)!.device, path: lines.at(-1)!.path };
    const { total, samples } = await answers.samples(key, 1, 2, 1);
    expect(total).toBe(4);
    expect(samples.map(({ value, operation, coap, since }) => [value, operation, coap, since])).toEqual([
      ['21.5', 'Notify', 'NON 2.05 · 2', 3.999999],
      ['22', 'Notify', 'NON 2.05 · 3', 20],
    ]);
    expect(await answers.sampleOfRow(key, samples[1]!.row)).toBe(2);
    expect(await answers.sampleOfRow(key, 0)).toBe(-1);
  });

  it('are exported as a table and as records', async () => {
    const analysis = await sample();
    const answers = answersOf(analysis);
    const { lines } = await answers.lines(ALL, 1);
    const key = { device: lines.at(-1)!.device, path: lines.at(-1)!.path };
    const table = await (await answers.export([key], 'csv', true)).text();
    expect(table.split('\n').slice(0, 2)).toEqual([
      'time,value_time,device,server,path,name,value,unit,type,format,operation,id,doubt',
      '1002.000001000,,dev1,10.0.0.1:5683,/3303/0/5700,Sensor Value,20.5,,Float,plain text,Observe,1.6.0,',
    ]);
    const all = (await (await answers.export([], 'ndjson', true)).text()).trim().split('\n');
    expect(all.map((line) => JSON.parse(line) as unknown)).toEqual(await recordsOf(analysis, 'values'));
    expect(all).toHaveLength(6);
  });
});
