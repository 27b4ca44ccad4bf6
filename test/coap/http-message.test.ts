import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HEAD_OPEN,
  type HttpMessageHead,
  HttpReader,
  NO_HEAD,
  readHttpMessage,
} from '../../src/coap/http-message.ts';

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const lines = (...all: string[]): string => `${all.join('\r\n')}\r\n\r\n`;
const head = (text: string): ReturnType<typeof readHttpMessage> => {
  const bytes = bytesOf(text);
  return readHttpMessage(bytes, 0, bytes.length);
};

const GET = lines('GET /fw/a.bin HTTP/1.1', 'Host: example.org:8080', 'Range: bytes=100-');
const OK = lines('HTTP/1.1 206 Partial Content', 'Content-Length: 10', 'content-RANGE:bytes 100-109/110');

describe('the head of a message', () => {
  it('says what is asked', () => {
    expect(head(GET)).toEqual({
      length: GET.length,
      method: 'GET',
      target: '/fw/a.bin',
      host: 'example.org:8080',
      range: 'bytes=100-',
      status: 0,
      contentLength: -1,
      contentRange: undefined,
      isChunked: false,
    });
  });

  it('says what is answered', () => {
    expect(head(`${OK}0123456789`)).toMatchObject({
      length: OK.length,
      method: '',
      status: 206,
      contentLength: 10,
      contentRange: 'bytes 100-109/110',
    });
  });

  it.each<[string, string[], Partial<HttpMessageHead>]>([
    ['a reason is not needed', ['HTTP/1.0 200'], { status: 200, contentLength: -1 }],
    ['one length twice', ['HTTP/1.1 200 OK', 'Content-Length: 7', 'Content-Length: 7'], { contentLength: 7 }],
    ['two lengths', ['HTTP/1.1 200 OK', 'Content-Length: 7', 'Content-Length: 8'], { contentLength: -1 }],
    ['no number', ['HTTP/1.1 200 OK', 'Content-Length: -7'], { contentLength: -1 }],
    ['beyond all numbers', ['HTTP/1.1 200 OK', `Content-Length: ${'9'.repeat(30)}`], { contentLength: -1 }],
    [
      'chunks count more than a length',
      ['HTTP/1.1 200 OK', 'Content-Length: 7', 'Transfer-Encoding: gzip, Chunked'],
      { contentLength: -1, isChunked: true },
    ],
    ['another coding last', ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked, gzip'], { isChunked: false }],
    [
      'a line without a colon',
      ['HTTP/1.1 200 OK', 'what', ': is', 'Content-Length: 1'],
      { contentLength: 1 },
    ],
  ])('%s', (_, all, expected) => {
    expect(head(lines(...all))).toMatchObject(expected);
  });

  it('may have bare line feeds', () => {
    expect(head('GET / HTTP/1.0\nHost: a\n\n')).toMatchObject({ method: 'GET', host: 'a', length: 24 });
  });

  it.each(['', 'G', 'GET', 'GET ', 'HTTP/1.1 2', GET.slice(0, -1), OK.slice(0, -2)])(
    'is open: %j',
    (text) => {
      expect(head(text)).toBe(HEAD_OPEN);
    },
  );

  it.each([
    'GOT / HTTP/1.1\r\n\r\n',
    'GET /\r\n\r\n',
    'GET  / HTTP/1.1\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    '\u0016\u0003\u0001',
    'PRI * HTTP/2.0\r\n\r\n',
  ])('is none: %j', (text) => {
    expect(head(text)).toBe(NO_HEAD);
  });

  it('is none beyond its bound', () => {
    expect(head(`GET / HTTP/1.1\r\nX: ${'a'.repeat(1 << 14)}`)).toBe(NO_HEAD);
  });

  it('cut at every byte is open', () => {
    for (const whole of [GET, OK])
      for (let cut = 0; cut < whole.length; cut++) expect(head(whole.slice(0, cut))).toBe(HEAD_OPEN);
  });
});

/** Reads a direction in pieces that end at `cuts`, and writes down what the reader says. */
function heard(
  stream: Uint8Array,
  cuts: readonly number[],
  { isSynchronised = true, gap = [-1, -1] } = {},
): string[] {
  const said: string[] = [];
  let body = 0;
  let missing = 0;
  const reader = new HttpReader(
    {
      head: ({ method, target, status }) => {
        said.push(method === '' ? String(status) : `${method} ${target}`);
        body = missing = 0;
        return status !== 204;
      },
      body: (length) => (body += length),
      missing: (length) => (missing += length),
      done: (isWhole) => said.push(`${body} ${missing} ${isWhole}`),
    },
    isSynchronised,
  );
  let unread = new Uint8Array(0);
  let from = 0;
  for (const to of [...cuts, stream.length]) {
    const begin = unread.length;
    unread = Uint8Array.from([...unread, ...stream.subarray(from, to)]);
    const taken = reader.take(unread, 0, unread.length, (at) => at === begin);
    unread = unread.slice(taken);
    from = to;
    if (to === gap[0]) {
      const isInHead = unread.length > 0;
      unread = new Uint8Array(0);
      reader.lose(isInHead ? -1 : gap[1]! - gap[0]);
      from = gap[1]!;
    }
  }
  reader.end(true);
  return said;
}

const CHUNKED = `${lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}5;x=y\r\nabcde\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n`;
const ANSWERS = `${OK}0123456789${CHUNKED}${lines('HTTP/1.1 204 No Content', 'Content-Length: 99')}${lines('HTTP/1.1 200 OK')}to the end`;
const SAID = ['206', '10 0 true', '200', '15 0 true', '204', '0 0 true', '200', '10 0 true'];

describe('a direction of a connection', () => {
  it('is a row of messages', () => {
    expect(heard(bytesOf(ANSWERS), [])).toEqual(SAID);
    const asked = `${GET}\r\n${lines('POST /x HTTP/1.1', 'Content-Length: 3')}abc${GET}`;
    expect(heard(bytesOf(asked), [])).toEqual([
      'GET /fw/a.bin',
      '0 0 true',
      'POST /x',
      '3 0 true',
      'GET /fw/a.bin',
      '0 0 true',
    ]);
  });

  it('says the same wherever it is cut', () => {
    const bytes = bytesOf(ANSWERS);
    for (let cut = 0; cut <= bytes.length; cut++) expect(heard(bytes, [cut])).toEqual(SAID);
  });

  it('says the same in any segments', () => {
    const bytes = bytesOf(ANSWERS);
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 30 }).map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(cuts, (at) => {
        expect(heard(bytes, at)).toEqual(SAID);
      }),
    );
  });

  it('says less where it ends early', () => {
    const bytes = bytesOf(ANSWERS);
    const whole = heard(bytes, []);
    for (let end = 0; end < bytes.length; end++) {
      const said = heard(bytes.subarray(0, end), []);
      expect(said.length).toBeLessThanOrEqual(whole.length);
      const ended = said.slice(0, Math.max(0, said.length - 1));
      expect(whole.slice(0, ended.length)).toEqual(ended);
    }
  });

  it.each<[string, number, number, string[]]>([
    ['in a body of known length', OK.length + 2, OK.length + 5, ['206', '7 3 true', ...SAID.slice(2)]],
    ['to the end of a body', OK.length + 2, OK.length + 10, ['206', '2 8 true', ...SAID.slice(2)]],
    [
      'in a chunk',
      ANSWERS.indexOf('012345678', OK.length + 12) + 1,
      ANSWERS.indexOf('012345678', OK.length + 12) + 4,
      ['206', '10 0 true', '200', '12 3 true', ...SAID.slice(4)],
    ],
    ['in a body up to the end', ANSWERS.length - 8, ANSWERS.length - 2, [...SAID.slice(0, 7), '4 6 true']],
    [
      'beyond a body, up to a message',
      OK.length + 2,
      OK.length + 10 + CHUNKED.length,
      ['206', '2 8 false', ...SAID.slice(4)],
    ],
    ['in a head, to the next message', 20, OK.length + 10, SAID.slice(2)],
  ])('a gap %s', (_, from, to, expected) => {
    expect(heard(bytesOf(ANSWERS), [from], { gap: [from, to] })).toEqual(expected);
  });

  it('is found where its beginning was not captured', () => {
    const stream = `the rest of a body${OK}0123456789`;
    const at = stream.indexOf('HTTP');
    expect(heard(bytesOf(stream), [at], { isSynchronised: false })).toEqual(['206', '10 0 true']);
    // A body that speaks of HTTP is none.
    expect(heard(bytesOf(stream), [], { isSynchronised: false })).toEqual([]);
  });

  it.each(['xyz\r\n', `${'1'.repeat(13)}\r\n`, '5\r\nabcdefgh\r\n', 'a'.repeat(2000)])(
    'with damaged chunks is not whole: %j',
    (chunks) => {
      const said = heard(bytesOf(`${lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked')}${chunks}`), []);
      expect(said.at(-1)).toMatch(/ false$/);
    },
  );

  it('takes any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(200),
        fc.boolean(),
        (noise, cut, isSynchronised) => {
          const stream = Uint8Array.from([...bytesOf(CHUNKED.slice(0, cut)), ...noise]);
          heard(stream, [Math.min(cut, stream.length)], { isSynchronised });
        },
      ),
    );
  });
});
