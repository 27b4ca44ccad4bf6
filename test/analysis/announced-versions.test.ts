import { expect, it } from 'vitest';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { Dissector } from '../../src/analysis/dissection/dissect.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';
import type { FieldNode } from '../../src/analysis/protocol.ts';
import { analyseBytes, recordsOf } from './analyse.ts';
import { captureOf, readOf, registrationAt, type SentMessage } from './written-capture.ts';

/** Registers at the server with a list of objects. */
function registering(at: number, mid: number, version: string, payload: string): SentMessage[] {
  const [register, answer] = registrationAt(at);
  const options = [...register!.options!, [15, `lwm2m=${version}`]] as SentMessage['options'];
  const token = mid.toString(16);
  return [
    { ...register!, mid, token, options, payload },
    { ...answer!, mid, token },
  ];
}

/** A read of a resource that is answered in TLV. */
function reading(at: number, mid: number, resource: string, payload: number[]): SentMessage[] {
  const token = mid.toString(16);
  return [
    readOf(at, mid, token, resource),
    {
      at,
      nanoseconds: 1000,
      up: true,
      type: 'ACK',
      code: '2.05',
      mid,
      token,
      options: [[12, 11542]],
      payload,
    },
  ];
}

/** Object 21 has texts in version 1.0 and bytes in 2.0 (OMA registry); `/21/0/1` is the sender id. */
const SENDER_ID = [0xc2, 0x01, 0x41, 0x42];

const capture = captureOf([
  ...reading(900, 0x21, '/21/0/1', SENDER_ID),
  ...registering(1000, 0x22, '1.1', '</3/0>,</21>;ver=1.0,</21/0>'),
  ...reading(1001, 0x23, '/21/0/1', SENDER_ID),
  ...reading(1002, 0x24, '/3/0/9', [0xc1, 0x09, 0x57]),
  ...registering(2000, 0x25, '1.1', '</3>;ver=1.2,</3/0>,</21>;ver=2.0,</21/0>'),
  ...reading(2001, 0x26, '/21/0/1', SENDER_ID),
  ...reading(2002, 0x27, '/3/0/9', [0xc1, 0x09, 0x57]),
]).slice();

it('reads values by the version that the device had announced before', async () => {
  const records = await recordsOf(await analyseBytes('versions.pcap', capture), 'messages');
  const values = records
    .flatMap((record) => (record.lwm2m as { values?: object[] } | undefined)?.values ?? [])
    .filter((value) => (value as { path: string }).path.startsWith('/21'));
  expect(values).toEqual([
    expect.objectContaining({ type: 'Opaque', value: '4142' }),
    expect.objectContaining({ type: 'String', value: 'AB' }),
    expect.objectContaining({ type: 'Opaque', value: '4142' }),
  ]);
});

it('says in the tree which definition was used and why', async () => {
  const analysis = await analyseBytes('versions.pcap', capture);
  const facts = new MessageFacts(analysis);
  const bytes = new MessageBytes(analysis);
  const summaries = new MessageSummary(analysis, facts, bytes);
  const dissector = new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
  const definitions: string[] = [];
  const collect = (nodes: readonly FieldNode[]): void => {
    for (const node of nodes) {
      if (node.label === 'Definition') definitions.push(node.value!);
      collect(node.children ?? []);
    }
  };
  for (let row = 0; row < analysis.tracking.messages.count; row++)
    collect((await dissector.dissect(row))!.fields);
  expect(definitions).toEqual([
    'OSCORE Sender ID · Opaque · bootstrap only · mandatory · LWM2M OSCORE 2.0 (assumed newest, not announced)',
    'OSCORE Sender ID · String · bootstrap only · mandatory · LWM2M OSCORE 1.0 (device announced 1.0)',
    'Battery Level · Integer · R · 0..100 % · Device 1.1 (implied by LwM2M 1.1)',
    'OSCORE Sender ID · Opaque · bootstrap only · mandatory · LWM2M OSCORE 2.0 (device announced 2.0)',
    'Battery Level · Integer · R · 0..100 % · Device 1.2 (device announced 1.2)',
  ]);
});

it('covers secrets in lists and marks them in the tree', async () => {
  const secret = captureOf([
    ...registrationAt(1000),
    ...reading(1001, 0x31, '/0/0/5', [0xc4, 0x05, 0x73, 0x33, 0x63, 0x72]),
  ]).slice();
  const analysis = await analyseBytes('secret.pcap', secret);
  const facts = new MessageFacts(analysis);
  const bytes = new MessageBytes(analysis);
  const summaries = new MessageSummary(analysis, facts, bytes);
  expect(await summaries.text(3)).toMatch(/Secret Key ••••/);
  const dissector = new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
  const marked: FieldNode[] = [];
  const collect = (nodes: readonly FieldNode[]): void => {
    for (const node of nodes) {
      if (node.sensitive !== undefined) marked.push(node);
      collect(node.children ?? []);
    }
  };
  const dissection = (await dissector.dissect(3))!;
  collect(dissection.fields);
  expect(marked).toHaveLength(1);
  expect(marked[0]).toMatchObject({ label: '/0/0/5 Secret Key', sensitive: 'key', length: 4 });
  expect(JSON.stringify(dissection.exchange)).not.toContain('73336372');
});
