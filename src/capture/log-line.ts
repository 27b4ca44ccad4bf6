/** Which way a message went, as seen by the program that wrote the log. */
export const LogDirection = { unknown: 0, in: 1, out: 2 } as const;

/** What the words of one line of a log say of the message that stands in it or below it. */
export interface LogWords {
  /** Undefined where the line has no time. */
  time?: LogTime;
  /** A `LogDirection` code. */
  direction: number;
  /** The other end as the log writes it: an IP address without brackets; empty where it names none. */
  peer: string;
  /** Port of `peer`; 0 where there is none. */
  peerPort: number;
  /** The line without its time and its colours; as long as it was but for the colours. */
  rest: string;
}

/** A time of a log. */
export interface LogTime {
  /** Seconds since 1970, or since midnight where the line has no date. */
  seconds: number;
  nanoseconds: number;
  hasDate: boolean;
}

/** Characters at the beginning of a line among which its time stands. */
const TIME_WITHIN = 100;

// eslint-disable-next-line no-control-regex -- colours of terminals begin with the control character ESC
const COLOURS = /\u001b\[[0-9;]*[A-Za-z]/g;
/** RFC 3339 §5.6, with a space or a slash as people write it; without an offset it is taken as UTC. */
const DATE_TIME =
  /(?<!\d)(\d{4})[-/](\d\d)[-/](\d\d)[T ,]+(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d(?![0-9a-f:]))?/i;
const CLOCK_TIME = /(?<![\w:.])(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?![\w:])/;
/** Seconds since 1970 with a fraction, or milliseconds, where the line begins; in brackets or not. */
const EPOCH_TIME = /^\s*[[(]?(\d{9,10})(?:\.(\d{1,9})|(\d{3}))[\])]?(?=[\s:]|$)/;

const OUT_WORDS = /\b(?:sending|sends?|sent|tx|transmit(?:ted|ting)?|outgoing|outbound|output|writing)\b/i;
const IN_WORDS = /\b(?:received?|receiving|recv(?:ed|from)?|rx|incoming|inbound|input|got)\b/i;
/** `in`, `out`, `I`, `O` are words of other meaning too: they count alone, in brackets, or right before a dump. */
const SHORT_WORDS =
  /(?:^\s*|[[(<{]\s*)(in|out|i|o)(?:\s*[\])>}:]|\s*$|\s+(?=(?:0x)?[0-9a-f]{2,}(?:[\s:,]|$)))/i;
const OUT_ARROW = /(?:^|\s)(?:-{1,3}>|={1,2}>|>{2,3}|→)(?=\s|$)/;
const IN_ARROW = /(?:^|\s)(?:<-{1,3}|<={1,2}|<{2,3}|←)(?=\s|$)/;
const PEER_IPV6 = /\[([0-9a-f:.]*:[0-9a-f:.]*)(?:%\w+)?\](?::(\d{1,5}))?/i;
const PEER_IPV4 = /(?<![\w.:/])(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?::(\d{1,5}))?(?![\w.])/;

const HIGHEST_PORT = 0xffff;

/** Days from 1970-01-01 to a day of the Gregorian calendar. */
function daysTo(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function fraction(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.padEnd(9, '0'));
}

function ofDay(hours: string, minutes: string, seconds: string): number | undefined {
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
  return h < 24 && m < 60 && s <= 60 ? h * 3600 + m * 60 + s : undefined;
}

function readDateTime(match: RegExpExecArray): LogTime | undefined {
  const clock = ofDay(match[4]!, match[5]!, match[6]!);
  const month = Number(match[2]);
  const day = Number(match[3]);
  if (clock === undefined || month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  let seconds = daysTo(Number(match[1]), month, day) * 86_400 + clock;
  const zone = match[8];
  if (zone !== undefined && zone.length > 1) {
    const offset = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(-2)) * 60;
    seconds += zone.startsWith('-') ? offset : -offset;
  }
  return { seconds, nanoseconds: fraction(match[7]), hasDate: true };
}

function readTime(head: string): { time: LogTime; start: number; length: number } | undefined {
  let match = DATE_TIME.exec(head);
  let time = match === null ? undefined : readDateTime(match);
  if (match === null || time === undefined) {
    match = CLOCK_TIME.exec(head);
    const clock = match === null ? undefined : ofDay(match[1]!, match[2]!, match[3]!);
    if (match !== null && clock !== undefined)
      time = { seconds: clock, nanoseconds: fraction(match[4]), hasDate: false };
  }
  if (match === null || time === undefined) {
    match = EPOCH_TIME.exec(head);
    if (match !== null)
      time = { seconds: Number(match[1]), nanoseconds: fraction(match[2] ?? match[3]), hasDate: true };
  }
  if (match === null || time === undefined) return undefined;
  return { time, start: match.index, length: match[0].length };
}

/** The direction that a text states: by a word before by an arrow, by the first of several words. */
function directionOf(text: string): number {
  const out = OUT_WORDS.exec(text)?.index ?? Infinity;
  const into = IN_WORDS.exec(text)?.index ?? Infinity;
  if (out !== into) return out < into ? LogDirection.out : LogDirection.in;
  const short = SHORT_WORDS.exec(text)?.[1]?.toLowerCase();
  if (short !== undefined) return short.startsWith('i') ? LogDirection.in : LogDirection.out;
  const outArrow = OUT_ARROW.exec(text)?.index ?? Infinity;
  const inArrow = IN_ARROW.exec(text)?.index ?? Infinity;
  if (outArrow === inArrow) return LogDirection.unknown;
  return outArrow < inArrow ? LogDirection.out : LogDirection.in;
}

/** Words that say nothing, of a line whose text is `rest`. */
export function noWords(rest = ''): LogWords {
  return { direction: LogDirection.unknown, peer: '', peerPort: 0, rest };
}

/** Takes the time out of a line: ISO date and time, `hh:mm:ss`, or seconds since 1970; the rest is for `readWords`. */
export function takeTime(line: string): LogWords {
  const plain = line.includes('\u001b') ? line.replace(COLOURS, '') : line;
  const found = readTime(plain.slice(0, TIME_WITHIN));
  const words = noWords(plain);
  if (found === undefined) return words;
  words.time = found.time;
  const end = found.start + found.length;
  words.rest = plain.slice(0, found.start) + ' '.repeat(found.length) + plain.slice(end);
  return words;
}

/** Reads direction and peer from the words of a line (its dump left out) into `words`. */
export function readWords(text: string, words: LogWords): void {
  words.direction = directionOf(text);
  const match = PEER_IPV6.exec(text) ?? PEER_IPV4.exec(text);
  if (match === null) return;
  const port = Number(match[2] ?? 0);
  if (port > HIGHEST_PORT) return;
  words.peer = match[1]!;
  words.peerPort = port;
}
