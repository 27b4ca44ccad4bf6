import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../../../src/analysis/analysis.ts';
import { passesFilter } from '../../../src/analysis/filter/compile.ts';
import { compileMessageFilter } from '../../../src/analysis/message-filter.ts';
import { PUBLIC, RECORDED } from '../../captures.ts';
import * as oracle from '../../tshark.ts';
import { analyseFile } from '../analyse.ts';

/** Frame numbers of the messages that our filter chooses, each once. */
async function ours(analysis: Analysis, text: string): Promise<number[]> {
  const filter = compileMessageFilter(text, analysis);
  if (!filter.ok) throw new Error(`${text}: ${filter.message}`);
  const { messages } = analysis.tracking;
  const frames = new Set<number>();
  for (let row = 0; row < messages.count; row++)
    if (await passesFilter(filter, row)) frames.add(messages.frame.get(row));
  return [...frames].sort((a, b) => a - b);
}

const OPTIONS = ['-o', 'udp.check_checksum:TRUE'];

/** How many frames tshark chooses, and the sum of their numbers; of those that hold CoAP. */
interface Choice {
  frames: number;
  sum: number;
}

/** What tshark chooses by each filter, in one run; its statistics take none with a comma. */
function theirs(file: string, decode: readonly string[], filters: readonly string[]): Choice[] {
  const { stdout } = oracle.tshark([
    ...['-q', '-r', file, ...OPTIONS, ...decode.flatMap((rule) => ['-d', rule])],
    ...filters.flatMap((text) => {
      const whole = `coap && !icmp && !icmpv6 && (${text})`;
      return ['-z', `io,stat,0,${whole},SUM(frame.number)frame.number && ${whole}`];
    }),
  ]);
  const tables = stdout.split('| IO Statistics').slice(1);
  // The last one asked for is printed first.
  return tables.reverse().map((table) => {
    const counts = /<>[^|]*\| *(\d+) *\| *\d+ *\| *(\d+) *\|/.exec(table);
    return { frames: Number(counts?.[1] ?? 0), sum: Number(counts?.[2] ?? 0) };
  });
}

const MESSAGE = [
  'coap.version == 1',
  'coap.token_len > 2',
  'coap.token_len == 0',
  'coap.opt.name contains "Uri-Path"',
  'coap.opt.name == "#1: Uri-Path"',
  'coap.opt.desc contains "NoCacheKey"',
  'coap.opt.desc contains "Type 11"',
  'coap.opt.delta == 11',
  'coap.opt.delta != 11',
  'coap.opt.delta_ext',
  'coap.opt.delta_ext > 20',
  'coap.opt.length > 8',
  'coap.opt.length_ext',
  'coap.opt.end_marker',
  'coap.opt.max_age',
  'coap.opt.max_age < 60',
  'coap.opt.size1',
  'coap.opt.etag',
  'coap.opt.location_path == "rd"',
  'coap.opt.uri_host',
  'coap.opt.proxy_uri',
  'coap.opt.hop_limit',
  'coap.opt.if_match',
  'coap.opt.unknown',
  'coap.unknown_option_number',
  'coap.invalid_option_number',
  'coap.invalid_option_range',
  'coap.option_oscore_bad',
  'coap.block_length',
  'coap.block_length > 100',
  'coap.block_payload',
  'coap.opt.object_security_piv',
  'coap.opt.object_security_kid_present == 1',
  'coap.opt.object_security_piv_len == 1',
  'coap.opt.object_security_kid_context_len',
  'coap.length',
  'coap.length > 20',
];

const EXCHANGES = [
  'coap.request_first_in',
  'coap.response_first_in',
  'coap.retransmitted',
  'coap.payload',
  'coap.payload_desc == "application/link-format"',
];

const BODIES = [
  'coap.blocks',
  'coap.block.count == 4',
  'coap.block.count > 4',
  'coap.block == 1',
  'coap.block in {20..60}',
  'coap.block.reassembled.length > 900',
  'coap.block.reassembled.in',
  'coap.block.overlap',
  'coap.block.multiple_tails',
  'coap.block.too_long',
  'coap.block.error',
];

const NETWORK = [
  'udp.length > 100',
  'udp.checksum != 0',
  'udp.checksum.status == 1',
  'udp.checksum.status == 0',
  'udp.stream == 0',
  'udp.stream > 0',
  'ip.version == 4',
  'ip.hdr_len == 20',
  'ip.ttl < 64',
  'ip.id > 0x8000',
  'ip.proto == 17',
  'ip.flags.df == 1',
  'ip.flags.mf == 0',
  'ip.len > 100',
  'ip.dsfield.dscp == 0',
  'ipv6.plen > 60',
  'ipv6.nxt == 17',
  'ipv6.hlim == 64',
  'ipv6.flow > 0x80000',
  'ipv6.tclass == 0',
  'tcp.seq_raw > 0x80000000',
  'tcp.flags == 0x18',
  'tcp.hdr_len > 20',
  'tcp.stream == 0',
  'tcp.window_size_value > 500',
];

const RADIO = [
  'wpan',
  'wpan.frame_length > 60',
  'wpan.frame_type == 1',
  'wpan.ack_request == 1',
  'wpan.pan_id_compression == 1',
  'wpan.dst_addr_mode == 3',
  'wpan.version > 0',
  'wpan.seq_no > 100',
  'wpan.dst_pan == 0x0023',
  'wpan.src_pan',
  'wpan.dst16',
  'wpan.src64 == ee:66:70:a7:ac:0d:1a:81',
  'wpan.addr64 == ee:66:70:a7:ac:0d:1a:81',
  '6lowpan',
  '6lowpan.iphc.tf == 3',
  '6lowpan.iphc.nh == 1',
  '6lowpan.iphc.hlim == 2',
  '6lowpan.iphc.sac == 1',
  '6lowpan.iphc.sam == 3',
  '6lowpan.iphc.dam == 3',
  '6lowpan.iphc.m == 0',
  '6lowpan.src == fe80::/10',
  '6lowpan.dst == fe80::/10',
  '6lowpan.hops == 64',
  '6lowpan.udp.src > 5000',
  '6lowpan.udp.dst == 5683',
  '6lowpan.frag.tag',
  '6lowpan.frag.size > 100',
  '6lowpan.frag.offset > 0',
];

const FIELDS = [...MESSAGE, ...EXCHANGES, ...BODIES, ...NETWORK, ...RADIO];

const MIXED = 'tshark puts blocks together by IP addresses alone and mixes two bodies';
const PASSES = 'tshark 4.0 knows it in a second pass only';
const PART = 'tshark has payload fields for whole bodies only; ours are of the message itself';
const NEWER = 'tshark 4.0 does not know Hop-Limit, Echo and Request-Tag';
const SIGNALS = 'tshark takes options of signals for those of requests';
const TOKEN = 'tshark takes a token of 9 bytes, and fewer bytes than there are for none';
const REPEATS = 'tshark does not see repeats of answers by their message ID';

/** What differs where tshark is wrong or another version knows more: case, filter, reason. */
const EXCEPTIONS: readonly (readonly [string, string, string])[] = [
  ['blocks', 'coap.payload', PART],
  ['blocks', 'coap.payload_desc == "application/link-format"', PART],
  ['blocks', 'coap.blocks', MIXED],
  ['blocks', 'coap.block.count == 4', MIXED],
  ['blocks', 'coap.block.count > 4', MIXED],
  ['blocks', 'coap.block.overlap', MIXED],
  ['blocks', 'coap.block.multiple_tails', MIXED],
  ['blocks', 'coap.block.too_long', MIXED],
  ['blocks', 'coap.block.error', MIXED],
  ['blocks', 'coap.block.reassembled.in', PASSES],
  ['aiocoap', 'coap.block.reassembled.in', PASSES],
  ['proxy', 'coap.block.reassembled.in', PASSES],
  ['fragments', 'coap.block.reassembled.in', PASSES],
  ['aiocoap', 'coap.payload', PART],
  ['proxy', 'coap.payload', PART],
  ['fragments', 'coap.payload', PART],
  ['aiocoap', 'coap.opt.unknown', NEWER],
  ['aiocoap', 'coap.invalid_option_number', NEWER],
  ['proxy', 'coap.opt.unknown', NEWER],
  ['proxy', 'coap.invalid_option_number', NEWER],
  ['damaged messages', 'coap.token_len > 2', TOKEN],
  ['damaged messages', 'coap.token_len == 0', TOKEN],
  ['damaged messages', 'coap.retransmitted', REPEATS],
  ['proxy', 'coap.response_first_in', REPEATS],
  ['proxy', 'coap.retransmitted', REPEATS],
  ['radio', 'coap.retransmitted', REPEATS],
  ['radio', 'coap.response_first_in', REPEATS],
  ['radio', 'udp.stream > 0', 'tshark counts the flows of tunnels too'],
  ...['coap.opt.delta != 11', 'coap.opt.etag', 'coap.opt.unknown', 'coap.invalid_option_number'].flatMap(
    (text) => [['TCP', text, SIGNALS] as const, ['WebSocket', text, SIGNALS] as const],
  ),
  ['TCP', 'coap.invalid_option_range', SIGNALS],
  ['WebSocket', 'coap.invalid_option_range', SIGNALS],
];

const RADIO_CAPTURE =
  'anr-bmbf-pivot__Artifacts-CoNEXT23-DoC__doc-eval-baseline-ieee802154-coap-fetch-None-None-100x5.0-A-291129-1641553761.pcap.gz';

const CASES: [string, string | undefined, string, string[]][] = [
  ['blocks', RECORDED, 'leshan/leshan-blockwise-a.pcapng', ['udp.port==25700-25720,coap']],
  ['proxy', RECORDED, 'other/lc-proxy-a.pcapng', ['udp.port==5783,coap', 'udp.port==5999,coap']],
  ['aiocoap', RECORDED, 'other/aio-udp-a.pcapng', []],
  ['OSCORE', RECORDED, 'other/aio-oscore-a.pcapng', []],
  ['damaged messages', RECORDED, 'other/lc-rst-a.pcapng', []],
  ['fragments', RECORDED, 'other/net-ipfrag4-a.pcapng', []],
  ['TCP', RECORDED, 'other/lc-tcp-a.pcapng', []],
  ['WebSocket', RECORDED, 'other/aio-ws-a.pcapng', []],
  ['radio', PUBLIC, RADIO_CAPTURE, []],
];

describe.each(CASES)('fields of the bytes, on %s', (name, folder, path, decode) => {
  const file = join(folder ?? '', path);
  const isThere = oracle.available && folder !== undefined && existsSync(file);

  // Skipped where tshark or the capture is absent.
  it.skipIf(!isThere)('choose the frames that tshark chooses', { timeout: 120_000 }, async () => {
    const analysis = await analyseFile(file);
    const their = theirs(file, decode, FIELDS);
    expect(their.length).toBe(FIELDS.length);
    for (const [index, text] of FIELDS.entries()) {
      const frames = await ours(analysis, text);
      const choice = { frames: frames.length, sum: frames.reduce((sum, frame) => sum + frame, 0) };
      const reason = EXCEPTIONS.find(([on, of]) => on === name && of === text)?.[2];
      if (reason === undefined) expect(choice, text).toEqual(their[index]);
      else expect(choice, `${text}: ${reason}`).not.toEqual(their[index]);
    }
  });
});
