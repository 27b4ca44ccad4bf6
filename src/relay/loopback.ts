import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PortWish } from './relay-arguments.ts';
import { RelayError } from './relay-host.ts';

/** The one address that is listened on. */
export const LOOPBACK = '127.0.0.1';

const LOOPBACK_NAMES: readonly string[] = ['localhost', LOOPBACK, '[::1]'];
/** Port that a Host field leaves out (RFC 9110 §4.2.1). */
const HTTP_PORT = 80;

/**
 * True where a request's Host field names this machine and this port. A page elsewhere can point its own name here
 * (DNS rebinding) and would then count as the same origin; its name gives it away.
 */
export function isOwnHost(host: string | undefined, port: number): boolean {
  if (host === undefined) return false;
  const name = host.toLowerCase();
  return LOOPBACK_NAMES.some((own) => name === `${own}:${port}` || (port === HTTP_PORT && name === own));
}

/** True where a WebSocket is asked for by a page of this machine, or by no page (RFC 6455 §10.2). */
export function isLoopbackOrigin(origin: string | undefined): boolean {
  if (origin === undefined) return true;
  try {
    const url = new URL(origin);
    return /^https?:$/.test(url.protocol) && LOOPBACK_NAMES.includes(url.hostname);
  } catch {
    return false;
  }
}

/** Listens on loopback; gives the port. Throws `RelayError` where the port is taken or not allowed. */
export async function listenOnLoopback(server: Server, wish: PortWish): Promise<number> {
  try {
    await listen(server, wish.port);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' && wish.another) await listen(server, 0);
    else if (code === 'EADDRINUSE')
      throw new RelayError(
        `port ${wish.port} is in use: leave out --port for one that is free, or end what holds it`,
      );
    else if (code === 'EACCES')
      throw new RelayError(`port ${wish.port} may not be used by this user: take one from 1024 on`);
    else throw new RelayError(`cannot listen on port ${wish.port}: ${message}`);
  }
  return (server.address() as AddressInfo).port;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
