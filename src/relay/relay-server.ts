import { createReadStream } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type BuiltPage, mediaTypeOf, type PageFile } from './built-page.ts';
import type { CaptureFile } from './capture-file.ts';
import type { LiveSocket } from './live-socket.ts';
import { isLoopbackOrigin, isOwnHost, listenOnLoopback, LOOPBACK } from './loopback.ts';
import type { PortWish } from './relay-arguments.ts';

/** Place of the WebSocket. */
const LIVE_PATH = '/live';
/** Places of what the server offers, beside the page. */
const OFFER_PATH = '/live.json';
const CAPTURE_PATH = '/capture';
/** Milliseconds that clients have to answer the goodbye. */
const GOODBYE_MS = 500;

/** What a server offers; each part may be absent. */
export interface RelayOffer {
  page?: BuiltPage;
  live?: LiveSocket;
  capture?: CaptureFile;
}

/** One loopback port with the page, the capture it opens with, and the relay. */
export class RelayServer {
  readonly #server: Server;
  readonly #offer: RelayOffer;
  #port = 0;

  private constructor(offer: RelayOffer) {
    this.#offer = offer;
    this.#server = createServer((request, response) => {
      // A client that goes away while it is answered needs no answer.
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Starts to listen. Throws `RelayError` where the port cannot be had. */
  static async start(offer: RelayOffer, wish: PortWish): Promise<RelayServer> {
    const server = new RelayServer(offer);
    server.#port = await listenOnLoopback(server.#server, wish);
    return server;
  }

  /** Address of the page. */
  get pageAddress(): string {
    return `http://${LOOPBACK}:${this.#port}/`;
  }

  /** Address of the WebSocket. */
  get liveAddress(): string {
    return `ws://${LOOPBACK}:${this.#port}${LIVE_PATH}`;
  }

  /** Ends all connections; resolves when the port is free. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#offer.live?.close();
    this.#server.closeIdleConnections();
    const late = setTimeout(() => {
      this.#offer.live?.terminate();
      this.#server.closeAllConnections();
    }, GOODBYE_MS);
    await closed;
    clearTimeout(late);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#protect(response);
    if (!isOwnHost(request.headers.host, this.#port)) return sendText(response, 403, this.#hostAdvice());
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return sendText(response, 405, 'only GET and HEAD are answered');
    }
    const path = pathOf(request.url);
    if (path === undefined) return sendText(response, 400, 'the path cannot be read');
    if (path === LIVE_PATH && this.#offer.live !== undefined) {
      response.setHeader('Upgrade', 'websocket');
      return sendText(response, 426, `this is a WebSocket: connect to ${this.liveAddress}`);
    }
    const { page, capture } = this.#offer;
    if (page !== undefined && path === OFFER_PATH) return sendJson(response, this.#offered());
    if (page !== undefined && capture !== undefined && path === CAPTURE_PATH)
      return sendFile(response, {
        path: capture.path,
        size: capture.size,
        mediaType: mediaTypeOf(capture.path),
      });
    const file = await page?.find(path);
    if (file === undefined) return sendText(response, 404, 'nothing lies here');
    return sendFile(response, file);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const { live } = this.#offer;
    if (!isOwnHost(request.headers.host, this.#port)) return refuse(socket, 403, this.#hostAdvice());
    if (!isLoopbackOrigin(request.headers.origin))
      return refuse(socket, 403, 'only pages of this machine may connect');
    if (live === undefined || pathOf(request.url) !== LIVE_PATH)
      return refuse(socket, 404, 'nothing lies here');
    if (live.full) return refuse(socket, 503, 'too many clients are connected');
    live.accept(request, socket, head);
  }

  /** What the page asks its server for: `LiveOffer` of the page. */
  #offered(): { live?: string; capture?: string; captureUrl?: string } {
    const { live, capture } = this.#offer;
    return {
      ...(live === undefined ? {} : { live: this.liveAddress }),
      ...(capture === undefined ? {} : { capture: capture.name, captureUrl: `.${CAPTURE_PATH}` }),
    };
  }

  #protect(response: ServerResponse): void {
    const policy = this.#offer.page?.policy ?? "default-src 'none'";
    response.setHeader('Content-Security-Policy', `${policy}; frame-ancestors 'none'`);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    response.setHeader('Cache-Control', 'no-cache');
  }

  #hostAdvice(): string {
    return `this server answers to ${LOOPBACK}:${this.#port} and localhost:${this.#port} only`;
  }
}

/** The decoded path of a request, starting with `/`; undefined where it has none that can be read. */
function pathOf(target: string | undefined): string | undefined {
  const path = target?.split(/[?#]/, 1)[0];
  if (path === undefined || !path.startsWith('/')) return undefined;
  try {
    const decoded = decodeURIComponent(path);
    return decoded.includes('\0') ? undefined : decoded;
  } catch {
    return undefined;
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  // Node leaves the body out where the method is HEAD.
  response.end(body);
}

function sendJson(response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

async function sendFile(response: ServerResponse, file: PageFile): Promise<void> {
  response.writeHead(200, { 'Content-Type': file.mediaType, 'Content-Length': file.size });
  if (response.req.method === 'HEAD' || file.size === 0) {
    response.end();
    return;
  }
  // A capture that still grows is sent as long as was said.
  await pipeline(createReadStream(file.path, { end: file.size - 1 }), response);
}

function refuse(socket: Duplex, status: number, text: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
