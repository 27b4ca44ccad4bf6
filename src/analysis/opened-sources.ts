import { type AppendableByteStore, BlobStore } from '../capture/byte-store.ts';
import { LiveRecording, type Recording } from './live-recording.ts';
import type { OpenSource } from './protocol.ts';
import type { Source } from './source-pieces.ts';
import { type LivePiece, TapLink } from './tap-link.ts';

/** What the platform gives to read what is opened. */
export interface SourceHost {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  createSpool(): Promise<AppendableByteStore>;
  /** Where the bytes of a live source are kept until the person has saved them. */
  createRecording(): Promise<Recording>;
  /** The bytes that a relay sends, with word of what is missing; ends when the relay closes, or when `stopped` says so. */
  connect(url: string, stopped: Promise<void>, link: TapLink): AsyncIterable<LivePiece>;
}

/** What is open, and where its bytes come from: stays while it is analysed anew. */
export class OpenedSources {
  readonly #stores: AppendableByteStore[] = [];
  #readable: Promise<Source[]> | undefined;
  #recordings: LiveRecording[] = [];
  #isClosed = false;
  #stop: () => void = () => {};
  readonly #stopped = new Promise<void>((resolve) => {
    this.#stop = resolve;
  });

  /** Of the first live source: how its connection stands, and the way to ask its relay. */
  readonly link: TapLink | undefined;

  constructor(
    readonly sources: readonly OpenSource[],
    private readonly host: SourceHost,
  ) {
    const live = sources.find((source) => source.kind === 'live');
    if (live !== undefined) this.link = new TapLink(live.start);
  }

  /** Of the first live source, as soon as it is connected. */
  get recording(): LiveRecording | undefined {
    return this.#recordings[0];
  }

  /** True where one of them ends nobody knows when. */
  get isLive(): boolean {
    return this.sources.some((source) => source.kind === 'live');
  }

  /** The sources as they are read; streams begin to come when this is asked for first. */
  readable(): Promise<Source[]> {
    return (this.#readable ??= this.#connect());
  }

  /** Why they cannot be read from the beginning again, one sentence; undefined where they can. */
  async whyNotAgain(): Promise<string | undefined> {
    for (const source of await this.readable())
      if ('feed' in source && source.feed.failure !== undefined)
        return `The bytes of ${source.name} are no longer kept, so that it cannot be analysed anew: ${source.feed.failure}`;
    return undefined;
  }

  async createSpool(): Promise<AppendableByteStore> {
    const store = await this.host.createSpool();
    if (this.#isClosed) await store.close();
    else this.#stores.push(store);
    return store;
  }

  /** Ends the streams; what came of them stays. */
  stop(): void {
    this.#stop();
    for (const recording of this.#recordings) recording.stop();
  }

  /** Frees what holds the bytes. */
  async close(): Promise<void> {
    this.stop();
    this.#isClosed = true;
    for (const recording of this.#recordings) await recording.ended;
    for (const store of this.#stores.splice(0)) await store.close();
  }

  async #connect(): Promise<Source[]> {
    const readable: Source[] = [];
    const live = this.sources.find((source) => source.kind === 'live');
    for (const source of this.sources) {
      const { name } = source;
      if (source.kind === 'file') readable.push({ name, store: new BlobStore(source.blob) });
      else {
        const store = await this.host.createRecording();
        if (this.#isClosed) {
          await store.close();
          break;
        }
        this.#stores.push(store);
        const link = source === live ? this.link! : new TapLink();
        const stream = this.host.connect(source.url, this.#stopped, link);
        const feed = new LiveRecording(store, stream, () => this.host.now());
        this.#recordings.push(feed);
        readable.push({ name, feed });
      }
    }
    return readable;
  }
}
