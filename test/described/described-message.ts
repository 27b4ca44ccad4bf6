import {
  codeByte,
  type MessageToWrite,
  type OptionToWrite,
  path,
  TYPES,
  write,
} from '../coap/coap-message.ts';
import { frame } from '../coap/reliable-frames.ts';
import { hexBytes, quoted, type Words } from './words.ts';

/** Codes by the names that a description may use. RFC 7252 §12.1, RFC 8132 §6, RFC 8323 §11.1. */
const CODES: Readonly<Record<string, string>> = {
  EMPTY: '0.00',
  GET: '0.01',
  POST: '0.02',
  PUT: '0.03',
  DELETE: '0.04',
  FETCH: '0.05',
  PATCH: '0.06',
  iPATCH: '0.07',
  CSM: '7.01',
  PING: '7.02',
  PONG: '7.03',
  RELEASE: '7.04',
  ABORT: '7.05',
};

/** Options that have one value, by the word before `=`: number and how the value is written. */
const OPTIONS: Readonly<Record<string, [number, 'uint' | 'text' | 'hex' | 'block' | 'path']>> = {
  'if-match': [1, 'hex'],
  host: [3, 'text'],
  etag: [4, 'hex'],
  observe: [6, 'uint'],
  port: [7, 'uint'],
  location: [8, 'path'],
  oscore: [9, 'hex'],
  ct: [12, 'uint'],
  'max-age': [14, 'uint'],
  accept: [17, 'uint'],
  qblock1: [19, 'block'],
  block2: [23, 'block'],
  block1: [27, 'block'],
  size2: [28, 'uint'],
  qblock2: [31, 'block'],
  'proxy-scheme': [39, 'text'],
  size1: [60, 'uint'],
  'no-response': [258, 'uint'],
  'request-tag': [292, 'hex'],
};

/** What messages of the two ends were sent so far, from which an answer takes what it leaves out. */
export interface Heard {
  /** Message ID of the last CON or NON that the other end sent here. */
  mid?: number | undefined;
  /** Token, in hex, of the last request that the other end sent here. */
  token?: string | undefined;
}

/** A message of a description as it goes into a datagram or a stream, and what answers to it may leave out. */
export interface DescribedMessage {
  bytes: Uint8Array;
  type: string;
  isRequest: boolean;
  mid: number;
  token: string;
}

/**
 * Reads a message: `CON GET 7d01 token=a1 /3/0/9 ?pmin=1 observe=0 …`, the payload last. Of an ACK or RST the message
 * ID may be left out, of an answer the token. Over a reliable transport there is neither type nor message ID.
 */
export function readMessage(
  words: Words,
  bodies: ReadonlyMap<string, Uint8Array>,
  heard: Heard,
  isReliable: boolean,
): DescribedMessage {
  const type = isReliable ? '' : words.take('a type');
  if (!isReliable && !TYPES.some((known) => known === type))
    words.fail(`"${type}" is none of ${TYPES.join(', ')}`);
  const code = readCode(words);
  const isRequest = code.startsWith('0.') && code !== '0.00';
  const message: MessageToWrite & { options: OptionToWrite[] } = { code, options: [] };
  let mid = 0;
  if (!isReliable) {
    message.type = type as (typeof TYPES)[number];
    if (/^[0-9a-f]{4}$/i.test(words.next)) mid = parseInt(words.take('a message ID'), 16);
    else if (type !== 'ACK' && type !== 'RST') words.fail(`a ${type} needs a message ID of four digits`);
    else if (heard.mid === undefined) words.fail(`nothing that this ${type} could belong to came before`);
    else mid = heard.mid;
    message.mid = mid;
  }
  let token = isRequest || /^[07]\./.test(code) ? '' : (heard.token ?? '');
  while (!words.done && words.next !== '|' && words.next !== ';') {
    const payload = readPayload(words, bodies);
    if (payload !== undefined) {
      message.payload = payload;
      break;
    }
    const word = words.take('an option');
    if (word.startsWith('token=')) token = hexOf(word.slice(6), words);
    else message.options.push(...readOption(word, words));
  }
  message.token = token;
  const bytes = isReliable ? reliable(message) : write(message);
  return { bytes, type, isRequest, mid, token };
}

function readCode(words: Words): string {
  const word = words.take('a code');
  if (/^[0-7]\.\d\d$/.test(word) && Number(word.slice(2)) < 32) return word;
  return CODES[word] ?? words.fail(`"${word}" is no code: c.dd or one of ${Object.keys(CODES).join(', ')}`);
}

function readOption(word: string, words: Words): OptionToWrite[] {
  if (word.startsWith('/')) return word === '/' ? [] : [...path(word)];
  if (word.startsWith('?'))
    return word
      .slice(1)
      .split('&')
      .map((part): OptionToWrite => [15, part]);
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
  const [, number] = /^opt:(\d+)$/.exec(name) ?? [];
  if (number !== undefined)
    return [[Number(number), value.startsWith('"') ? quoted(value, words) : hexBytes(value, words)]];
  const known = OPTIONS[name];
  if (known === undefined)
    words.fail(
      `"${word}" is no option: a path, a query, opt:NUMBER= or one of ${Object.keys(OPTIONS).join('=, ')}=`,
    );
  switch (known[1]) {
    case 'text':
      return [[known[0], value]];
    case 'hex':
      return [[known[0], hexBytes(value, words)]];
    case 'path':
      return value
        .split('/')
        .slice(1)
        .map((segment): OptionToWrite => [known[0], segment]);
    case 'block':
      return [[known[0], blockValue(value, words)]];
    case 'uint':
      if (!/^\d+$/.test(value)) words.fail(`"${word}" needs a number`);
      return [[known[0], Number(value)]];
  }
}

/** `2+/64`: number 2, more to come, 64 bytes (RFC 7959 §2.2); `2/64` is the last one, `szx7` the reserved size. */
function blockValue(value: string, words: Words): number {
  const [, number, more, size] = /^(\d+)(\+?)\/(16|32|64|128|256|512|1024|szx7)$/.exec(value) ?? [];
  if (number === undefined) words.fail(`"${value}" is no block: NUMBER/SIZE, NUMBER+/SIZE where more follow`);
  return Number(number) * 16 + (more === '+' ? 8 : 0) + (size === 'szx7' ? 7 : Math.log2(Number(size)) - 4);
}

/** `"text"`, `hex:` and bytes, or a body or part of one: `A`, `A[16:32]`. Undefined where an option stands. */
function readPayload(words: Words, bodies: ReadonlyMap<string, Uint8Array>): Uint8Array | undefined {
  const { next } = words;
  if (next.startsWith('"')) return new TextEncoder().encode(quoted(words.take('a text'), words));
  if (next.startsWith('hex:')) {
    const bytes = hexBytes(words.take('bytes').slice(4), words);
    while (!words.done && words.next !== '|' && words.next !== ';')
      bytes.push(...hexBytes(words.take('bytes'), words));
    return Uint8Array.from(bytes);
  }
  const [, name, from, to] = /^([A-Z]\w*)(?:\[(\d+):(\d+)\])?$/.exec(next) ?? [];
  if (name === undefined) return undefined;
  const body = bodies.get(words.take('a body').slice(0, name.length));
  if (body === undefined) words.fail(`there is no body ${name} above`);
  if (from === undefined) return body;
  if (Number(from) >= Number(to) || Number(to) > body.length)
    words.fail(`body ${name} has ${body.length} bytes, and no bytes ${from} to ${to}`);
  return body.subarray(Number(from), Number(to));
}

function hexOf(digits: string, words: Words): string {
  return hexBytes(digits, words)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

/** The same message without type and ID, behind its length (RFC 8323 §3.2). */
function reliable(message: MessageToWrite): Uint8Array {
  const { code = '0.01', token = '' } = message;
  const content = write({ ...message, token: '' }).subarray(4);
  return frame(codeByte(code), [...Buffer.from(token as string, 'hex')], content);
}
