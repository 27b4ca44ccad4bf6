import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { OPERATION_NAMES } from '../../src/lwm2m/operation.ts';
import { captureOfDescription } from '../described/described-capture.ts';
import { readDescription } from '../described/description.ts';
import { dissectorOf } from '../described/dissect-all.ts';
import { analyseBytes, recordsOf } from './analyse.ts';

/** A request and its answer: row of the table of LwM2M Transport §6.4, who asks, both in words, what both are. */
type Exchanged = [row: number, from: 'dev' | 'srv', request: string, answer: string, operation: string];

const BATTERY = 'ct=0 "87"';
const LIST = 'ct=110 "[{\\"n\\":\\"/3/0/9\\"}]"';
const PACK = 'ct=110 "[{\\"n\\":\\"/3/0/14\\",\\"vs\\":\\"+01:00\\"}]"';

/** All operations of the four interfaces, and what is beside them, in an order that makes sense. */
const STORY: Exchanged[] = [
  [3, 'dev', 'GET /bspack ?ep=dev1 accept=112', '5.01', 'Bootstrap-Pack-Request'],
  [1, 'dev', 'POST /bs ?ep=dev1&pct=112', '2.04', 'Bootstrap-Request'],
  [14, 'srv', 'GET accept=40', '2.05 ct=40 "lwm2m=\\"1.1\\",</0/0>,</1>,</3/0>"', 'Bootstrap-Discover'],
  [14, 'srv', 'GET /1 accept=40', '2.05 ct=40 "</1/0>"', 'Bootstrap-Discover'],
  [15, 'srv', 'GET /1 accept=11542', '2.05 ct=11542 hex:080003c10001', 'Bootstrap-Read'],
  [15, 'srv', 'GET /2/0 accept=11542', '2.05 ct=11542 hex:c10003', 'Bootstrap-Read'],
  [25, 'srv', 'DELETE', '2.02', 'Bootstrap-Delete'],
  [25, 'srv', 'DELETE /1', '2.02', 'Bootstrap-Delete'],
  [26, 'srv', 'DELETE /1/0', '2.02', 'Bootstrap-Delete'],
  [16, 'srv', 'PUT /1 ct=11542 hex:080006c10001c10105', '2.04', 'Bootstrap-Write'],
  [16, 'srv', 'PUT /1/0 ct=11542 hex:c10001', '2.04', 'Bootstrap-Write'],
  [16, 'srv', 'PUT /1/0/1 ct=0 "300"', '2.04', 'Bootstrap-Write'],
  [2, 'srv', 'POST /bs', '2.04', 'Bootstrap-Finish'],
  [4, 'dev', 'POST /rd ?ep=dev1&lt=300&lwm2m=1.1&b=U ct=40 "</1/0>,</3/0>,</5/0>"', '2.01 location=/rd/5a3f', 'Register'],
  [5, 'dev', 'POST /rd/5a3f ?lt=600', '2.04', 'Update'],
  [14, 'srv', 'GET /3 ?depth=2 accept=40', '2.05 ct=40 "</3/0>,</3/0/9>"', 'Discover'],
  [14, 'srv', 'GET /3/0/9', '2.05 ct=40 "</3/0/9>;pmin=1"', 'Discover'],
  [15, 'srv', 'GET /3 accept=11542', '2.05 ct=11542 hex:080003c10957', 'Read'],
  [15, 'srv', 'GET /3/0', '2.05 ct=11542 hex:c10957', 'Read'],
  [15, 'srv', 'GET /3/0/9 accept=0', `2.05 ${BATTERY}`, 'Read'],
  [15, 'srv', 'GET /3/0/7/1', '2.05 ct=0 "5000"', 'Read'],
  [15, 'srv', 'GET /3/0/99', '4.04', 'Read'],
  [16, 'srv', 'PUT /3/0 ct=11542 hex:c60e2b30323a3030', '2.04', 'Write-Replace'],
  [16, 'srv', 'PUT /3/0/14 ct=0 "+02:00"', '2.04', 'Write-Replace'],
  [17, 'srv', 'PUT /3/0/9 ?pmin=1&pmax=60&lt=10', '2.04', 'Write-Attributes'],
  [18, 'srv', 'PUT /3/0/14 "+02:00"', '4.15', 'Write-Replace'],
  [19, 'srv', 'PUT /3/0/9', '2.04', 'Write-Attributes'],
  [20, 'srv', 'POST /3303 ct=11542 hex:080103c10001', '2.01', 'Create'],
  [21, 'srv', 'POST /3/0 ct=11542 hex:c60e2b30323a3030', '2.04', 'Write-Partial-Update'],
  [22, 'srv', 'POST /3/0/4', '2.04', 'Execute'],
  [22, 'srv', 'POST /5/0/2 ct=0 "0=\'now\'"', '4.05', 'Execute'],
  [23, 'srv', 'POST /16/0/0 ct=11542 hex:8003', '2.04', 'Write-Partial-Update'],
  [24, 'srv', 'POST /16/0/0/3 ct=0 "x"', '2.04', 'Write-Partial-Update'],
  [26, 'srv', 'DELETE /3303/1', '2.02', 'Delete'],
  [27, 'srv', 'DELETE /16/0/0/3', '2.02', 'Delete'],
  [10, 'srv', `FETCH accept=110 ${LIST}`, '2.05 ct=110 "[{\\"n\\":\\"/3/0/9\\",\\"v\\":87}]"', 'Read-Composite'],
  [11, 'srv', `iPATCH ${PACK}`, '2.04', 'Write-Composite'],
  [12, 'srv', 'GET /3/0/9 observe=0', `2.05 observe=1 ${BATTERY}`, 'Observe'],
  [13, 'srv', 'GET /3/0/9 observe=1', `2.05 ${BATTERY}`, 'Cancel Observation'],
  [8, 'srv', `FETCH observe=0 ${LIST}`, '2.05 observe=1 ct=110 "[{\\"n\\":\\"/3/0/9\\",\\"v\\":87}]"', 'Observe-Composite'],
  [9, 'srv', `FETCH observe=1 ${LIST}`, '2.05 ct=110 "[{\\"n\\":\\"/3/0/9\\",\\"v\\":87}]"', 'Cancel Observation-Composite'],
  [7, 'dev', `POST /dp ${PACK}`, '2.04', 'Send'],
  [16, 'srv', 'PUT /5/0/1 ct=0 "coap://10.0.0.1/fw/image.bin"', '2.04', 'Write-Replace'],
  [29, 'dev', 'GET /fw/image.bin', '2.05 ct=42 hex:00010203', 'Download'],
  [28, 'dev', 'GET /.well-known/core', '2.05 ct=40 "</rd>;rt=\\"core.rd\\""', 'CoRE discovery'],
  [28, 'srv', 'GET /.well-known/core', '2.05 ct=40 "</3/0>"', 'CoRE discovery'],
  [30, 'dev', 'GET /.well-known/est/crts accept=281', '2.05 ct=281 hex:3000', 'EST enrolment'],
  [30, 'dev', 'POST /.well-known/est/sen ct=286 hex:3000', '2.04 ct=287 hex:3000', 'EST enrolment'],
  [30, 'dev', 'POST /.well-known/est/sren ct=286 hex:3000', '2.04 ct=287 hex:3000', 'EST enrolment'],
  [30, 'dev', 'GET /.well-known/est/att accept=285', '2.05 ct=285 hex:3000', 'EST enrolment'],
  [30, 'dev', 'POST /.well-known/est/skg ct=286 accept=62', '2.04 ct=62 hex:80', 'EST enrolment'],
  [6, 'dev', 'DELETE /rd/5a3f', '2.02', 'De-register'],
]; // prettier-ignore

/** Notifications come behind the answers to these. */
const NOTIFIED = new Set(['Observe', 'Observe-Composite']);

/** Words of a message with its token behind the code, as a description has them. */
function withToken(words: string, token: string, mid: string): string {
  const [code, ...rest] = words.split(' ');
  return [code, mid, `token=${token}`, ...rest].filter((word) => word !== '').join(' ');
}

/** The story as a capture in words, over UDP or TCP; and what each message is to be. */
function describedStory(isTcp: boolean): { text: string; operations: string[] } {
  const lines: string[] = [];
  const operations: string[] = [];
  const add = (from: string, to: string, packet: string): void => {
    lines.push(`${lines.length + 1} +0.1 ${from} > ${to} ${packet}`);
  };
  if (isTcp) {
    add('dev', 'srv', 'tcp CSM');
    add('srv', 'dev', 'tcp CSM');
    operations.push('', '');
  }
  STORY.forEach(([, from, request, answer, operation], index) => {
    const to = from === 'dev' ? 'srv' : 'dev';
    // A request that ends an observation has the token of the one that began it (RFC 7641 §3.6).
    const began = operation.startsWith('Cancel') ? index - 1 : index;
    const token = (0xa000 + began).toString(16);
    const mid = isTcp ? '' : (0x1000 + index).toString(16);
    add(from, to, `${isTcp ? 'tcp' : 'CON'} ${withToken(request, token, mid)}`);
    add(to, from, `${isTcp ? 'tcp' : 'ACK'} ${withToken(answer, token, isTcp ? '' : mid)}`);
    operations.push(operation, operation);
    if (!NOTIFIED.has(operation)) return;
    const notification = answer.replace('observe=1', 'observe=2');
    add(to, from, `${isTcp ? 'tcp' : 'NON'} ${withToken(notification, token, isTcp ? '' : (0x7000 + index).toString(16))}`); // prettier-ignore
    operations.push('Notify');
  });
  return { text: lines.join('\n'), operations };
}

async function analysisOf(text: string): Promise<Analysis> {
  return analyseBytes('story.pcap', captureOfDescription(readDescription(text)));
}

describe.each([
  ['UDP', false],
  ['TCP', true],
])('every operation over %s', (_name, isTcp) => {
  const { text, operations } = describedStory(isTcp);

  it('is named on its request, its answer and its notification', async () => {
    const records = await recordsOf(await analysisOf(text), 'messages');
    const named = records.map((record) => (record.lwm2m as { operation?: string } | undefined)?.operation ?? '');
    const lines = text.split('\n');
    expect(named.map((name, index) => `${name} | ${lines[index]}`)).toEqual(
      operations.map((name, index) => `${name} | ${lines[index]}`),
    );
  }); // prettier-ignore
});

it.each<[string, string[]]>([
  ['POST /rd ?ep', ['Endpoint client name: dev1', 'Lifetime: 300 s', 'LwM2M version: 1.1', 'Binding mode: U']],
  ['POST /rd/5a3f ?lt', ['Lifetime: 600 s']],
  ['PUT /3/0/9 ?pmin', ['Minimum period: 1 s', 'Maximum period: 60 s', 'Less than: 10']],
  ['GET /3 ?depth', ['Depth: 2']],
])('says in the tree what the query of %s means', async (request, expected) => {
  const { text } = describedStory(true);
  // The row of a message is its place among the lines, for each line is one message.
  const row = text.split('\n').findIndex((line) => line.replace(/token=\w+ /, '').includes(request));
  const { fields } = (await dissectorOf(await analysisOf(text)).dissect(row))!;
  const lwm2m = fields.find(({ label }) => label === 'LwM2M')!;
  const said = lwm2m.children!.map(({ label, value }) => `${label}: ${value}`);
  expect(said.slice(-expected.length)).toEqual(expected);
}); // prettier-ignore

it('is in the story, and each row of the table', () => {
  expect(new Set(STORY.map(([, , , , operation]) => operation))).toEqual(
    new Set(OPERATION_NAMES.filter((name) => name !== '' && name !== 'Notify')),
  );
  expect([...new Set(STORY.map(([row]) => row))].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
});
