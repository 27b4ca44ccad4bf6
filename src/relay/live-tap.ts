import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { TapCommand, TapOffer, TapState, TapStatus } from '../analysis/live-tap-protocol.ts';
import type { Uint64 } from '../capture/pcapng-writer.ts';
import { readUint32 } from '../capture/record-reader.ts';
import type { ByteCount } from '../capture/units.ts';
import { CaptureStream, streamClock } from './capture-stream.ts';
import type { CaptureWriter } from './capture-writer.ts';
import { CloseCode, type LiveEndpoint } from './live-endpoint.ts';
import { PacketRing } from './packet-ring.ts';
import type { CapturePoint, PacketSink, PacketSource } from './packet-source.ts';
import { RelayError } from './relay-host.ts';
import { readTapCommand } from './tap-command.ts';
import { type ResumeWish, TapViewer } from './tap-viewer.ts';

/** Viewers at one time. */
const MOST_VIEWERS = 16;
/** Longest message of a viewer: a command with a long filter; a longer one ends the connection. */
const MOST_RECEIVED: ByteCount = 8 << 10;
/** Milliseconds that packets wait for others to be sent with. */
const GATHER_MS = 20;
/** Milliseconds between ticks, and between looks for viewers that are gone. */
const TICK_MS = 1000;
const PING_MS = 60_000;
/** Where an Enhanced Packet Block has the time, in two halves (draft-ietf-opsawg-pcapng §4.3). */
const TIME_OFFSET = 12;

/** What a tap captures from. */
export interface TapFeed {
  offer(): Promise<TapOffer>;
  /** Makes the source of a choice. Throws `RelayError` where it cannot be had. Absent where nothing can be chosen. */
  choose?(interfaces: readonly string[], filter: string): Promise<PacketSource>;
}

/** How a tap is set up. */
export interface TapOptions {
  feed: TapFeed;
  ringBytes: ByteCount;
  /** Hears, as one line, what goes wrong. */
  onTrouble: (text: string) => void;
}

/**
 * A live capture for any number of viewers, and a file: one stream of packets, which lasts as long as the relay and
 * goes on when the capture is stopped and started.
 */
export class LiveTap implements LiveEndpoint {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MOST_RECEIVED,
  });
  readonly #id = randomBytes(8).toString('hex');
  readonly #ring: PacketRing;
  readonly #stream: CaptureStream;
  readonly #viewers = new Set<TapViewer>();
  readonly #timers: ReturnType<typeof setInterval>[];
  #writer: CaptureWriter | undefined;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #source: PacketSource | undefined;
  #state: TapState = 'idle';
  #error: string | undefined;
  #chosen: Pick<PacketSource, 'names' | 'filter'> = { names: [], filter: '' };
  #packetsAtTick = 0;
  #rate = 0;
  /** Starts and stops go one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #closed = false;
  #refused = 0;

  constructor(private readonly options: TapOptions) {
    this.#ring = new PacketRing(options.ringBytes);
    this.#stream = new CaptureStream(
      this.#ring,
      streamClock,
      () => (this.#gathering ??= setTimeout(() => this.#flush(), GATHER_MS)),
      () => this.#pump(),
    );
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#viewers.forEach((viewer) => viewer.ping()), PING_MS),
    ];
  }

  get full(): boolean {
    return this.#server.clients.size >= MOST_VIEWERS;
  }

  offer(): Promise<TapOffer> {
    return this.options.feed.offer();
  }

  /** Writes the stream into a file too, from now on. */
  writeTo(writer: CaptureWriter): void {
    this.#writer = writer;
    writer.begin(this.#ring, this.#stream, (text) => this.#trouble(text));
  }

  /** Captures from a source instead of what was captured before. Throws `RelayError` where it does not start. */
  start(makeSource: () => Promise<PacketSource>): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) return;
      const source = await makeSource();
      await this.#end();
      this.#source = source;
      this.#chosen = source;
      this.#error = undefined;
      this.#setState('starting');
      try {
        await source.start(this.#sinkOf(source));
        if (this.#source === source) this.#setState('capturing');
      } catch (error) {
        this.#source = undefined;
        this.#stream.deactivate();
        this.#error = (error as Error).message;
        this.#setState('failed');
        throw error;
      }
    });
  }

  /** Ends the capture; the stream stays. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end();
      this.#error = undefined;
      this.#setState('idle');
    });
  }

  countRefused(): void {
    this.#refused++;
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#welcome(client, request));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#inTurn(() => this.#end());
    clearTimeout(this.#gathering);
    for (const viewer of this.#viewers) viewer.close(CloseCode.goingAway, 'the relay ends');
    this.#server.close();
    await this.#writer?.close();
  }

  terminate(): void {
    for (const client of this.#server.clients) client.terminate();
  }

  #welcome(client: WebSocket, request: IncomingMessage): void {
    const viewer = new TapViewer(
      client,
      this.#ring,
      this.#stream,
      this.#id,
      resumeWish(request),
      (text) => void this.#follow(text, viewer),
    );
    this.#viewers.add(viewer);
    client.on('close', () => {
      this.#viewers.delete(viewer);
      this.#tellAll();
    });
    this.#tellAll();
    viewer.pump();
  }

  /** Does what a viewer asks. */
  async #follow(text: string, viewer: TapViewer): Promise<void> {
    const command = readTapCommand(text);
    try {
      if (typeof command === 'string') throw new RelayError(command);
      await this.#obey(command);
    } catch (error) {
      const known = error instanceof RelayError;
      if (!known) this.options.onTrouble((error as Error).message);
      viewer.send({ type: 'refused', error: known ? error.message : 'the relay could not do it' });
    }
  }

  async #obey(command: TapCommand): Promise<void> {
    const { choose } = this.options.feed;
    if (choose === undefined)
      throw new RelayError(
        'this relay passes on a stream that it was given: it cannot be started or stopped from here',
      );
    if (command.type === 'stop') return this.stop();
    const { interfaces, filter } = command;
    return this.start(() => choose.call(this.options.feed, interfaces, filter));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Ends the source that runs, and sends what is left of it. */
  async #end(): Promise<void> {
    await this.#source?.stop();
    this.#source = undefined;
    this.#flush();
    this.#stream.deactivate();
  }

  #sinkOf(source: PacketSource): PacketSink {
    const stream = this.#stream;
    const time: Uint64 = { high: 0, low: 0 };
    return {
      interface: (point: CapturePoint) => stream.interface(point),
      packet: (point, at, original, bytes, start, end) =>
        stream.packet(point, at, original, bytes, start, end),
      block: (bytes, point) => {
        if (point >= 0) {
          time.high = readUint32(bytes, TIME_OFFSET, false);
          time.low = readUint32(bytes, TIME_OFFSET + 4, false);
        }
        stream.block(bytes, point, time);
      },
      dropped: (point, count) => stream.dropped(point, count),
      trouble: (text) => this.#trouble(text),
      ended: (trouble) => {
        if (this.#source !== source) return;
        this.#source = undefined;
        this.#flush();
        stream.deactivate();
        if (trouble !== undefined) this.options.onTrouble(trouble);
        this.#error = trouble;
        this.#setState(trouble === undefined ? 'ended' : 'failed');
      },
    };
  }

  #flush(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#stream.flush();
  }

  #pump(): void {
    this.#writer?.pump();
    for (const viewer of this.#viewers) viewer.pump();
  }

  #tick(): void {
    const { packets } = this.#stream;
    this.#rate = packets - this.#packetsAtTick;
    this.#packetsAtTick = packets;
    if (this.#state === 'capturing') this.#stream.tick();
    this.#tellAll();
  }

  #trouble(text: string): void {
    this.options.onTrouble(text);
    this.#error = text;
    this.#tellAll();
  }

  #setState(state: TapState): void {
    this.#state = state;
    this.#tellAll();
  }

  #tellAll(): void {
    if (this.#viewers.size === 0) return;
    const common: Omit<TapStatus, 'behind'> = {
      type: 'status',
      state: this.#state,
      interfaces: [...this.#chosen.names],
      filter: this.#chosen.filter,
      packets: this.#stream.packets,
      rate: this.#rate,
      drops: { kernel: this.#stream.kernelDrops, file: this.#writer?.lost ?? 0, viewer: 0 },
      ring: {
        bytes: this.#ring.bytes,
        capacity: this.#ring.capacity,
        firstSequence: this.#ring.firstSequence,
        nextSequence: this.#ring.nextSequence,
      },
      viewers: this.#viewers.size,
      refused: this.#refused,
      ...(this.#writer && { file: this.#writer.name }),
      ...(this.#error !== undefined && { error: this.#error }),
    };
    for (const viewer of this.#viewers) viewer.sendStatus(common);
  }
}

/** What the address of a connection says that its viewer has; undefined where it says nothing that can be read. */
function resumeWish(request: IncomingMessage): ResumeWish | undefined {
  const query = new URLSearchParams(request.url?.split('?')[1] ?? '');
  const stream = query.get('stream');
  const next = count(query.get('next'));
  const interfaces = count(query.get('interfaces'));
  return stream === null || next === undefined || interfaces === undefined
    ? undefined
    : { stream, next, interfaces };
}

function count(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
