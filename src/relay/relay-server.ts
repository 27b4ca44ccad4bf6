import { createReadStream } from 'node:fs';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { LiveOffer, LiveRefusal } from '../analysis/live-tap-protocol.ts';
import { AccessToken } from './access-token.ts';
import { type BuiltPage, mediaTypeOf, type PageFile } from './built-page.ts';
import type { CaptureFile } from './capture-file.ts';
import { Listening, type ListenWish } from './listening.ts';
import type { LiveEndpoint } from './live-endpoint.ts';

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
  live?: LiveEndpoint;
  capture?: CaptureFile;
}

const NO_TOKEN =
  'the address lacks the right token: open the whole address that lwm2m-scope printed when it was started';

/** One port with the page, the capture it opens with, and the relay. All but the page's own files needs the token. */
export class RelayServer {
  readonly #listening: Listening;
  readonly #offer: RelayOffer;
  readonly #token = new AccessToken();

  private constructor(listening: Listening, offer: RelayOffer) {
    this.#listening = listening;
    this.#offer = offer;
  }

  /** Starts to listen. Throws `RelayError` where the port cannot be had. */
  static async start(offer: RelayOffer, wish: ListenWish): Promise<RelayServer> {
    const listening = await Listening.start(wish, (request, response) => {
      // A client that goes away while it is answered needs no answer.
      server.#answer(request, response).catch(() => response.destroy());
    });
    const server = new RelayServer(listening, offer);
    listening.server.on('upgrade', (request, socket, head) => server.#upgrade(request, socket, head));
    return server;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#listening.port;
  }

  /** Address of the page. The token stands where no request and no referrer carries it. */
  get pageAddress(): string {
    const { isSecure, host } = this.#listening;
    return `${isSecure ? 'https' : 'http'}://${host}/#token=${this.#token.text}`;
  }

  /** Address of the WebSocket. */
  get liveAddress(): string {
    return this.#liveAddressAt(this.#listening.host);
  }

  /** Ends all connections; resolves when the port is free. */
  async close(): Promise<void> {
    const { server } = this.#listening;
    const closed = new Promise((resolve) => server.close(resolve));
    await this.#offer.live?.close();
    server.closeIdleConnections();
    const late = setTimeout(() => {
      this.#offer.live?.terminate();
      server.closeAllConnections();
    }, GOODBYE_MS);
    await closed;
    clearTimeout(late);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#protect(response);
    if (!this.#listening.isOwnHost(request.headers.host)) return sendText(response, 403, this.#hostAdvice());
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return sendText(response, 405, 'only GET and HEAD are answered');
    }
    const path = pathOf(request.url);
    if (path === undefined) return sendText(response, 400, 'the path cannot be read');
    if (path === LIVE_PATH && this.#offer.live !== undefined) {
      response.setHeader('Upgrade', 'websocket');
      return sendText(response, 426, 'this is a WebSocket: open the page, or connect to the printed address');
    }
    const { page, capture } = this.#offer;
    const isOffer = page !== undefined && path === OFFER_PATH;
    const isCapture = page !== undefined && capture !== undefined && path === CAPTURE_PATH;
    if ((isOffer || isCapture) && !this.#token.isIn(request.url)) {
      this.#offer.live?.countRefused();
      return sendJson(response, 403, { error: NO_TOKEN } satisfies LiveRefusal);
    }
    if (isOffer) return sendJson(response, 200, await this.#offered(request.headers.host!));
    if (isCapture)
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
    const no = (status: number, text: string): void => {
      live?.countRefused();
      refuse(socket, status, text);
    };
    if (!this.#listening.isOwnHost(request.headers.host)) return no(403, this.#hostAdvice());
    if (!this.#listening.isOwnOrigin(request.headers.origin))
      return no(403, 'only pages of this machine may connect');
    if (live === undefined || pathOf(request.url) !== LIVE_PATH) return no(404, 'nothing lies here');
    if (!this.#token.isIn(request.url)) return no(403, NO_TOKEN);
    if (live.full) return no(503, 'too many clients are connected');
    live.accept(request, socket, head);
  }

  /** What the page asks its server for; addresses are those of the host that it knows the server by. */
  async #offered(host: string): Promise<LiveOffer> {
    const { live, capture } = this.#offer;
    return {
      ...(live && { live: this.#liveAddressAt(host), tap: await live.offer() }),
      ...(capture && { capture: capture.name, captureUrl: `.${CAPTURE_PATH}?token=${this.#token.text}` }),
    };
  }

  #liveAddressAt(host: string): string {
    const scheme = this.#listening.isSecure ? 'wss' : 'ws';
    return `${scheme}://${host}${LIVE_PATH}?token=${this.#token.text}`;
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
    return `this server answers to ${this.#listening.host} and localhost:${this.port} only`;
  }
}

/** Starts the server; where it cannot start, ends what was opened for it. Throws `RelayError`. */
export async function startServer(offer: RelayOffer, wish: ListenWish): Promise<RelayServer> {
  try {
    return await RelayServer.start(offer, wish);
  } catch (error) {
    await offer.live?.close();
    throw error;
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

function sendJson(response: ServerResponse, status: number, value: LiveOffer | LiveRefusal): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
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
