import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
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

/**
 * Serves the built page on loopback for the whole run, with no header that a plain host of files would not
 * send. Gives the function that ends it.
 */
export default async function serve(): Promise<() => Promise<void>> {
  const root = resolve(
    process.env['PAGE_ROOT'] ?? join(dirname(fileURLToPath(import.meta.url)), '../../dist'),
  );
  if (!existsSync(join(root, 'index.html'))) throw new Error('dist/ is absent: run `npm run build` first');
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const wanted = path.startsWith(PAGE_PATH) ? path.slice(PAGE_PATH.length) || 'index.html' : undefined;
    const file = wanted === undefined ? undefined : join(root, normalize(wanted));
    if (file === undefined || !file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found');
      return;
    }
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((ready) => server.listen(PAGE_PORT, '127.0.0.1', ready));
  return () =>
    new Promise<void>((ended) => {
      server.closeAllConnections();
      server.close(() => ended());
    });
}
