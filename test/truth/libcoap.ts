import { Buffer } from 'node:buffer';
import { targetsOf, type Claim, type Told } from './claim.ts';

/** A truth file of a capture with libcoap: what each run of its tools printed. */
export interface LibcoapTruth {
  steps?: { cmd?: string; stdout?: string; stderr?: string }[];
  logs?: Record<string, string>;
}

const METHODS: Readonly<Record<string, string>> = {
  GET: '0.01',
  POST: '0.02',
  PUT: '0.03',
  DELETE: '0.04',
  FETCH: '0.05',
  PATCH: '0.06',
  IPATCH: '0.07',
  iPATCH: '0.07',
};
const MEDIA_TYPES: Readonly<Record<string, number>> = {
  'text/plain': 0,
  'application/link-format': 40,
  'application/xml': 41,
  'application/octet-stream': 42,
  'application/json': 50,
  'application/cbor': 60,
};

/** The line that says that something was sent or received, with the ends of its session. */
const HEADER =
  /(?:\]|\.\d+):(\d+) <-> .*?:(\d+) (?:\(\w+\) )?(UDP|TCP|DTLS|TLS|WS) *: (?:netif: )?(sent|received|recv) +\d+ bytes$/;
/** A message as libcoap prints it; over a stream it has no type and no message ID of its own. */
const PRINTED =
  /^v:(1|Reliable) (?:t:(CON|NON|ACK|RST) )?c:(\S+) (?:i:([0-9a-f]{4}) )?\{([0-9a-f]*)\} \[ (.*?) ?\](?: :: (?:'(.*)'|binary data length (\d+)))?$/;
const BYTES = /^<<([0-9a-f]*)>>$/;

function optionTold(text: string): Told {
  const told: Told = {};
  const path: string[] = [];
  const query: string[] = [];
  for (const option of text.split(', ')) {
    const [, name, value = ''] = /^([^:]*):?(.*)$/.exec(option)!;
    if (name === 'Uri-Path') path.push(value);
    else if (name === 'Uri-Query') query.push(value);
    else if (name === 'Content-Format') told.format = MEDIA_TYPES[value] ?? Number(value);
    else if (name === 'Accept') told.accept = MEDIA_TYPES[value] ?? Number(value);
    else if (name === 'Observe') told.observe = Number(value === '' ? 0 : value);
  }
  told.query = query;
  told.uriPath = `/${path.join('/')}`;
  return told;
}

/** The text that libcoap prints with \xHH for what is no visible character. */
const unescaped = (text: string): Buffer =>
  Buffer.from(
    text.replace(/\\x([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );

/** One claim for each message that a process of libcoap printed as sent or received. */
export function libcoapClaims({ steps = [], logs = {} }: LibcoapTruth): Claim[] {
  const texts = [
    ...steps.map(({ stdout = '', stderr = '' }) => `${stdout}\n${stderr}`),
    ...Object.values(logs),
  ];
  return texts.flatMap((text) => {
    const lines = text.split('\n');
    // What stands elsewhere is what the application hands over, or what libcoap holds back.
    return lines.flatMap((line, index) => {
      const header = HEADER.exec(lines[index - 1] ?? '');
      const printed = PRINTED.exec(line);
      if (printed === null || header === null) return [];
      return claimOf(printed, header, BYTES.exec(lines[index + 1] ?? '')?.[1]);
    });
  });
}

function claimOf(printed: RegExpExecArray, header: RegExpExecArray, binary: string | undefined): Claim[] {
  const [, , type, name, mid, token, options, said, length] = printed;
  const [, near, far, transport, direction] = header;
  const code = METHODS[name!] ?? name!;
  const isReliable = transport === 'TCP' || transport === 'TLS' || transport === 'WS';
  // Signals have names of their own, and are no operations.
  if (!/^\d\.\d\d$/.test(code)) return [];
  const told: Told = { code, ...optionTold(options!) };
  if (!isReliable) told.type = type;
  // Of a body in blocks the records hold the whole, and libcoap prints each block.
  const isBlock = /(Q-)?Block[12]:/.test(options!);
  if (!isBlock && told.format === 40 && said !== undefined) told.links = targetsOf(said);
  if (!isBlock && said !== undefined) told.body = unescaped(said).toString('hex');
  if (!isBlock && binary !== undefined) Object.assign(told, { body: binary, length: Number(length) });
  // Of the two ends, the client's port tells sessions apart.
  const port = Math.max(Number(near), Number(far));
  const own = isReliable ? { port } : { mid: parseInt(mid!, 16), type };
  const sought = { token: token!, code, observe: told.observe ?? null, ...own };
  const claim: Claim = {
    said: `${direction} ${type ?? ''} ${name} ${mid ?? port} {${token}} [${options}]`,
    parts: [{ role: 'message', find: (capture) => capture.with(sought), told }],
  };
  return [claim];
}
