import type { MessageView } from './message.ts';

const SLASH = 0x2f;
const AMPERSAND = 0x26;
const PERCENT = 0x25;

const ENCODED = /%(25|26|2F)/g;

/** A segment of a canonical text as it stands in its option: `%2F`, `%26` and `%25` are `/`, `&` and `%` again. */
export function plainSegment(segment: string): string {
  return segment.includes('%')
    ? segment.replace(ENCODED, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
    : segment;
}

/** A segment as it stands in its option, as the canonical text of a path has it. */
export function pathSegmentText(segment: string): string {
  return segment.replaceAll('%', '%25').replaceAll('/', '%2F');
}

/**
 * Writes a run of equal string options as one text in UTF-8: paths as `/rd/5a3f`, queries as `ep=dev1&lt=60`.
 * Of a segment, the separator and `%` are percent-encoded (RFC 3986 §2.1, RFC 7252 §6.5), and nothing else: a segment
 * `a/b` is `a%2Fb`, a segment `a%2Fb` is `a%252Fb`, and `plainSegment` gives each back.
 * Gives the end of what was written; stops where `target` is full.
 */
function writeRun(
  bytes: Uint8Array,
  first: number,
  firstLength: number,
  count: number,
  separator: number,
  leading: boolean,
  target: Uint8Array,
  offset: number,
): number {
  let position = first;
  let length = firstLength;
  let out = offset;
  const room = target.length - 3;
  for (let index = 0; index < count; index++) {
    if (index > 0) {
      length = bytes[position++]! & 15;
      if (length === 13) length = bytes[position++]! + 13;
      else if (length === 14) {
        length = ((bytes[position]! << 8) | bytes[position + 1]!) + 269;
        position += 2;
      }
    }
    if ((leading || index > 0) && out < room) target[out++] = separator;
    for (const end = position + length; position < end; position++) {
      const byte = bytes[position]!;
      if (out >= room) continue;
      if (byte === separator || byte === PERCENT) {
        const low = byte & 15;
        target[out++] = PERCENT;
        target[out++] = 0x30 + (byte >> 4);
        target[out++] = low < 10 ? 0x30 + low : 0x37 + low;
      } else target[out++] = byte;
    }
  }
  return out;
}

/** Writes the Uri-Path of a message as text, `/` before each segment; nothing where it has none. */
export function writeUriPath(view: MessageView, target: Uint8Array, offset: number): number {
  return writeRun(view.bytes, view.pathStart, view.pathLength, view.pathCount, SLASH, true, target, offset);
}

/** Writes the Uri-Query of a message as text, `&` between the segments. */
export function writeUriQuery(view: MessageView, target: Uint8Array, offset: number): number {
  return writeRun(
    view.bytes,
    view.queryStart,
    view.queryLength,
    view.queryCount,
    AMPERSAND,
    false,
    target,
    offset,
  );
}

/** Writes the Location-Path of a message as text, `/` before each segment. */
export function writeLocationPath(view: MessageView, target: Uint8Array, offset: number): number {
  return writeRun(
    view.bytes,
    view.locationStart,
    view.locationLength,
    view.locationCount,
    SLASH,
    true,
    target,
    offset,
  );
}
