import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ByteCount } from '../capture/units.ts';
import type { TapOffer } from '../analysis/live-tap-protocol.ts';
import type { CaptureFile } from './capture-file.ts';
import { CloseCode, type LiveEndpoint } from './live-endpoint.ts';
import { playCapture } from './replay.ts';
import type { ReplayClock } from './replay-clock.ts';
import type { ReplayPace } from './replay-schedule.ts';

/** Clients at one time; each has a replay of its own. */
const MOST_CLIENTS = 16;
/** Bytes that wait for a client before the replay waits for it. */
const MOST_BUFFERED: ByteCount = 1 << 20;
/** Clients have nothing to say; a longer message ends the connection. */
const MOST_RECEIVED: ByteCount = 1 << 10;

/** Sends a capture's bytes to each WebSocket client, from the start and at the capture's pace. */
export class LiveSocket implements LiveEndpoint {
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload: MOST_RECEIVED,
  });

  /** `onTrouble` hears, as one line, why a replay ended before its capture did. */
  constructor(
    private readonly capture: CaptureFile,
    private readonly pace: ReplayPace,
    private readonly clock: ReplayClock,
    private readonly onTrouble: (text: string) => void,
  ) {}

  /** True where no further client is taken now. */
  get full(): boolean {
    return this.#server.clients.size >= MOST_CLIENTS;
  }

  async offer(): Promise<TapOffer> {
    return { kind: 'replay', interfaces: [], filters: [] };
  }

  countRefused(): void {}

  /** Completes the handshake of a request that was found allowed, and plays the capture to it. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => void this.#play(client));
  }

  /** Says goodbye to all clients. */
  async close(): Promise<void> {
    for (const client of this.#server.clients) client.close(CloseCode.goingAway, 'the relay ends');
    this.#server.close();
  }

  /** Ends clients that did not answer the goodbye. */
  terminate(): void {
    for (const client of this.#server.clients) client.terminate();
  }

  async #play(client: WebSocket): Promise<void> {
    const gone = new AbortController();
    client.on('close', () => gone.abort());
    // The close that follows an error tells all that matters.
    client.on('error', () => undefined);
    let lastWritten: Promise<void> = Promise.resolve();
    const send = async (bytes: Uint8Array): Promise<void> => {
      lastWritten = new Promise((resolve) => client.send(bytes, { binary: true }, () => resolve()));
      if (client.bufferedAmount > MOST_BUFFERED) await lastWritten;
    };
    try {
      await playCapture(this.capture, this.pace, this.clock, send, gone.signal);
      // The closing handshake has a time limit, so that it starts only when nothing waits before it.
      await lastWritten;
      client.close(CloseCode.normal, 'end of capture');
    } catch (error) {
      this.onTrouble(`${this.capture.path}: ${(error as Error).message}`);
      client.close(CloseCode.internalError, 'the capture cannot be read');
    }
  }
}
