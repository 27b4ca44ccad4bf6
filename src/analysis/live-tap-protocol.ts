/**
 * What the relay of a live tap and the page say to each other.
 *
 * **Finding it.** The page is opened at an address with `#token=…`. It asks `live.json?token=…` and gets a `LiveOffer`,
 * whose addresses hold the token already; an answer 403 is a `LiveRefusal`.
 *
 * **Connecting.** The WebSocket at `LiveOffer.live`. A viewer that was connected before adds, to continue there,
 * `&stream=ID&next=N&interfaces=M` (`resumeAddress`): the stream's id from the `TapHello`, the number of the first packet
 * that it does not have, and how many interfaces it was told of.
 *
 * **What comes.** First a `TapHello`, then a `TapStatus` at least once a second while it captures, and blocks: each
 * binary message holds whole pcapng blocks of one little-endian section and comes right after a `TapBlocks`, which
 * says what they are. All binary messages of a stream, put together, are a pcapng file. Every packet of a stream has
 * a number, from 0; `TapBlocks.first` beyond what was expected is a gap of as many packets.
 *
 * A replay (`tap.kind` is `replay`) sends the file's bytes as they are, in binary messages alone, and takes no commands.
 */

import type { ByteCount } from '../capture/units.ts';

/** An interface that the capture tool offers. */
export interface TapInterface {
  name: string;
  /** What the tool says of it; may be empty. */
  description: string;
  /** False where the tool says that it is down or not connected. */
  up: boolean;
  loopback: boolean;
}

/** A capture filter that is worth offering. */
export interface OfferedFilter {
  label: string;
  /** In the language of libpcap; empty for everything. */
  filter: string;
}

/** Where packets come from: interfaces that are chosen, a stream that the relay was given, or a file played as if live. */
export type TapKind = 'interfaces' | 'stream' | 'replay';

/** What the relay can capture. */
export interface TapOffer {
  kind: TapKind;
  /** The program that captures; absent where there is none, or none is needed. */
  tool?: 'tcpdump' | 'dumpcap';
  /** Those that may be chosen; empty unless `kind` is `interfaces`. */
  interfaces: TapInterface[];
  /** Filters to choose from, the usual one first; empty unless `kind` is `interfaces`. */
  filters: OfferedFilter[];
  /** Why nothing can be captured, in plain words with what to do. */
  error?: string;
}

/** What the server of the page offers, at `live.json`. */
export interface LiveOffer {
  /** Address of the WebSocket, with the token. */
  live?: string;
  tap?: TapOffer;
  /** Name of the capture that the page opens with. */
  capture?: string;
  /** Where it lies, relative to the page, with the token. */
  captureUrl?: string;
}

/** The answer where the token is missing or wrong. */
export interface LiveRefusal {
  error: string;
}

/** Longest filter that is taken, in characters. */
export const MOST_FILTER_LENGTH = 1000;
/** Most interfaces captured at one time. */
export const MOST_CAPTURED_INTERFACES = 16;

/** Asks the relay to capture; where it captures already, anew with this choice. */
export interface StartCommand {
  type: 'start';
  /** Names as in the offer, at least one and at most `MOST_CAPTURED_INTERFACES`. */
  interfaces: string[];
  filter: string;
}

/** Asks the relay to end the capture; the stream stays and goes on with the next start. */
export interface StopCommand {
  type: 'stop';
}

/** What the page may ask, as JSON in a text message. */
export type TapCommand = StartCommand | StopCommand;

/** The first message of a connection. */
export interface TapHello {
  type: 'hello';
  /** Tells streams apart: another one after the relay was started again. */
  stream: string;
  /** True where the connection continues the stream as asked; else a section begins. */
  continues: boolean;
  /** Number of the first packet that will be sent. */
  next: number;
  /** Packets between the one that was asked for and `next`, which the ring no longer holds; 0 unless it continues. */
  missed: number;
}

/** Says what the binary message after it holds. */
export interface TapBlocks {
  type: 'blocks';
  /**
   * `section`: the section header and all interfaces known by now. `interfaces`: interfaces that were added.
   * `packets`: packets, and blocks that came between them. `tick`: an Interface Statistics Block for each interface
   * that captures, which tells the time; its `isb_osdrop` counts what the kernel dropped and its `isb_ifdrop` what
   * this connection lost because it was slow.
   */
  holds: 'section' | 'interfaces' | 'packets' | 'tick';
  /** Number of the first packet; of the first interface for `section` and `interfaces`; of the next packet for `tick`. */
  first: number;
  /** How many packets or interfaces; 0 for `tick`. */
  count: number;
}

/**
 * `idle`: nothing is captured. `starting`: the tool was started and has not answered. `capturing`. `ended`: the stream
 * that the relay was given is over. `failed`: see `error`.
 */
export type TapState = 'idle' | 'starting' | 'capturing' | 'ended' | 'failed';

/** How the relay stands, for one connection. */
export interface TapStatus {
  type: 'status';
  state: TapState;
  /** Names of what is captured, or was last. */
  interfaces: string[];
  /** The filter as it was asked for; the relay's own connections are left out besides. */
  filter: string;
  /** Packets captured since the relay was started. */
  packets: number;
  /** Packets a second, of the last one. */
  rate: number;
  /** Packets that were lost: by the kernel, by the file that is written, by this connection because it was slow. */
  drops: { kernel: number; file: number; viewer: number };
  /** What is kept for those who come late. */
  ring: {
    bytes: ByteCount;
    capacity: ByteCount;
    /** Number of the oldest packet that is kept; as many were let go. */
    firstSequence: number;
    /** Number of the packet that comes next. */
    nextSequence: number;
  };
  /** Packets captured and neither sent to this connection yet nor lost. */
  behind: number;
  viewers: number;
  /** Connections and questions that were refused, such as for a missing token. */
  refused: number;
  /** Name of the file that is written, where one is. */
  file?: string;
  /** Why the state is `failed`, or what went wrong beside a capture that goes on. */
  error?: string;
}

/**
 * Answers a command that was not followed. What was captured before goes on where the choice itself was wrong; where the
 * tool could not start with it, the state is `failed`.
 */
export interface TapRefusal {
  type: 'refused';
  error: string;
}

/** What the relay says, as JSON in a text message. */
export type TapMessage = TapHello | TapBlocks | TapStatus | TapRefusal;

/** Gives the address that continues a stream: `live` of the offer, and what the viewer holds of the stream. */
export function resumeAddress(live: string, stream: string, next: number, interfaces: number): string {
  return `${live}${live.includes('?') ? '&' : '?'}stream=${encodeURIComponent(stream)}&next=${next}&interfaces=${interfaces}`;
}
