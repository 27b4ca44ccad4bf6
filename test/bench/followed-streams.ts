import { tshark, tsharkFields } from '../tshark.ts';

/** A message of CoAP over TCP, in the words of tshark's fields: lists joined by commas, numbers in decimal. */
export interface StreamRow {
  flow: string;
  type: string;
  code: string;
  observe: boolean;
  token: string;
  path: string;
  query: string;
  block: string;
  bytes: string;
  malformed: boolean;
}

/**
 * All messages over TCP in a capture. tshark puts each direction together (`follow`), whatever the order of its segments; it
 * shows no message but the first of a segment, so that they are cut here, by RFC 8323 §3.2 and RFC 7252 §3.1.
 */
export function followedMessages(file: string): StreamRow[] {
  const streams = tsharkFields(
    file,
    ['tcp.stream', 'tcp.srcport'],
    ['-Y', 'tcp.port == 5683 && tcp.flags == 2'],
  );
  return streams.flatMap(([stream]) => {
    const lines = tshark(['-r', file, '-q', '-z', `follow,tcp,raw,${stream}`]).stdout.split('\n');
    const hexLines = lines.filter((line) => /^\t?[0-9a-f]+$/.test(line));
    return [true, false].flatMap((up) => {
      const hex = hexLines.filter((line) => line.startsWith('\t') !== up).map((line) => line.trim());
      return messagesIn(Buffer.from(hex.join(''), 'hex'), `stream ${stream} ${up ? 'up' : 'down'}`);
    });
  });
}

function messagesIn(bytes: Buffer, flow: string): StreamRow[] {
  const rows: StreamRow[] = [];
  for (let at = 0; at < bytes.length;) {
    const begin = at;
    const nibble = bytes[at]! >> 4;
    const tokenLength = bytes[at++]! & 15;
    const size = nibble < 13 ? 0 : 1 << (nibble - 13);
    const rest = size === 0 ? nibble : bytes.readUIntBE(at, size) + [13, 269, 65_805][nibble - 13]!;
    at += size;
    const code = bytes[at++]!;
    const token = bytes.toString('hex', at, at + tokenLength);
    const end = at + tokenLength + rest;
    rows.push({
      flow,
      type: '',
      code: String(code),
      token,
      bytes: bytes.toString('hex', begin, end),
      malformed: end > bytes.length,
      ...options(bytes.subarray(at + tokenLength, end), code),
    });
    at = end;
  }
  return rows;
}

function options(bytes: Buffer, code: number): Pick<StreamRow, 'observe' | 'path' | 'query' | 'block'> {
  const path: string[] = [];
  const query: string[] = [];
  let observe = false;
  let block = '';
  let number = 0;
  // The options of signals are numbered by themselves (RFC 8323 §5.2).
  for (let at = 0; at < bytes.length && bytes[at] !== 0xff && code < 224;) {
    let delta = bytes[at]! >> 4;
    let length = bytes[at++]! & 15;
    if (delta === 13) delta = 13 + bytes[at++]!;
    if (length === 13) length = 13 + bytes[at++]!;
    number += delta;
    const value = bytes.subarray(at, at + length);
    at += length;
    if (number === 6) observe = true;
    else if (number === 11) path.push(value.toString());
    else if (number === 15) query.push(value.toString());
    else if (number === 23 || number === 27)
      block = String(length === 0 ? 0 : value.readUIntBE(0, length) >> 4);
  }
  return { observe, path: path.join(','), query: query.join(','), block };
}
