import type { Readable } from 'node:stream';
import type { ReplayClock } from './replay-clock.ts';

/** What a running server has of its process, or stand-ins in tests. */
export interface RelayHost {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
  /** Read by `tap -`; the process's own where it is absent. */
  stdin?: Readable;
  /** Folders where capture tools are looked for; those of the system where absent. */
  toolFolders?: readonly string[];
  /** Folder of the built page. */
  pageFolder: string;
  /** Ends the server when it is aborted. */
  signal: AbortSignal;
  /** Paces replays; the process's own clock where it is absent. */
  clock?: ReplayClock;
}

/** Thrown where a server cannot start; the message is one line that says what to do. */
export class RelayError extends Error {}

/** Exit codes of the command line: ended as asked, or arguments, file or port cannot be used. */
const DONE = 0;
const UNUSABLE = 2;

/**
 * Runs `work` and gives the exit code: 0 when it resolves, 2 after a `RelayError`, which is written as one line on
 * standard error.
 */
export async function exitCodeOf(host: RelayHost, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return DONE;
  } catch (error) {
    if (!(error instanceof RelayError)) throw error;
    host.stderr.write(`lwm2m-scope: ${error.message}\n`);
    return UNUSABLE;
  }
}
