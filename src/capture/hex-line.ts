/** Hexadecimal bytes found in one line of text. */
export interface HexLine {
  bytes: number[];
  /** The number before the bytes that says where they lie, as written; undefined where there is none. */
  offset: string | undefined;
  /** Text before the offset or the first byte. */
  before: string;
  /** Digits of one group: 2 for `44 01`, 4 for `4401 9cc0`, all of them for one long word. */
  width: number;
  /** True where words stand before the bytes or behind them, so that the bytes may be part of a sentence. */
  embedded: boolean;
  /** True where words stand right behind the bytes. */
  isFollowed: boolean;
}

/** A group of hexadecimal digits. */
const GROUP = /(?:0x)?([0-9a-f]{2,})(?![0-9a-z_])/iy;
/** What may stand between groups: space, or one sign with space around it. */
const BETWEEN = /[ \t]*[,:-][ \t]*|[ \t]+/y;
/** Where a dump may begin: not within a word or a number. */
const BEGIN = /(?<![\w.\-/%#&])(?:0x)?[0-9a-f]{2,}(?![0-9a-z_])/gi;
/** A number before the bytes of a line: `0000`, `00000010:`, `0x0010:`. */
const OFFSET = /^(?:0x)?([0-9a-f]{3,8})$/i;
const ONLY_OFFSET = /^\s*(?:0x)?([0-9a-f]{3,8}):?\s*$/i;
/** Gap in characters that parts bytes from the text column: always, and where groups have more than two digits. */
const WIDE_GAP = 3;
const GROUPED_GAP = 2;
const BLANK_OR_SIGNS = /^[\s[\](){}<>|:;,."'*=-]*$/;

interface Found extends HexLine {
  end: number;
}

/** Gives the longest run of hexadecimal bytes in a line; undefined where there is none. */
export function readHexLine(line: string): HexLine | undefined {
  let best: Found | undefined;
  BEGIN.lastIndex = 0;
  for (let match = BEGIN.exec(line); match !== null; match = BEGIN.exec(line)) {
    const found = readFrom(line, match.index);
    if (found !== undefined && (best === undefined || found.bytes.length > best.bytes.length)) best = found;
    if (found !== undefined) BEGIN.lastIndex = Math.max(found.end, match.index + 1);
  }
  return best;
}

/** The number of a line that holds nothing else, as `od` writes it last; undefined for other lines. */
export function onlyOffset(line: string): string | undefined {
  return ONLY_OFFSET.exec(line)?.[1];
}

/** Reads groups from `start` on, with an offset before them where the first group is one. */
function readFrom(line: string, start: number): Found | undefined {
  const ends: number[] = [];
  const gaps: number[] = [];
  const digits: string[] = [];
  let sign: string | undefined;
  let offset: string | undefined;
  let at = start;
  let bytesStart = start;
  for (;;) {
    GROUP.lastIndex = at;
    const group = GROUP.exec(line);
    if (group === null) break;
    const text = group[1]!;
    const end = GROUP.lastIndex;
    const first = digits.length === 0;
    // What follows a colon is a port or a value, not an offset.
    if (first && offset === undefined && line[start - 1] !== ':' && OFFSET.test(text)) {
      const after = afterOffset(line, end, text.length);
      if (after > 0) {
        offset = text;
        at = after;
        bytesStart = after;
        continue;
      }
    }
    if (text.length % 2 !== 0) break;
    const width = digits[0]?.length ?? text.length;
    if (!first && text.length > width) break;
    digits.push(text);
    ends.push(end);
    // A group that is shorter than the first is the last one.
    if (text.length < width) break;
    BETWEEN.lastIndex = end;
    const between = BETWEEN.exec(line);
    if (between === null) break;
    const mark = between[0].trim();
    if (sign !== undefined && mark !== sign) break;
    sign = mark;
    if (mark === '' && between[0].length >= (width > 2 ? GROUPED_GAP : WIDE_GAP)) break;
    gaps.push(between[0].length);
    at = BETWEEN.lastIndex;
  }
  const count = width2(digits) ? withoutText(line, digits, ends, gaps) : digits.length;
  if (count === 0) return undefined;
  const bytes: number[] = [];
  for (const group of digits.slice(0, count))
    for (let index = 0; index < group.length; index += 2)
      bytes.push(parseInt(group.slice(index, index + 2), 16));
  const end = ends[count - 1]!;
  const before = line.slice(0, start);
  const isFollowed = !isBehind(line.slice(end, end + WIDE_GAP));
  return {
    bytes,
    offset,
    before,
    width: digits[0]!.length,
    embedded: bytesStart === start && (/\w/.test(before) || isFollowed),
    isFollowed,
    end,
  };
}

function width2(digits: readonly string[]): boolean {
  return digits.length > 1 && digits[0]!.length === 2;
}

/** What stands right behind bytes that are not part of a sentence: nothing, a column apart, or a closing sign. */
function isBehind(behind: string): boolean {
  return BLANK_OR_SIGNS.test(behind) || /^(?:\s{2}|\s*[|>\])}])/.test(behind);
}

/** Where the bytes begin behind an offset of `length` digits that ends at `end`; 0 where it is none. */
function afterOffset(line: string, end: number, length: number): number {
  const colon = line[end] === ':';
  const rest = /^[ \t]+(?=(?:0x)?([0-9a-f]{2,})(?![0-9a-z_]))/i.exec(
    line.slice(end + (colon ? 1 : 0), end + 40),
  );
  if (rest === null) return 0;
  // Without a colon only the width of what follows tells an offset from a group of bytes.
  if (!colon && (rest[1]!.length !== 2 || length === 2)) return 0;
  return end + (colon ? 1 : 0) + rest[0].length;
}

/**
 * How many of the groups are bytes: the text column of a dump may begin like a group (`ab` for 61 62). It is found
 * where it repeats the bytes before it, printable ones as themselves and others as dots.
 */
function withoutText(line: string, digits: string[], ends: number[], gaps: number[]): number {
  for (let count = digits.length - 1; count > 0; count--) {
    if (gaps[count - 1]! < GROUPED_GAP) continue;
    const tail = line.slice(ends[count - 1]!);
    if (repeats(tail, digits, count)) return count;
  }
  return digits.length;
}

function repeats(tail: string, digits: readonly string[], count: number): boolean {
  let text = '';
  for (let index = 0; index < count; index++) {
    const byte = parseInt(digits[index]!, 16);
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  return tail.trim() === text.trim() && text.trim() !== '';
}
