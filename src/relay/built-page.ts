import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { RelayError } from './relay-host.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.pcap': 'application/vnd.tcpdump.pcap',
  '.pcapng': 'application/x-pcapng',
  '.gz': 'application/gzip',
};

/** The policy as the page itself states it. */
const POLICY = /<meta\s+http-equiv="Content-Security-Policy"\s+content="([^"]+)"/i;

/** A file to send. */
export interface PageFile {
  path: string;
  size: number;
  mediaType: string;
}

/** Gives the media type of a file by how its name ends. */
export function mediaTypeOf(name: string): string {
  return MEDIA_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';
}

/** The folder of the built page. */
export class BuiltPage {
  private constructor(
    private readonly folder: string,
    /** The page's content security policy, which its server sends as a header too. */
    readonly policy: string,
  ) {}

  /** Reads the page's policy. Throws `RelayError` where the page is not built. */
  static async open(folder: string): Promise<BuiltPage> {
    let html;
    try {
      html = await readFile(join(folder, 'index.html'), 'utf8');
    } catch {
      throw new RelayError(
        `the page is not built (${join(folder, 'index.html')} is absent): run npm run build first`,
      );
    }
    const policy = POLICY.exec(html)?.[1];
    if (policy === undefined)
      throw new RelayError(
        `${join(folder, 'index.html')} states no content security policy: run npm run build again`,
      );
    return new BuiltPage(await realpath(folder), policy);
  }

  /** Finds the file of a decoded path that starts with `/`; undefined where none lies there or it lies outside. */
  async find(path: string): Promise<PageFile | undefined> {
    try {
      const file = await realpath(
        resolve(this.folder, `.${path.endsWith('/') ? `${path}index.html` : path}`),
      );
      if (!file.startsWith(this.folder + sep)) return undefined;
      const status = await stat(file);
      return status.isFile() ? { path: file, size: status.size, mediaType: mediaTypeOf(file) } : undefined;
    } catch {
      return undefined;
    }
  }
}
