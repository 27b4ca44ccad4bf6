import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

/** The project's folder: the nearest one above this module that has a package.json (this module is also bundled elsewhere). */
export function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('bench: no package.json above this module');
    folder = above;
  }
  return folder;
}

/** A running server of pages. */
export interface PageServer {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  origin: string;
  close(): void;
}

/**
 * Serves folders on loopback, on a port of the system's choice: `folders` maps the first part of a path (`/floor/`,
 * `/`; longer ones first) to a folder. A path that ends in a slash is its index.html.
 */
export async function servePages(folders: readonly (readonly [string, string])[]): Promise<PageServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const entry = folders.find(([prefix]) => pathname.startsWith(prefix));
    const rest = entry === undefined ? '' : normalize(decodeURIComponent(pathname.slice(entry[0].length)));
    const file = entry === undefined ? '' : join(entry[1], rest === '' || rest === '.' ? 'index.html' : rest);
    if (entry === undefined || rest.startsWith('..') || !existsSync(file) || extname(file) === '') {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
