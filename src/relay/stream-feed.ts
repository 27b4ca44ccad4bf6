import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TapOffer } from '../analysis/live-tap-protocol.ts';
import type { TapFeed } from './live-tap.ts';
import type { PacketSource } from './packet-source.ts';
import type { TapWish } from './relay-arguments.ts';
import { PIECE_LENGTH, StreamSource } from './stream-source.ts';

/** Milliseconds between looks at a log that grows. */
const FOLLOW_MS = 200;

/** The one stream that a relay was given; nothing can be chosen. */
export class StreamFeed implements TapFeed {
  readonly source: PacketSource;

  /** `stdin` is read where standard input is wished for. */
  constructor(
    wish: Extract<TapWish, { kind: 'standard input' | 'pipe' | 'log' }>,
    stdin: Readable = process.stdin,
  ) {
    if (wish.kind === 'standard input')
      this.source = new StreamSource('standard input', (signal) => until(stdin, signal));
    else if (wish.kind === 'pipe')
      this.source = new StreamSource(wish.path, (signal) =>
        until(createReadStream(wish.path, { highWaterMark: PIECE_LENGTH }), signal),
      );
    else this.source = new StreamSource(wish.path, (signal) => growing(wish.path, signal));
  }

  async offer(): Promise<TapOffer> {
    return { kind: 'stream', interfaces: [], filters: [] };
  }
}

/** The pieces of a stream, until it ends or the signal is aborted. */
async function* until(stream: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const end = (): void => void stream.destroy();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    for await (const piece of stream) yield piece as Uint8Array;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/**
 * The pieces of a file from its start and as it grows, until the signal is aborted. A file that was cut, or another one
 * of the same name, is read from its start.
 */
async function* growing(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  while (!signal.aborted) {
    const file = await open(path, 'r');
    try {
      const { ino } = await file.stat();
      let offset = 0;
      for (;;) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE_LENGTH), 0, PIECE_LENGTH, offset);
        offset += bytesRead;
        if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
        if (signal.aborted) return;
        if (bytesRead > 0) continue;
        await sleep(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
        // A log that is being moved away may be absent for a moment.
        const now = await stat(path).catch(() => undefined);
        if (now !== undefined && (now.ino !== ino || now.size < offset)) break;
      }
    } finally {
      await file.close();
    }
  }
}
