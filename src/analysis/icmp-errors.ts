import type { FrameNumber, MessageRow, Nanoseconds } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { SIGHTING_WINDOW } from '../network/sightings.ts';
import { EXCHANGE_LIFETIME } from '../coap/exchange.ts';
import { MessageFlag, type MessageTable } from './message-table.ts';

/** Errors that are kept; further ones are counted. */
export const MAX_ICMP_ERRORS = 4096;
/** Messages of a conversation among which the quoted one is looked for, newest first. */
const LOOKED_AT = 256;
/** What an error quotes is this old at most: its ID may be another message's then. RFC 7252 §4.8.2 */
const LONGEST_AGO: Nanoseconds = EXCHANGE_LIFETIME * 1e9;
/** The first two bits of a message. RFC 7252 §3 */
const VERSION = 1;

/** An ICMP or ICMPv6 error about a datagram of a conversation. */
export interface IcmpError {
  /** Such as `port unreachable`. */
  kind: string;
  /** Bytes that the next hop takes, where the error says so (RFC 1191 §4, RFC 4443 §3.2). */
  mtu?: number;
  time: Nanoseconds;
  file: number;
  /** Number of the capture point that saw it. */
  point: number;
  frame: FrameNumber;
  /** Address of who sent it. */
  from: string;
  clause: string;
  conversation: number;
  /** The message that it quotes, or `NO_ROW` where what is quoted does not tell. */
  row: MessageRow;
  /** The message of the conversation that was captured last before the error. */
  before: MessageRow;
}

/** What an error quotes of a message: direction, and the first four bytes as one number, -1 where there are fewer. */
export interface Quoted {
  fromA: boolean;
  head: number;
}

/** The ICMP errors about the capture's conversations, in the order captured. */
export class IcmpErrors {
  readonly kept: IcmpError[] = [];
  /** Errors about any message, those beyond the bound included. */
  aboutMessages = 0;
  readonly #byRow = new Map<MessageRow, IcmpError[]>();
  /** Kinds of errors about one message, each text once. */
  readonly #kinds: string[] = [];

  constructor(private readonly messages: MessageTable) {}

  /** Adds an error, and finds the message that it quotes among those captured before it. */
  add(error: Omit<IcmpError, 'row' | 'before'>, quoted: Quoted): void {
    const row = this.#quotedRow(error, quoted);
    if (this.of(row).some((known) => isSameSeenElsewhere(known, error))) return;
    if (row !== NO_ROW) this.aboutMessages++;
    if (this.kept.length === MAX_ICMP_ERRORS) return;
    const known: IcmpError = { ...error, row, before: this.messages.lastOf(error.conversation) };
    this.kept.push(known);
    if (row === NO_ROW) return;
    const others = this.#byRow.get(row);
    if (others === undefined) this.#byRow.set(row, [known]);
    else others.push(known);
  }

  /** Forgets the errors before a time of the capture clock. */
  dropBefore(time: Nanoseconds): void {
    const kept = this.kept.filter((error) => error.time >= time);
    if (kept.length === this.kept.length) return;
    this.kept.splice(0, this.kept.length, ...kept);
    this.#byRow.clear();
    for (const error of kept) {
      if (error.row === NO_ROW) continue;
      const others = this.#byRow.get(error.row);
      if (others === undefined) this.#byRow.set(error.row, [error]);
      else others.push(error);
    }
  }

  /** The errors that quote a message. */
  of(row: MessageRow): readonly IcmpError[] {
    return this.#byRow.get(row) ?? [];
  }

  /** Number of the kinds of errors about a message, for `kindsOf`; -1 where there are none. */
  kindsId(row: MessageRow): number {
    const errors = this.#byRow.get(row);
    if (errors === undefined) return -1;
    const text = errors.map(({ kind }) => kind).join('\n');
    const known = this.#kinds.indexOf(text);
    return known >= 0 ? known : this.#kinds.push(text) - 1;
  }

  /** Kinds of a number that `kindsId` gave, each in a line. */
  kindsOf(id: number): string {
    return this.#kinds[id] ?? '';
  }

  /** The kinds that were seen. */
  kinds(): string[] {
    return [...new Set(this.kept.map(({ kind }) => kind))];
  }

  /** RFC 792 and RFC 4443 quote the beginning of a datagram: type, code and ID tell which message it was. */
  #quotedRow(
    { conversation, time }: { conversation: number; time: Nanoseconds },
    quoted: Quoted,
  ): MessageRow {
    const { messages } = this;
    const { head } = quoted;
    if (head < 0 || head >>> 30 !== VERSION) return NO_ROW;
    const type = (head >>> 28) & 3;
    const code = (head >>> 16) & 0xff;
    const messageId = head & 0xffff;
    let row = messages.lastOf(conversation);
    for (let looked = 0; row !== NO_ROW && looked < LOOKED_AT; looked++, row = messages.previous.get(row)) {
      if (time - messages.time.get(row) > LONGEST_AGO) return NO_ROW;
      if (
        messages.messageId.get(row) === messageId &&
        messages.type.get(row) === type &&
        messages.code.get(row) === code &&
        messages.has(row, MessageFlag.fromA) === quoted.fromA
      )
        return row;
    }
    return NO_ROW;
  }
}

/** Whether two errors about one message are one packet that two capture points saw. */
function isSameSeenElsewhere(known: IcmpError, error: Omit<IcmpError, 'row' | 'before'>): boolean {
  return (
    known.point !== error.point &&
    known.kind === error.kind &&
    known.from === error.from &&
    Math.abs(known.time - error.time) <= SIGHTING_WINDOW
  );
}

/** One line about an error: `port unreachable from 10.0.0.1`, with the size that fits where that is said. */
export function icmpErrorText({ kind, mtu, from }: IcmpError): string {
  return `${kind}${mtu === undefined ? '' : ` (MTU ${mtu})`} from ${from}`;
}
