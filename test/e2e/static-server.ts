import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, extname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Port of the page under test; the environment may name another. */
export const PAGE_PORT = Number(process.env['PAGE_PORT'] ?? 4179);

/** The page lies under a path of its own, as on hosts that serve many projects. */
export const PAGE_PATH = '/some/where/';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
};

/** Changes a file on its way out: gets its path below the page and its text, gives what to send; undefined is 404. */
export type Alter = (path: string, text: string) => string | undefined;

export interface PageServer {
  /** Address of the page. */
  url: string;
  close(): Promise<void>;
}

/** Serves the built page on loopback, with no header that a plain host of files would not send. */
export async function servePage(port = 0, alter?: Alter): Promise<PageServer> {
  const root = resolve(
    process.env['PAGE_ROOT'] ?? join(dirname(fileURLToPath(import.meta.url)), '../../dist'),
  );
  if (!existsSync(join(root, 'index.html'))) throw new Error('dist/ is absent: run `npm run build` first');
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const wanted = path.startsWith(PAGE_PATH) ? path.slice(PAGE_PATH.length) || 'index.html' : undefined;
    const file = wanted === undefined ? undefined : join(root, normalize(wanted));
    const found = file !== undefined && file.startsWith(root) && existsSync(file) && statSync(file).isFile();
    let body: string | Buffer | undefined = found ? readFileSync(file) : undefined;
    if (alter && wanted !== undefined && /\.(html|js|json)$/.test(wanted)) {
      body = alter(wanted, body?.toString() ?? '');
    }
    if (body === undefined || wanted === undefined) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found');
      return;
    }
    response
      .writeHead(200, { 'Content-Type': TYPES[extname(wanted)] ?? 'application/octet-stream' })
      .end(body);
  });
  await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PAGE_PATH}`,
    close: () =>
      new Promise<void>((ended) => {
        server.closeAllConnections();
        server.close(() => ended());
      }),
  };
}

/** Serves the page for the whole run; gives the function that ends it. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const server = await servePage(PAGE_PORT);
  return () => server.close();
}
