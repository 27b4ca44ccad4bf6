import type { ByteCount } from './units.ts';
import { SECTION_HEADER } from './pcapng-blocks.ts';
import { readUint32 } from './record-reader.ts';

/** How many of a file's first bytes `describeUnknown` looks at. */
export const DESCRIBE_LENGTH: ByteCount = 512;

const SAVE_AS = 'open it in Wireshark and save it as pcapng';

/** Files told by their first bytes: signature, what it is, what to do. */
const SIGNATURES: readonly (readonly [signature: string, what: string, advice: string])[] = [
  ['\x89PNG\r\n\x1a\n', 'a PNG picture', 'drop the capture itself, not a screenshot of it'],
  ['\xff\xd8\xff', 'a JPEG picture', 'drop the capture itself, not a photograph of it'],
  ['GIF8', 'a GIF picture', 'drop the capture itself, not a screenshot of it'],
  ['%PDF-', 'a PDF document', 'drop the capture that the document is about'],
  ['PK\x03\x04', 'a zip archive', 'unpack it and drop the capture in it'],
  ['PK\x05\x06', 'an empty zip archive', 'ask its sender for the capture'],
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive', 'unpack it and drop the capture in it'],
  ['Rar!\x1a\x07', 'a RAR archive', 'unpack it and drop the capture in it'],
  [
    '\x28\xb5\x2f\xfd',
    'a file compressed with zstd',
    'decompress it first (zstd -d); only gzip is read as it is',
  ],
  ['\xfd7zXZ\x00', 'a file compressed with xz', 'decompress it first (xz -d); only gzip is read as it is'],
  ['BZh', 'a file compressed with bzip2', 'decompress it first (bzip2 -d); only gzip is read as it is'],
  [
    '\x04\x22\x4d\x18',
    'a file compressed with LZ4',
    'decompress it first (lz4 -d); only gzip is read as it is',
  ],
  [
    '\x1f\x9d',
    'a file compressed with compress',
    'decompress it first (uncompress); only gzip is read as it is',
  ],
  ['snoop\x00\x00\x00', 'a snoop capture (RFC 1761)', SAVE_AS],
  ['btsnoop\x00', 'a Bluetooth HCI capture (btsnoop)', 'it holds no IP traffic'],
  ['GMBU', 'a Microsoft Network Monitor 2 capture', SAVE_AS],
  ['RTSS', 'a Microsoft Network Monitor 1 capture', SAVE_AS],
  ['TRSNIFF data    \x1a', 'a Network General Sniffer capture', SAVE_AS],
  ['XCP\x00', 'a NetXRay or Sniffer capture', SAVE_AS],
  ['iptrace ', 'an AIX iptrace capture', SAVE_AS],
  ['\x7fver', 'an OmniPeek capture', SAVE_AS],
  ['LOGG', 'a Vector BLF log', SAVE_AS],
  ['\xa1\xb2\xc3\xcd', 'a pcap variant with other record headers', SAVE_AS],
  ['\xcd\xc3\xb2\xa1', 'a pcap variant with other record headers', SAVE_AS],
  [
    'version https://git-lfs',
    'a Git LFS pointer',
    'it stands for a file that was not fetched: run git lfs pull',
  ],
  ['\x7fELF', 'a program', 'drop the capture that it wrote'],
  ['MZ', 'a Windows program', 'drop the capture that it wrote'],
  ['SQLite format 3\x00', 'an SQLite database', 'drop the capture itself'],
  ['\xd9\xd9\xf7', 'a CBOR document', 'it is one payload, not a capture of packets'],
];

/** Texts told by how they begin, without leading space and in lower case. */
const TEXTS: readonly (readonly [pattern: RegExp, what: string, advice: string])[] = [
  [
    /^(client_random|rsa|server_handshake_traffic_secret|client_handshake_traffic_secret|client_traffic_secret_0|server_traffic_secret_0|exporter_secret) /,
    'a TLS key log',
    'give it as keys, beside the capture',
  ],
  [/^# ssl\/tls secrets log/, 'a TLS key log', 'give it as keys, beside the capture'],
  [/^-----begin /, 'a key or certificate (PEM)', 'give it as keys, beside the capture'],
  [
    /^<pd?ml|^<\?xml[^]*<p[ds]ml/,
    'an export of Wireshark (PDML or PSML)',
    'drop the capture that it was exported from',
  ],
  [
    /^<!doctype html|^<html/,
    'a web page',
    'a download of the page around the capture; download the file itself',
  ],
  [/^<\?xml|^<lwm2m/, 'an XML document', 'object definitions are given as the registry, beside the capture'],
  [/^\{\\rtf/, 'a rich text document', 'drop the capture itself'],
  [/^[{[]/, 'a JSON document', 'keys and exports are JSON, captures are pcap or pcapng'],
  [
    /^(0x)?[0-9a-f]{4,8}:?\s+(([0-9a-f]{2}){1,2}[ \t]+){2,}|^([0-9a-f]{2}[ \t]+){4,}/,
    'a hex dump',
    'text2pcap (of Wireshark) makes a capture of it',
  ],
  [/^[0-9a-f\s]{32,}$/, 'hexadecimal digits', 'text2pcap (of Wireshark) makes a capture of a hex dump'],
];

/** Offset and text of the mark in a tar archive's first header (POSIX ustar). */
const TAR_MARK_OFFSET = 257;
const TAR_MARK = 'ustar';

/**
 * Says in one sentence what a file that is no capture seems to be and what to do with it, from its first
 * `DESCRIBE_LENGTH` bytes (fewer where the file has no more).
 */
export function describeUnknown(head: Uint8Array): string {
  if (head.length === 0)
    return 'The file is empty: no capture was written to it, or it was not copied whole.';
  for (const [signature, what, advice] of SIGNATURES) {
    if (startsWith(head, signature, 0)) return sentence(what, advice);
  }
  if (head.length >= 4 && readUint32(head, 0, true) === SECTION_HEADER) {
    return 'This begins like pcapng, but its byte-order mark is damaged, as when a file is transferred as text: transfer it again in binary mode.';
  }
  if (startsWith(head, TAR_MARK, TAR_MARK_OFFSET))
    return sentence('a tar archive', 'unpack it and drop the capture in it');
  const text = decodeText(head);
  if (text !== undefined) return describeText(text);
  if (isCborLike(head)) return sentence('a CBOR document', 'it is one payload, not a capture of packets');
  if (head.every((byte) => byte === 0)) {
    return 'This file begins with nothing but zeros: it was reserved on a disk and not written, or its beginning is lost.';
  }
  const first = Array.from(head.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `This is no capture that is known here (it begins with the bytes ${first}): pcap, pcapng and gzip of either are read; if Wireshark opens it, save it there as pcapng.`;
}

/** Whether a file that begins so may be a log: text that is no other kind of file known by how it begins. */
export function isText(head: Uint8Array): boolean {
  return (
    head.length > 0 &&
    !SIGNATURES.some(([signature]) => startsWith(head, signature, 0)) &&
    decodeText(head) !== undefined
  );
}

function sentence(what: string, advice: string): string {
  return `This seems to be ${what}, not a capture in pcap or pcapng: ${advice}.`;
}

function describeText(text: string): string {
  const start = text.trimStart().toLowerCase();
  if (start === '') return 'This file holds nothing but white space: no capture was written to it.';
  for (const [pattern, what, advice] of TEXTS) {
    if (pattern.test(start)) return sentence(what, advice);
  }
  return sentence(
    'text, perhaps a log',
    'no hex dump of a packet or a CoAP message was found in it; record packets with tcpdump or Wireshark',
  );
}

function startsWith(head: Uint8Array, signature: string, at: number): boolean {
  if (head.length < at + signature.length) return false;
  for (let index = 0; index < signature.length; index++) {
    if (head[at + index] !== signature.charCodeAt(index)) return false;
  }
  return true;
}

/** The bytes as text, or undefined where they are none: UTF-8 or marked UTF-16, without control characters. */
function decodeText(head: Uint8Array): string | undefined {
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  const decoder = new TextDecoder(utf16 ? (head[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8');
  const text = decoder.decode(head, { stream: true });
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0xfffd || code === 0x7f || (code < 0x20 && (code < 9 || code > 13) && code !== 0x1b))
      return undefined;
  }
  return text;
}

/** True for what begins like a CBOR map or array of a few entries (RFC 8949 §3). */
function isCborLike(head: Uint8Array): boolean {
  const first = head[0]!;
  const next = head[1];
  if (next === undefined) return false;
  const container =
    (first > 0x80 && first <= 0x97) || (first > 0xa0 && first <= 0xb7) || first === 0x9f || first === 0xbf;
  const inner = next >> 5;
  return container && (inner <= 5 || next >= 0xf4) && (next & 0x1f) <= 0x1b;
}
