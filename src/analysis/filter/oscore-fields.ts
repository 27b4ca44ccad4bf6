import type { OptionCursor } from '../../coap/option-cursor.ts';
import type { MessageBytesAccess } from './bytes-access.ts';
import { WIRESHARK } from './field-declaration.ts';
import type { EachValue, FilterField } from './field.ts';
import { readFlag, readNumber, readOpaque, readPresence } from './read-fields.ts';

/** Bits of the first byte of the OSCORE option. RFC 8613 §6.1. */
const RESERVED = 0xe0;
const CONTEXT_PRESENT = 0x10;
const KID_PRESENT = 0x08;
const PIV_LENGTH = 0x07;

/** Where the parts of an OSCORE option stand; lengths are -1 for a part that is not there. */
interface OscoreParts {
  flags: number;
  piv: number;
  pivLength: number;
  context: number;
  contextLength: number;
  kid: number;
  kidLength: number;
  /** The option is shorter than its parts, or uses what is reserved (RFC 8613 §6.1). */
  isBad: boolean;
}

function oscoreParts(bytes: Uint8Array, start: number, length: number): OscoreParts {
  const end = start + length;
  const flags = length === 0 ? 0 : bytes[start]!;
  const parts: OscoreParts = {
    flags,
    piv: start + 1,
    pivLength: flags & PIV_LENGTH || -1,
    context: 0,
    contextLength: -1,
    kid: 0,
    kidLength: -1,
    isBad: (flags & RESERVED) !== 0 || (flags & PIV_LENGTH) > 5 || (length === 1 && flags === 0),
  };
  let at = parts.piv + Math.max(0, parts.pivLength);
  if (at > end && length > 0) return { ...parts, pivLength: -1, isBad: true };
  if ((flags & CONTEXT_PRESENT) !== 0) {
    if (at >= end || at + 1 + bytes[at]! > end) return { ...parts, isBad: true };
    parts.contextLength = bytes[at]!;
    parts.context = at + 1;
    at += 1 + parts.contextLength;
  }
  if ((flags & KID_PRESENT) !== 0) {
    parts.kid = at;
    parts.kidLength = end - at;
  } else if (length > 0 && at < end) parts.isBad = true;
  return parts;
}

/** Fields of the OSCORE option (RFC 8613 §6.1), on the message that has it. */
export function oscoreFields(
  cursor: OptionCursor,
  each: EachValue,
  access: MessageBytesAccess,
): FilterField[] {
  let parts: OscoreParts | undefined;
  const eachParts: EachValue = (row, visit) =>
    each(row, () => {
      parts = oscoreParts(access.message(row)!.bytes, cursor.valueStart, cursor.valueLength);
      return visit(row);
    });
  const field = (name: string, title: string) => ({
    name: `coap.${name}`,
    title,
    wireshark: WIRESHARK,
    each: eachParts,
  });
  const opaque = (name: string, title: string, start: 'piv' | 'context' | 'kid'): FilterField =>
    readOpaque(
      field(name, title),
      () => parts![`${start}Length`],
      (row, index) => access.message(row)!.bytes[parts![start] + index]!,
    );
  const flag = (name: string, title: string, mask: number): FilterField =>
    readFlag(field(name, title), () =>
      cursor.valueLength === 0 ? NaN : (parts!.flags & mask) === 0 ? 0 : 1,
    );
  const option = 'opt.object_security';
  return [
    opaque('oscore_kid', 'key identifier of OSCORE', 'kid'),
    opaque('oscore_kid_context', 'context of the key identifier of OSCORE', 'context'),
    opaque('oscore_piv', 'partial IV of OSCORE', 'piv'),
    flag(`${option}_reserved`, 'reserved bits of the OSCORE option', RESERVED),
    flag(`${option}_kid_context_present`, 'the OSCORE option has a key identifier context', CONTEXT_PRESENT),
    flag(`${option}_kid_present`, 'the OSCORE option has a key identifier', KID_PRESENT),
    readNumber(field(`${option}_piv_len`, 'length of the partial IV'), () =>
      cursor.valueLength === 0 ? NaN : parts!.flags & PIV_LENGTH,
    ),
    opaque(`${option}_piv`, 'partial IV in the OSCORE option', 'piv'),
    readNumber(field(`${option}_kid_context_len`, 'length of the key identifier context'), () =>
      parts!.contextLength < 0 ? NaN : parts!.contextLength,
    ),
    opaque(`${option}_kid_context`, 'key identifier context in the OSCORE option', 'context'),
    opaque(`${option}_kid`, 'key identifier in the OSCORE option', 'kid'),
    readPresence('coap.option_oscore_bad', 'an OSCORE option that is malformed', WIRESHARK, (row) =>
      eachParts(row, () => parts!.isBad),
    ),
  ];
}
