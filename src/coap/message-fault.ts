import type { Fault } from '../capture/outcome.ts';

/** Options a message may have before it is called malformed; a datagram of 64 KiB could hold more. */
export const MAXIMUM_OPTIONS = 4096;

/** What is wrong in a message; index in `MESSAGE_FAULTS`. */
export const MessageFault = {
  none: 0,
  tooShort: 1,
  version: 2,
  tokenLengthReserved: 3,
  tokenOverrun: 4,
  emptyWithContent: 5,
  optionNibble: 6,
  optionOverrun: 7,
  markerWithoutPayload: 8,
  tooManyOptions: 9,
  reservedClass: 10,
  cutByCapture: 11,
  lengthOverrun: 12,
  lengthNotZero: 13,
  lostSegment: 14,
} as const;

const MESSAGE_FAULTS: readonly { text: string; clause?: string }[] = [
  { text: '' },
  { text: 'shorter than the four bytes of a header', clause: 'RFC 7252 §3' },
  { text: 'version is not 1', clause: 'RFC 7252 §3' },
  { text: 'token length 15 is reserved', clause: 'RFC 8974 §2.1' },
  { text: 'token runs past the end of the message', clause: 'RFC 7252 §3' },
  { text: 'an Empty message holds bytes after the message ID', clause: 'RFC 7252 §4.1' },
  { text: 'option delta or length of 15 is reserved', clause: 'RFC 7252 §3.1' },
  { text: 'option runs past the end of the message', clause: 'RFC 7252 §3.1' },
  { text: 'payload marker without a payload', clause: 'RFC 7252 §3' },
  { text: `more than ${MAXIMUM_OPTIONS} options` },
  { text: 'code of a reserved class', clause: 'RFC 7252 §3' },
  { text: 'cut by the capture' },
  { text: 'ends within its length and code', clause: 'RFC 8323 §3.2' },
  { text: 'length is not 0 over WebSocket', clause: 'RFC 8323 §4.2' },
  { text: 'the rest of it is not in the capture' },
];

/** A fault code with its offset as a record shows it; undefined for `MessageFault.none`. */
export function messageFault(code: number, offset: number): Fault | undefined {
  const known = MESSAGE_FAULTS[code];
  if (code === MessageFault.none || known === undefined) return undefined;
  return known.clause === undefined
    ? { text: known.text, offset }
    : { text: known.text, offset, clause: known.clause };
}
