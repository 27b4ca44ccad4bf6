import { createServer, connect, type Socket, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { servePage } from './static-server.ts';
import type { ServedPage } from './served-page.ts';

/** A relay behind a connection that a test can cut, and the page that offers it. */
export interface CutRelay {
  /** Address of the page. */
  page: string;
  /** Breaks all connections to the relay, and lets none through until they are restored. */
  cut(): void;
  restore(): void;
  close(): Promise<void>;
}

/** Puts itself between the page and a relay that runs. */
export async function cutRelay(relay: ServedPage): Promise<CutRelay> {
  const { port } = relay;
  const token = relay.address.split('#')[1]!;
  const sockets = new Set<Socket>();
  let isCut = false;
  const proxy = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    // The relay answers to its own name only.
    near.once('data', (head: Buffer) => {
      far.write(head.toString('latin1').replace(`127.0.0.1:${proxyPort}`, `127.0.0.1:${port}`), 'latin1');
      near.pipe(far);
    });
    far.pipe(near);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const proxyPort = (proxy.address() as AddressInfo).port;
  const offer = await (await fetch(`http://127.0.0.1:${port}/live.json?${token}`)).text();
  const altered = offer.replace(`127.0.0.1:${port}/live`, `127.0.0.1:${proxyPort}/live`);
  const server = await servePage(0, (path, text) => (path === 'live.json' ? altered : text));
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    page: server.url,
    cut,
    restore: () => (isCut = false),
    close: async () => {
      cut();
      await server.close();
      await new Promise<void>((ended) => proxy.close(() => ended()));
    },
  };
}
