import { describe, expect, it } from 'vitest';
import { codeName, codeText, isRequest, isResponse, KNOWN_CODE, namedCodes } from '../../src/coap/code.ts';
import {
  isCritical,
  isNoCacheKey,
  isRegisteredOption,
  isUnsafe,
  optionDefinition,
  optionName,
} from '../../src/coap/option.ts';
import { codeByte } from './coap-message.ts';

describe('options', () => {
  /**
   * Number, name, marks (C critical, U unsafe, N no cache key, R repeatable), format, lengths: RFC 7252 Table 4,
   * 7641 §2, 7959 §2.1 and §4, 8613 §2, 8768 §3, 9175 §2.2 and §3.2.1, 9177 §4.1, 7967 §2, 9668 §3.1.
   */
  const TABLE: [number, string, string, string, number, number][] = [
    [1, 'If-Match', 'C--R', 'opaque', 0, 8],
    [3, 'Uri-Host', 'CU--', 'string', 1, 255],
    [4, 'ETag', '---R', 'opaque', 1, 8],
    [5, 'If-None-Match', 'C---', 'empty', 0, 0],
    [6, 'Observe', '-U--', 'uint', 0, 3],
    [7, 'Uri-Port', 'CU--', 'uint', 0, 2],
    [8, 'Location-Path', '---R', 'string', 0, 255],
    [9, 'OSCORE', 'C---', 'opaque', 0, 255],
    [11, 'Uri-Path', 'CU-R', 'string', 0, 255],
    [12, 'Content-Format', '----', 'uint', 0, 2],
    [14, 'Max-Age', '-U--', 'uint', 0, 4],
    [15, 'Uri-Query', 'CU-R', 'string', 0, 255],
    [16, 'Hop-Limit', '----', 'uint', 1, 1],
    [17, 'Accept', 'C---', 'uint', 0, 2],
    [19, 'Q-Block1', 'CU--', 'block', 0, 3],
    [20, 'Location-Query', '---R', 'string', 0, 255],
    [21, 'EDHOC', 'C---', 'empty', 0, 0],
    [23, 'Block2', 'CU--', 'block', 0, 3],
    [27, 'Block1', 'CU--', 'block', 0, 3],
    [28, 'Size2', '--N-', 'uint', 0, 4],
    [31, 'Q-Block2', 'CU-R', 'block', 0, 3],
    [35, 'Proxy-Uri', 'CU--', 'string', 1, 1034],
    [39, 'Proxy-Scheme', 'CU--', 'string', 1, 255],
    [60, 'Size1', '--N-', 'uint', 0, 4],
    [252, 'Echo', '--N-', 'opaque', 1, 40],
    [258, 'No-Response', '-U--', 'uint', 0, 1],
    [292, 'Request-Tag', '---R', 'opaque', 0, 8],
    [2049, 'OCF-Accept-Content-Format-Version', 'C---', 'uint', 2, 2],
    [2053, 'OCF-Content-Format-Version', 'C---', 'uint', 2, 2],
  ];

  it.each(TABLE)('%i is %s', (number, name, marks, format, minimum, maximum) => {
    const definition = optionDefinition(number);
    expect(definition).toMatchObject({ number, name, format, minimum, maximum });
    expect(optionName(number)).toBe(name);
    expect(isRegisteredOption(number)).toBe(true);
    // An unsafe option has no mark for the cache key (RFC 7252 §5.4.6).
    expect(
      (isCritical(number) ? 'C' : '-') +
        (isUnsafe(number) ? 'U' : '-') +
        (isNoCacheKey(number) && !isUnsafe(number) ? 'N' : '-') +
        (definition!.repeatable ? 'R' : '-'),
    ).toBe(marks);
    expect(definition!.clause).toMatch(/^(RFC \d{4} §[\d.]+|OCF Core)$/);
  });

  it('has no others', () => {
    const known = new Set(TABLE.map(([number]) => number));
    for (let number = 0; number < 70000; number++) {
      if (known.has(number)) continue;
      expect(isRegisteredOption(number) || optionDefinition(number) !== undefined, `${number}`).toBe(false);
    }
    expect(optionName(77)).toBe('Option 77');
  });

  // RFC 7252 §5.4.6 computes the marks from the number, whether it is registered or not.
  it.each([
    [2, false, true, false],
    [10, false, true, false],
    [13, true, false, false],
    [92, false, false, true],
    [2047, true, true, false],
    [65000, false, false, false],
    [65535, true, true, false],
  ])('computes the marks of %i', (number, critical, unsafe, noCacheKey) => {
    expect([isCritical(number), isUnsafe(number), isNoCacheKey(number)]).toEqual([
      critical,
      unsafe,
      noCacheKey,
    ]);
  });
});

describe('codes', () => {
  /** RFC 7252 §12.1, 8132 §5, 7959 §2.9, 8516 §4, 8768 §4, 8323 §5. */
  const TABLE: [string, string][] = [
    ['0.00', 'Empty'],
    ['0.01', 'GET'],
    ['0.02', 'POST'],
    ['0.03', 'PUT'],
    ['0.04', 'DELETE'],
    ['0.05', 'FETCH'],
    ['0.06', 'PATCH'],
    ['0.07', 'iPATCH'],
    ['2.01', 'Created'],
    ['2.02', 'Deleted'],
    ['2.03', 'Valid'],
    ['2.04', 'Changed'],
    ['2.05', 'Content'],
    ['2.31', 'Continue'],
    ['4.00', 'Bad Request'],
    ['4.01', 'Unauthorized'],
    ['4.02', 'Bad Option'],
    ['4.03', 'Forbidden'],
    ['4.04', 'Not Found'],
    ['4.05', 'Method Not Allowed'],
    ['4.06', 'Not Acceptable'],
    ['4.08', 'Request Entity Incomplete'],
    ['4.09', 'Conflict'],
    ['4.12', 'Precondition Failed'],
    ['4.13', 'Request Entity Too Large'],
    ['4.15', 'Unsupported Content-Format'],
    ['4.22', 'Unprocessable Entity'],
    ['4.29', 'Too Many Requests'],
    ['5.00', 'Internal Server Error'],
    ['5.01', 'Not Implemented'],
    ['5.02', 'Bad Gateway'],
    ['5.03', 'Service Unavailable'],
    ['5.04', 'Gateway Timeout'],
    ['5.05', 'Proxying Not Supported'],
    ['5.08', 'Hop Limit Reached'],
    ['7.01', 'CSM'],
    ['7.02', 'Ping'],
    ['7.03', 'Pong'],
    ['7.04', 'Release'],
    ['7.05', 'Abort'],
  ];

  it.each(TABLE)('%s is %s', (text, name) => {
    const code = codeByte(text);
    expect([codeText(code), codeName(code), KNOWN_CODE[code]]).toEqual([text, name, 1]);
  });

  it('has no others, and sorts every byte into a class', () => {
    expect(namedCodes().map(codeText)).toEqual(TABLE.map(([text]) => text));
    for (let code = 0; code < 256; code++) {
      const [codeClass, detail] = codeText(code).split('.').map(Number);
      expect(codeClass! * 32 + detail!).toBe(code);
      expect(isRequest(code)).toBe(codeClass === 0 && detail! > 0);
      expect(isResponse(code)).toBe([2, 4, 5].includes(codeClass!));
      expect(codeName(code) === '').toBe(KNOWN_CODE[code] === 0);
    }
  });
});
