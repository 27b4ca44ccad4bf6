import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { servePage, type PageServer } from './static-server.ts';

/** A live tap for a test, and the page that offers it. */
export interface LiveTap {
  /** Address of the page. */
  page: string;
  /** Sends bytes to every viewer. */
  send(bytes: Uint8Array): void;
  /** Says goodbye to the viewers. */
  end(): void;
  close(): Promise<void>;
}

/** Starts a tap that sends what it is told to; who comes late gets what was sent before. */
export async function startTap(): Promise<LiveTap> {
  const tap = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/live' });
  await once(tap, 'listening');
  const sent: Uint8Array[] = [];
  tap.on('connection', (socket: WebSocket) => {
    for (const bytes of sent) socket.send(bytes);
  });
  const live = `ws://127.0.0.1:${(tap.address() as AddressInfo).port}/live`;
  const server: PageServer = await servePage(0, (path, text) =>
    path === 'live.json' ? JSON.stringify({ live }) : text,
  );
  return {
    page: server.url,
    send: (bytes) => {
      sent.push(bytes);
      for (const client of tap.clients) client.send(bytes);
    },
    end: () => {
      for (const client of tap.clients) client.close(1000);
    },
    close: async () => {
      await server.close();
      for (const client of tap.clients) client.terminate();
      await new Promise<void>((ended) => tap.close(() => ended()));
    },
  };
}
