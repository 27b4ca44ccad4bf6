import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { RECORDED } from '../captures.ts';
import { available, tsharkFields, version } from '../tshark.ts';
import { analyseFile, recordsOf } from './analyse.ts';
import { coapPortsOf } from '../agreement/coap-ports.ts';

const CAPTURES = [
  'other/aio-tcp-a.pcapng',
  'other/lc-tcp-a.pcapng',
  'other/lc-tcp-segments-a.pcapng',
  'other/net-tcp-loss-a.pcapng',
  'other/der-tcp-midstart-a.pcapng',
  'other/aio-ws-a.pcapng',
  'other/aio-lc-cross-a.pcapng',
  'leshan/leshan-tcp-a.pcapng',
  'leshan/leshan-tcp-block-a.pcapng',
  'anjay/default.notifications.ClientInitiatedNotificationCancellationTcp.pcapng',
  'anjay/default.notifications.TcpNotificationErrorTest.pcapng',
  'anjay/default.register.ConcurrentRequestWhileWaitingForResponseTcp.pcapng',
];
const FIELDS = [
  'frame.number',
  'coap.code',
  'coap.token',
  'coap.opt.uri_path',
  'coap.payload_length',
  'coap.block_length',
] as const;

const AGGREGATOR = '\u0001';
const first = (cell: string): string => cell.split(AGGREGATOR)[0]!;

/** Where tshark is not followed, each with its reason. Reviewed by hand. */
const EXCEPTIONS = new Map<string, string>([
  [
    'other/lc-tcp-segments-a.pcapng 68',
    'tshark has lost the message that began behind another one in frame 64',
  ],
  ['other/lc-tcp-segments-a.pcapng 103', 'a request of HTTP'],
  ['other/lc-tcp-segments-a.pcapng 105', 'what the server says to a client of HTTP'],
]);

/** One message as both sides say it: frame, code, token, path, payload length. */
function ours(record: JsonObject): string {
  const coap = record.coap as JsonObject;
  const [codeClass, detail] = String(coap.code).split('.').map(Number);
  const path = String(coap.uri_path ?? '').slice(1);
  const length = coap.payload_length === 0 ? '' : String(coap.payload_length);
  const { number } = record.frame as JsonObject;
  return [number, codeClass! * 32 + detail!, coap.token, path, length].join(' ');
}

/** Messages over streams that tshark decodes: the first of each frame, for it decodes no second one. */
function theirs(path: string, ports: readonly number[]): string[] {
  const decodeAs = ports.filter((port) => port !== 5683).flatMap((port) => ['-d', `tcp.port==${port},coap`]);
  return tsharkFields(path, FIELDS, [
    ...decodeAs,
    '-Y',
    'coap && tcp',
    '-E',
    'occurrence=a',
    '-E',
    `aggregator=${AGGREGATOR}`,
    '-o',
    'tcp.reassemble_out_of_order:TRUE',
  ]).map(([frame, code, token, segments, length, blockLength]) =>
    [
      frame,
      first(code!),
      first(token!).replaceAll(':', ''),
      segments!.replaceAll(AGGREGATOR, '/'),
      blockLength === '' ? first(length!) : first(blockLength!),
    ].join(' '),
  );
}

describe.skipIf(!available || RECORDED === undefined)(`streams agree with ${version}`, () => {
  it.each(CAPTURES)('%s', async (capture) => {
    const path = join(RECORDED!, capture);
    const records = await recordsOf(await analyseFile(path), 'messages');
    const ourFirst = records.filter(({ id, transport }) => transport !== 'udp' && String(id).endsWith('.0'));
    const isCompared = (line: string): boolean => !EXCEPTIONS.has(`${capture} ${line.split(' ')[0]!}`);
    // Leshan's server has a port of its own.
    const server = (ourFirst[0]!.tcp as JsonObject).dstport as number;
    const ports = capture.startsWith('leshan/') ? [server] : coapPortsOf(RECORDED!, capture);
    const expected = theirs(path, ports).filter(isCompared);
    expect(expected.length).toBeGreaterThan(5);
    expect(ourFirst.map(ours).filter(isCompared)).toEqual(expected);
  });
});
