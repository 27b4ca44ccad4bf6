/** CoAP codes: class and detail in one byte (RFC 7252 §3, §12.1; RFC 8132, 7959, 8323, 8516, 8768). */

export const Code = {
  empty: 0x00,
  get: 0x01,
  post: 0x02,
  put: 0x03,
  delete: 0x04,
  fetch: 0x05,
  patch: 0x06,
  ipatch: 0x07,
  created: 0x41,
  deleted: 0x42,
  valid: 0x43,
  changed: 0x44,
  content: 0x45,
  continue: 0x5f,
  badRequest: 0x80,
  notFound: 0x84,
  methodNotAllowed: 0x85,
  requestEntityIncomplete: 0x88,
  requestEntityTooLarge: 0x8d,
  csm: 0xe1,
  ping: 0xe2,
  pong: 0xe3,
  release: 0xe4,
  abort: 0xe5,
} as const;

const NAMES = new Map<number, string>([
  [0x00, 'Empty'],
  [0x01, 'GET'],
  [0x02, 'POST'],
  [0x03, 'PUT'],
  [0x04, 'DELETE'],
  [0x05, 'FETCH'],
  [0x06, 'PATCH'],
  [0x07, 'iPATCH'],
  [0x41, 'Created'],
  [0x42, 'Deleted'],
  [0x43, 'Valid'],
  [0x44, 'Changed'],
  [0x45, 'Content'],
  [0x5f, 'Continue'],
  [0x80, 'Bad Request'],
  [0x81, 'Unauthorized'],
  [0x82, 'Bad Option'],
  [0x83, 'Forbidden'],
  [0x84, 'Not Found'],
  [0x85, 'Method Not Allowed'],
  [0x86, 'Not Acceptable'],
  [0x88, 'Request Entity Incomplete'],
  [0x89, 'Conflict'],
  [0x8c, 'Precondition Failed'],
  [0x8d, 'Request Entity Too Large'],
  [0x8f, 'Unsupported Content-Format'],
  [0x96, 'Unprocessable Entity'],
  [0x9d, 'Too Many Requests'],
  [0xa0, 'Internal Server Error'],
  [0xa1, 'Not Implemented'],
  [0xa2, 'Bad Gateway'],
  [0xa3, 'Service Unavailable'],
  [0xa4, 'Gateway Timeout'],
  [0xa5, 'Proxying Not Supported'],
  [0xa8, 'Hop Limit Reached'],
  [0xe1, 'CSM'],
  [0xe2, 'Ping'],
  [0xe3, 'Pong'],
  [0xe4, 'Release'],
  [0xe5, 'Abort'],
]);

/** 1 for each code byte that a registry names. */
export const KNOWN_CODE: Uint8Array = (() => {
  const known = new Uint8Array(256);
  for (const code of NAMES.keys()) known[code] = 1;
  return known;
})();

/** A code byte as `class.detail`, such as `2.05`. */
export function codeText(code: number): string {
  return `${code >> 5}.${String(code & 31).padStart(2, '0')}`;
}

/** Name of a code byte, such as `Content`; empty where no registry names it. */
export function codeName(code: number): string {
  return NAMES.get(code) ?? '';
}

/** All named codes in ascending order, for completion and documentation. */
export function namedCodes(): number[] {
  return [...NAMES.keys()];
}

/** True for the codes of requests, 0.01 to 0.31 (RFC 7252 §3). */
export function isRequest(code: number): boolean {
  return code > 0 && code < 32;
}

/** True for the codes of answers, classes 2, 4 and 5 (RFC 7252 §3). */
export function isResponse(code: number): boolean {
  const codeClass = code >> 5;
  return codeClass === 2 || codeClass === 4 || codeClass === 5;
}

/** True for signals of reliable transports, class 7 (RFC 8323 §5). */
export function isSignal(code: number): boolean {
  return code >> 5 === 7;
}

/** Names of the message types by number (RFC 7252 §3). */
export const TYPE_NAMES = ['CON', 'NON', 'ACK', 'RST'] as const;

/** Types by name; a message of a reliable transport has none (RFC 8323 §3.2). */
export const MessageType = { con: 0, non: 1, ack: 2, rst: 3, none: 255 } as const;
