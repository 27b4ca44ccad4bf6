import type { ByteCount, MessageRow, Nanoseconds } from '../capture/units.ts';

/** What the page asks of the ladder between a device and its servers, and the answers; part of the protocol. */

/** What a ladder is made of. */
export interface SequenceChoice {
  /** Device whose messages are shown; -1 for all messages that the filter in force lets pass. */
  device: number;
  /** Leaves out the empty ACKs whose message is in the capture. */
  hideAcks: boolean;
  /** Shows the messages of every transfer. */
  unfoldAll: boolean;
  /** First messages of the transfers that are shown unfolded, or folded where all are unfolded. */
  turned: readonly MessageRow[];
}

export interface SequenceQuery extends SequenceChoice {
  first: number;
  count: number;
}

/** What an end of messages is to the device. */
export type LaneRole = 'bootstrap server' | 'server' | 'device' | 'download server' | 'peer' | 'others';

/** A lifeline: the device with all its addresses, or one address of somebody else. */
export interface SequenceLane {
  /** All roles it was seen in, the first being the one by which it has its place. */
  roles: LaneRole[];
  /** Name of a device, else the address. */
  name: string;
  /** Addresses with their ports, in the order seen. */
  addresses: string[];
  /** Device index, or -1. */
  device: number;
}

/** Bits that say what is special about a message. */
export const SequenceMark = {
  /** A copy of a message that was seen before. */
  repeat: 1,
  /** Sent again before anything came back: this copy, or what it brought about, was lost. */
  notAnsweredInTime: 2,
  /** Nothing came back at all, and the time for it is over. */
  unanswered: 4,
  /** A CON that is no request and for which no ACK was seen, though the time for it is over. */
  notAcknowledged: 8,
  reset: 16,
  errorAnswer: 32,
  /** Another capture point showed it too. */
  sighted: 64,
  /** An ICMP error speaks of it. */
  icmp: 128,
  /** It was damaged or cut. */
  faulty: 256,
  /** An answer whose request is not in the capture. */
  withoutRequest: 512,
} as const;

/** A run of messages of one block-wise transfer. */
export interface SequenceTransfer {
  /** Last message of the run. */
  lastRow: MessageRow;
  lastTime: Nanoseconds;
  direction: 'block1' | 'block2';
  isUnfolded: boolean;
  messages: number;
  /** Blocks of the body in this run, copies not counted, and the bytes in them. */
  blocks: number;
  bytes: ByteCount;
  /** Size of a block in bytes. */
  size: ByteCount;
  /** Messages that repeat others. */
  repeats: number;
  /** The longest time between two messages of the run. */
  longestWait: Nanoseconds;
  /** Length of the whole body, or -1. */
  length: ByteCount;
  ended: 'complete' | 'abandoned' | 'restarted' | 'refused' | 'open';
}

/** One line of the ladder. */
export interface SequenceLine {
  kind: 'message' | 'transfer' | 'wait' | 'gap';
  /** The message; of a transfer its first one, of a wait or gap the one after it. */
  row: MessageRow;
  id: string;
  time: Nanoseconds;
  /** Time since the line before; of a wait or gap its length. NaN for the first. */
  since: Nanoseconds;
  /** Index of the lifelines it goes from and to; of a wait or gap -1. */
  from: number;
  to: number;
  form: 'request' | 'answer' | 'notification' | 'empty' | 'signal';
  /** Index in `OPERATION_NAMES`. */
  operation: number;
  /** `CON`, `NON`, `ACK`, `RST`; empty over a stream. */
  type: string;
  /** Operation, or method, or code of the answer. */
  label: string;
  /** Path and what the message says. */
  detail: string;
  /** `SequenceMark` bits. */
  marks: number;
  /** Of a repeat: the first copy, how long before, and which copy this is. */
  first?: { row: MessageRow; id: string; since: Nanoseconds; copy: number };
  /** How often it was sent, where that was more than once; of first copies. */
  copies?: number;
  /** Errors that ICMP told, as text. */
  icmp?: string;
  transfer?: SequenceTransfer;
  /** Lifelines of servers at which the device is registered then, as bits, and the ones where that is not proven. */
  registered: number;
  assumed: number;
  /** State of the device's update then, as the device stage names it; empty where there is none. */
  firmware: string;
  /** No message said so. */
  isFirmwareInferred: boolean;
}

export interface SequenceWindow {
  revision: number;
  /** Lines of the whole ladder, messages in it and empty ACKs left out. */
  total: number;
  messages: number;
  hidden: number;
  transfers: number;
  first: number;
  lanes: SequenceLane[];
  lines: SequenceLine[];
}

/** The questions of the page that concern the ladder. */
export interface SequenceQuestions {
  sequence(query: SequenceQuery): Promise<SequenceWindow>;
  /** Line on which a message stands, or the one nearest before it; -1 where the ladder is empty. */
  sequenceLine(choice: SequenceChoice, row: MessageRow): Promise<number>;
  /** Device at one end of a message, or -1. */
  deviceOfRow(row: MessageRow): Promise<number>;
}
