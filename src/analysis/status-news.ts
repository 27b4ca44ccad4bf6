import type { AnalysisStatus, EventPort } from './protocol.ts';

/**
 * News go to the page at most this often, in milliseconds: with each of them it asks anew for all that it shows, which
 * takes time from reading a file. A live stream leaves that time.
 */
const STATUS_INTERVAL = 250;
const LIVE_STATUS_INTERVAL = 100;

/** What the platform gives to tell news in time. */
export interface NewsHost {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  after(milliseconds: number): Promise<void>;
}

/** What there is news of. */
export interface NewsSource {
  readonly isLive: boolean;
  /** Messages handed over so far. */
  readonly messages: number;
  /** Brings what is shown up to what was read. */
  bringUp(): void;
  status(): AnalysisStatus;
}

/** Tells the page how things stand, and counts what it was told: the revisions of all that it shows. */
export class StatusNews {
  #port: EventPort | undefined;
  #revision = 0;
  #knownMessages = 0;
  #lastStatus = -Infinity;
  /** A status was held back and will be told when its time has come. */
  #owed = false;

  constructor(
    private readonly host: NewsHost,
    private readonly source: NewsSource,
  ) {}

  /** Grows with each change of the tables that the page was told of. */
  get revision(): number {
    return this.#revision;
  }

  /** Says where news go; one listener. */
  listen(port: EventPort): void {
    this.#port = port;
    this.tell(true);
  }

  /** Another analysis begins: its first message is news. */
  startAnew(): void {
    this.#knownMessages = 0;
  }

  /** Says that other rows are shown, which is a revision whether or not anybody listens. */
  changed(): void {
    this.#revision++;
    this.tell(true);
  }

  /** Tells the page how things stand: at once where it must know, else when its time has come. */
  tell(now: boolean): void {
    if (this.#port === undefined) return;
    const time = this.host.now();
    const first = this.#knownMessages === 0 && this.source.messages > 0;
    const wait = this.#lastStatus + (this.source.isLive ? LIVE_STATUS_INTERVAL : STATUS_INTERVAL) - time;
    if (!now && !first && wait > 0) {
      this.#owe(wait);
      return;
    }
    this.#lastStatus = time;
    this.source.bringUp();
    this.#revision++;
    const status = this.source.status();
    this.#knownMessages = status.messages;
    this.#port.postMessage({ type: 'status', status });
  }

  /** A live source may fall silent after a burst: its last status is told when its time has come. */
  #owe(wait: number): void {
    if (this.#owed || !this.source.isLive) return;
    this.#owed = true;
    void this.host.after(wait).then(() => {
      this.#owed = false;
      this.tell(false);
    });
  }
}
