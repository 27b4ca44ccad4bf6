import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { hostname } from 'node:os';
import { RelayError } from './relay-host.ts';

/** The address that is listened on unless another is asked for. */
export const LOOPBACK = '127.0.0.1';

const LOOPBACK_NAMES: readonly string[] = ['localhost', LOOPBACK, '[::1]'];
/** Addresses that stand for all of this machine's. */
const ALL_ADDRESSES: readonly string[] = ['0.0.0.0', '::'];
/** Ports that a Host field leaves out (RFC 9110 §4.2.1, §4.2.2). */
const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/** Connections at one time, those of browsers that load the page included; more are dropped. */
const MOST_CONNECTIONS = 256;

/** Where to listen. */
export interface ListenWish {
  /** An IP address or a name of this machine. */
  address: string;
  /** 0 takes any free port. */
  port: number;
  /** True where another port does as well, for the person named none. */
  another: boolean;
  /** Files in PEM of the certificate and its key; in the clear where absent. */
  tls?: { certificate: string; key: string };
}

/** True where nobody but this machine can connect. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
}

/** A server that listens. */
export class Listening {
  private constructor(
    readonly server: Server,
    readonly address: string,
    readonly port: number,
    readonly isSecure: boolean,
  ) {}

  /** Listens as wished. Throws `RelayError` where the address, the port or the certificate cannot be had. */
  static async start(wish: ListenWish, answer: RequestListener): Promise<Listening> {
    const server = wish.tls === undefined ? createServer(answer) : await secureServer(wish.tls, answer);
    server.maxConnections = MOST_CONNECTIONS;
    try {
      await listen(server, wish.address, wish.port);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && wish.another) await listen(server, wish.address, 0);
      else if (code === 'EADDRINUSE')
        throw new RelayError(`port ${wish.port} is in use: name another, or end what holds it`);
      else if (code === 'EACCES')
        throw new RelayError(`port ${wish.port} may not be used by this user: take one from 1024 on`);
      else if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
        throw new RelayError(`${wish.address} is no address of this machine`);
      else throw new RelayError(`cannot listen on port ${wish.port}: ${message}`);
    }
    const { port } = server.address() as AddressInfo;
    return new Listening(server, wish.address, port, wish.tls !== undefined);
  }

  /** Host and port as an address has them; an address of this machine where it listens on all. */
  get host(): string {
    const name = ALL_ADDRESSES.includes(this.address) ? hostname() : bracketed(this.address);
    return `${name}:${this.port}`;
  }

  /**
   * True where a request's Host field names this machine and this port. A page elsewhere can point its own name here
   * (DNS rebinding) and would then count as the same origin; its name gives it away.
   */
  isOwnHost(host: string | undefined): boolean {
    if (host === undefined) return false;
    const usual = this.isSecure ? HTTPS_PORT : HTTP_PORT;
    const [, name, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host.toLowerCase()) ?? [];
    return name !== undefined && Number(port ?? usual) === this.port && this.#isOwnName(name);
  }

  /** True where a WebSocket is asked for by a page of this machine, or by no page (RFC 6455 §10.2). */
  isOwnOrigin(origin: string | undefined): boolean {
    if (origin === undefined) return true;
    try {
      const url = new URL(origin);
      return /^https?:$/.test(url.protocol) && this.#isOwnName(url.hostname);
    } catch {
      return false;
    }
  }

  #isOwnName(name: string): boolean {
    if (LOOPBACK_NAMES.includes(name)) return true;
    if (isLoopback(this.address)) return false;
    if (name === bracketed(this.address).toLowerCase()) return true;
    // An address that is no name cannot be pointed elsewhere.
    return (
      ALL_ADDRESSES.includes(this.address) &&
      (name === hostname().toLowerCase() || isIP(name.replace(/^\[|\]$/g, '')) > 0)
    );
  }
}

function bracketed(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address;
}

async function secureServer(
  { certificate, key }: { certificate: string; key: string },
  answer: RequestListener,
): Promise<Server> {
  const read = async (path: string): Promise<Buffer> => {
    try {
      return await readFile(path);
    } catch (error) {
      throw new RelayError(`${path}: it cannot be read: ${(error as Error).message}`);
    }
  };
  const files = { cert: await read(certificate), key: await read(key) };
  try {
    return createSecureServer(files, answer);
  } catch (error) {
    throw new RelayError(
      `${certificate} and ${key} are no certificate and its key: ${(error as Error).message}`,
    );
  }
}

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
