import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { Dissector } from '../../src/analysis/dissection/dissect.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';
import type { Dissection, FieldNode } from '../../src/analysis/protocol.ts';
import { doubtText } from '../../src/analysis/records/doubt-text.ts';
import { codeText, MessageType, TYPE_NAMES } from '../../src/coap/code.ts';
import { blockMore, blockNumber, blockSize, NO_FORMAT, NO_OPTION } from '../../src/coap/message.ts';
import { OPERATION_NAMES } from '../../src/lwm2m/operation.ts';
import { describeValue, readValue } from '../../src/lwm2m/value-text.ts';
import type { ValueTypeCode } from '../../src/lwm2m/value.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { analyseFile, capturesBelow } from './analyse.ts';

/** Bytes of a token (RFC 7252 §3); of a longer one (RFC 8974) the table keeps a hash only. */
const LONGEST_TOKEN = 8;

const shownToken = (token: string): string =>
  token.length > 2 * LONGEST_TOKEN ? `${token.length / 2} bytes` : token;

/** All nodes of a tree, parents before children. */
function* nodesOf(nodes: readonly FieldNode[]): Generator<FieldNode> {
  for (const node of nodes) {
    yield node;
    yield* nodesOf(node.children ?? []);
  }
}

/** What the tree says of the header and the options, in the words of the columns. */
function coapOfTree(coap: FieldNode): Record<string, unknown> {
  const children = coap.children ?? [];
  const value = (label: string): string | undefined => children.find((node) => node.label === label)?.value;
  const values = (label: string): string[] =>
    children.filter((node) => node.label === label).map((node) => node.value ?? '');
  const path = values('Uri-Path');
  const query = values('Uri-Query');
  return {
    type: value('Type'),
    code: value('Code')?.split(' ')[0],
    messageId: value('Message ID'),
    token: shownToken(value('Token') ?? ''),
    path: path.length === 0 ? '' : `/${path.join('/')}`,
    query: query.join('&'),
    contentFormat: value('Content-Format')?.split(' ')[0],
    accept: value('Accept')?.split(' ')[0],
    observe: value('Observe'),
    block1: value('Block1'),
    block2: value('Block2'),
    payloadLength: /(\d+) bytes$/.exec(value('Payload') ?? '0 bytes')?.[1],
  };
}

/** What the table says of the same. */
function coapOfTable(analysis: Analysis, row: number): Record<string, unknown> {
  const { messages } = analysis.tracking;
  const option = (value: number, none: number): string | undefined =>
    value === none ? undefined : String(value);
  const block = (value: number): string | undefined =>
    value === NO_OPTION
      ? undefined
      : `number ${blockNumber(value)} · ${blockMore(value) ? 'more' : 'last'} · ${blockSize(value)} bytes`;
  const length = messages.tokenLength.get(row);
  const token = [messages.tokenHigh.get(row), messages.tokenLow.get(row)]
    .map((half) => half.toString(16).padStart(8, '0'))
    .join('')
    .slice(Math.max(0, 2 * (LONGEST_TOKEN - length)));
  return {
    type: TYPE_NAMES[messages.type.get(row)],
    code: codeText(messages.code.get(row)),
    messageId: messages.type.get(row) === MessageType.none ? undefined : String(messages.messageId.get(row)),
    token: shownToken(length === 0 ? '' : length > LONGEST_TOKEN ? '00'.repeat(length) : token),
    path: messages.texts.text(messages.path.get(row)),
    query: messages.texts.text(messages.query.get(row)),
    contentFormat: option(messages.contentFormat.get(row), NO_FORMAT),
    accept: option(messages.accept.get(row), NO_FORMAT),
    observe: option(messages.observe.get(row), NO_OPTION),
    block1: block(messages.block1(row)),
    block2: block(messages.block2(row)),
    payloadLength: String(messages.payloadLength.get(row)),
  };
}

interface SaidValue {
  path: string;
  text: string;
  bytes: string;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The values in the tree: nodes with a path for a label, which say their type within. */
function valuesOfTree(dissection: Dissection): SaidValue[] {
  return [...nodesOf(dissection.fields)]
    .filter(({ label, children }) => label.startsWith('/') && children?.[0]?.label === 'Type')
    .map(({ label, value, view, start, length }) => ({
      path: label.split(' ')[0]!,
      text: value ?? '',
      bytes: hex(dissection.views[view]!.bytes.subarray(start, start + length)),
    }));
}

/** The values of a message in the table. */
async function valuesOfTable(
  analysis: Analysis,
  bytes: MessageBytes,
  facts: MessageFacts,
  row: number,
): Promise<SaidValue[]> {
  const { values } = analysis.tracking;
  const first = values.firstOf(row);
  if (first < 0) return [];
  const body = (await bytes.body(row))!;
  const format = facts.bodyFormat(row);
  const said: SaidValue[] = [];
  for (let index = first; index < values.count && values.message.get(index) === row; index++) {
    const path = values.path.get(index);
    const [objectId, resourceId] = [values.paths.id(path, 0), values.paths.id(path, 2)];
    const [start, end] = [values.start.get(index), values.end(index, body.length)];
    const type = values.type.get(index) as ValueTypeCode;
    const resource = analysis.tracking.modelOf(row).resource(objectId, resourceId);
    const value = readValue(type, format, body, start, end);
    const doubt = doubtText(values.doubts.get(index));
    said.push({
      path: values.paths.text(path),
      text:
        describeValue(objectId, resourceId, type, value, resource?.unit, resource?.limits?.names) +
        (doubt === '' ? '' : ` (${doubt})`),
      bytes: hex(body.subarray(start, end)),
    });
  }
  return said;
}

const captures = capturesBelow(FIXTURES, RECORDED);

describe('the tree of fields says what the tables say', () => {
  it.each(captures)('$path', async ({ folder, path }) => {
    const analysis = await analyseFile(join(folder, path));
    const facts = new MessageFacts(analysis);
    const bytes = new MessageBytes(analysis);
    const summaries = new MessageSummary(analysis, facts, bytes);
    const dissector = new Dissector(analysis, facts, bytes, new DeviceIndex(analysis), summaries);
    const { messages } = analysis.tracking;
    for (let row = 0; row < messages.count; row++) {
      const dissection = await dissector.dissect(row);
      const where = `frame ${messages.frame.get(row)}`;
      expect(dissection, where).toBeDefined();
      const { fields, views } = dissection!;
      for (const { label, view, start, length } of nodesOf(fields)) {
        const isInside = start >= 0 && length >= 0 && start + length <= views[view]!.bytes.length;
        if (!isInside) expect.fail(`${where}: ${label} lies outside of its bytes`);
      }
      const coap = fields.find(({ label }) => label === 'CoAP');
      // What stands after a fault in the header is in neither.
      if (messages.outcome.get(row) !== 2)
        expect(coapOfTree(coap!), where).toEqual(coapOfTable(analysis, row));
      const operation = OPERATION_NAMES[messages.operation.get(row)]!;
      const lwm2m = fields.find(({ label }) => label === 'LwM2M');
      expect(lwm2m?.value?.split(' · ')[0] ?? '', where).toBe(operation);
      // The values of a repeat stand in the table once, with the first copy.
      const first = facts.firstCopy(row);
      expect(valuesOfTree(dissection!), where).toEqual(await valuesOfTable(analysis, bytes, facts, first));
    }
  });
});
