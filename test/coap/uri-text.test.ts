import { describe, expect, it } from 'vitest';
import { MessageView } from '../../src/coap/message.ts';
import {
  pathSegmentText,
  plainSegment,
  writeLocationPath,
  writeUriPath,
  writeUriQuery,
} from '../../src/coap/uri-text.ts';
import type { OptionToWrite } from './coap-message.ts';
import { write } from './coap-message.ts';

type Writer = typeof writeUriPath;

const [PATH, QUERY, LOCATION] = [11, 15, 8];

function viewOf(options: readonly OptionToWrite[]): MessageView {
  const bytes = write({ options, payload: '/&' });
  const view = new MessageView();
  view.read(bytes, 0, bytes.length, bytes.length);
  return view;
}

function textOf(writer: Writer, options: readonly OptionToWrite[], room = 4000): string {
  const target = new Uint8Array(room).fill(0x23);
  const end = writer(viewOf(options), target, 2);
  // Nothing is written before the offset or behind the end that is given.
  expect([...target.subarray(0, 2), ...target.subarray(end)].every((byte) => byte === 0x23)).toBe(true);
  return new TextDecoder().decode(target.subarray(2, end));
}

const long = 'x'.repeat(300);

describe('options as text', () => {
  const CASES: [Writer, number, string[], string][] = [
    [writeUriPath, PATH, [], ''],
    [writeUriPath, PATH, ['rd'], '/rd'],
    [writeUriPath, PATH, ['3', '0', '9'], '/3/0/9'],
    [writeUriPath, PATH, [''], '/'],
    [writeUriPath, PATH, ['3', '0', ''], '/3/0/'],
    [writeUriPath, PATH, ['', 'a'], '//a'],
    [writeUriPath, PATH, ['a/b', 'c'], '/a%2Fb/c'],
    [writeUriPath, PATH, ['/'], '/%2F'],
    [writeUriPath, PATH, ['a%2Fb', '%', '100%25'], '/a%252Fb/%25/100%2525'],
    [writeUriQuery, QUERY, ['x=5%', 'y=%26'], 'x=5%25&y=%2526'],
    [writeUriPath, PATH, ['a&b', 'c=d'], '/a&b/c=d'],
    [writeUriPath, PATH, ['ölstand', '温度'], '/ölstand/温度'],
    [writeUriPath, PATH, ['a'.repeat(12), 'b'.repeat(13), 'c'.repeat(14), 'd'.repeat(268)], `/${'a'.repeat(12)}/${'b'.repeat(13)}/${'c'.repeat(14)}/${'d'.repeat(268)}`],
    [writeUriPath, PATH, ['a', long, 'b'], `/a/${long}/b`],
    [writeUriPath, PATH, [long, long], `/${long}/${long}`],
    [writeUriQuery, QUERY, [], ''],
    [writeUriQuery, QUERY, ['ep=dev1'], 'ep=dev1'],
    [writeUriQuery, QUERY, ['ep=dev1', 'lt=60', 'Q'], 'ep=dev1&lt=60&Q'],
    [writeUriQuery, QUERY, ['ep=a&b', 'x'], 'ep=a%26b&x'],
    [writeUriQuery, QUERY, ['a/b'], 'a/b'],
    [writeUriQuery, QUERY, ['', ''], '&'],
    [writeLocationPath, LOCATION, ['rd', '5a3f'], '/rd/5a3f'],
    [writeLocationPath, LOCATION, ['rd', '/5a/3f', ''], '/rd/%2F5a%2F3f/'],
    [writeLocationPath, LOCATION, [], ''],
  ]; // prettier-ignore
  it.each(CASES)('%o %i %j', (writer, number, values, text) => {
    // Options before and behind the run must not matter.
    const around: OptionToWrite[] = [
      [3, 'host'],
      [60, 7],
    ];
    expect(textOf(writer, [...values.map((value) => [number, value] as const), ...around])).toBe(text);
  });

  it('take the three runs of one message apart', () => {
    const options: OptionToWrite[] = [
      [LOCATION, 'l'],
      [PATH, 'p'],
      [PATH, 'q'],
      [12, 40],
      [QUERY, 'a'],
      [QUERY, 'b'],
      [17, 42],
    ];
    expect([writeUriPath, writeUriQuery, writeLocationPath].map((writer) => textOf(writer, options))).toEqual(
      ['/p/q', 'a&b', '/l'],
    );
  });

  it.each(['a/b', 'a%2Fb', '%', '%25', '%252F', 'a&b', '%26', '', 'plant-7/valve é'])(
    'give the segment %j back',
    (segment) => {
      const path = textOf(writeUriPath, [[PATH, segment]]);
      expect(path.slice(1).split('/').map(plainSegment)).toEqual([segment]);
      expect(pathSegmentText(segment)).toBe(path.slice(1));
      const query = textOf(writeUriQuery, [[QUERY, segment]]);
      expect(query.split('&').map(plainSegment)).toEqual([segment]);
    },
  );

  it('end where there is no more room', () => {
    const options = [0, 1, 2].map(() => [PATH, '/'.repeat(20)] as const);
    for (let room = 2; room < 200; room++) expect(textOf(writeUriPath, options, room).length).toBeLessThan(room); // prettier-ignore
  });
});
