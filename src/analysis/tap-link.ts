import type { StartCommand, TapCommand, TapStatus } from './live-tap-protocol.ts';

/**
 * `connecting`: the first answer is awaited. `connected`. `lost`: the relay is gone and is tried again. `over`: nothing
 * more will come.
 */
export type TapConnection = 'connecting' | 'connected' | 'lost' | 'over';

/** How the connection to a live tap stands, for the page. */
export interface TapNews {
  connection: TapConnection;
  /** How often the relay was tried since it was lost. */
  attempts: number;
  /** What the relay said last; undefined of a replay, which says nothing. */
  status?: TapStatus;
  /** Commands that were given. */
  commands: number;
  /** Why the last one was not followed. */
  refusal?: string;
  /** Packets that were captured and did not come: what a lost connection or a slow page cost. */
  missed: number;
  /** Times at which packets are missing; more than `missed` tells where nobody knows how many. */
  gaps: number;
  /** Messages of the relay that could not be understood, and were not taken. */
  refused: number;
}

/** Stands in a live stream where packets are missing. */
export interface StreamGap {
  /** Packets that were captured and did not come; 0 where nobody knows how many. */
  missed: number;
}

/** What a live source gives: bytes, and word of what is missing between them. */
export type LivePiece = Uint8Array | StreamGap;

/**
 * Ties a connection to the analysis that reads it: news go one way, commands the other. Made before the connection
 * is, and given to it.
 */
export class TapLink {
  #news: TapNews = { connection: 'connecting', attempts: 0, commands: 0, missed: 0, gaps: 0, refused: 0 };
  /** Set by the connection while commands can be sent. */
  send: ((command: TapCommand) => void) | undefined;
  /** What is to be captured, as the person chose it last; undefined where they have only come to watch. */
  wanted: StartCommand | undefined;
  /** Hears that there are news. */
  onNews: (() => void) | undefined;

  constructor(wanted?: StartCommand) {
    this.wanted = wanted;
  }

  /** The last news; replaced as a whole. */
  get news(): TapNews {
    return this.#news;
  }

  /** Takes what has changed. */
  tell(change: Partial<TapNews>): void {
    this.#news = { ...this.#news, ...change };
    this.onNews?.();
  }

  /** Asks the relay for something; where the connection is lost, a start is asked for when it is back. */
  ask(command: TapCommand): void {
    this.wanted = command.type === 'start' ? command : undefined;
    this.#news = { ...this.#news, commands: this.#news.commands + 1 };
    delete this.#news.refusal;
    this.send?.(command);
    this.onNews?.();
  }
}
