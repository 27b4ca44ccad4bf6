import { tsharkFields } from '../tshark.ts';

/** Fields that one run of tshark gives of every frame with CoAP, as Wireshark's display filter names them. */
const FIELDS = [
  'frame.number',
  'coap.version',
  'coap.type',
  'coap.code',
  'coap.mid',
  'coap.token',
  'coap.opt.desc',
  'coap.opt.uri_host',
  'coap.opt.uri_port',
  'coap.opt.uri_path',
  'coap.opt.uri_query',
  'coap.opt.location_path',
  'coap.opt.location_query',
  'coap.opt.ctype',
  'coap.opt.accept',
  'coap.opt.max_age',
  'coap.opt.etag',
  'coap.opt.if_match',
  'coap.opt.observe',
  'coap.opt.block_number',
  'coap.opt.block_mflag',
  'coap.opt.block_size',
  'coap.opt.size1',
  'coap.opt.proxy_uri',
  'coap.opt.proxy_scheme',
  'coap.opt.hop_limit',
  'coap.opt.unknown',
  'coap.opt.object_security_kid_context_present',
  'coap.opt.object_security_kid_present',
  'coap.opt.object_security_piv_len',
  'coap.opt.object_security_piv',
  'coap.opt.object_security_kid_context',
  'coap.opt.object_security_kid',
  'coap.payload_length',
  'coap.block_length',
  'coap.response_in',
  'coap.response_to',
  'coap.response_time',
  'coap.request_first_in',
  'coap.response_first_in',
  '_ws.malformed',
] as const;

/** What tshark says of one frame: all occurrences of each field. */
export type WiresharkMessage = Readonly<Record<(typeof FIELDS)[number], readonly string[]>>;

const SEPARATOR = '\u0002';
const AGGREGATOR = '\u0001';

/**
 * CoAP as tshark reads it from a capture, by frame number: UDP datagrams of their own in the clear, on 5683 and on
 * `ports`. Two passes (`-2`), since only a second one gives a request the frame of its response. What an ICMP error
 * quotes and what TCP carries is no part of the comparison.
 * Undefined where tshark does not know the capture's link type.
 */
export function wiresharkMessages(
  path: string,
  ports: readonly number[],
): Map<number, WiresharkMessage> | undefined {
  const messages = new Map<number, WiresharkMessage>();
  const lines = linesOf(path, [
    '-2',
    ...ports.filter((port) => port !== 5683).flatMap((port) => ['-d', `udp.port==${port},coap`]),
    ...['-Y', 'udp && coap && !icmp && !icmpv6 && !tcp && !dtls'],
    ...['-E', `separator=${SEPARATOR}`, '-E', `aggregator=${AGGREGATOR}`],
  ]);
  if (lines === undefined) return undefined;
  for (const line of lines) {
    const cells = line.join('\t').split(SEPARATOR);
    const message = {} as Record<(typeof FIELDS)[number], string[]>;
    FIELDS.forEach((field, index) => {
      const cell = cells[index] ?? '';
      message[field] = cell === '' ? [] : cell.split(AGGREGATOR);
    });
    messages.set(Number(cells[0]), message);
  }
  return messages;
}

function linesOf(path: string, options: readonly string[]): string[][] | undefined {
  try {
    return tsharkFields(path, FIELDS, options);
  } catch (error) {
    if (error instanceof Error && /network type \d+ unknown or unsupported/.test(error.message))
      return undefined;
    throw error;
  }
}
