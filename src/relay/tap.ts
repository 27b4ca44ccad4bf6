import { once } from 'node:events';
import { CaptureFile } from './capture-file.ts';
import { LiveSocket } from './live-socket.ts';
import { readTapArguments, type ReplayWish } from './relay-arguments.ts';
import { exitCodeOf, type RelayHost } from './relay-host.ts';
import { RelayServer } from './relay-server.ts';
import { processClock } from './replay-clock.ts';

/**
 * Runs `tap` with the arguments after it: the relay alone, which plays a capture to each client of its WebSocket.
 * Writes one line with the address on standard output. Gives the exit code: 0 once the host's signal ends it, 2 where
 * it cannot start (one line on standard error).
 */
export function tap(argv: readonly string[], host: RelayHost): Promise<number> {
  return exitCodeOf(host, async () => {
    const args = readTapArguments(argv);
    const live = await openReplay(args.replay, host);
    const server = await RelayServer.start({ live }, args.listen);
    host.stdout.write(`lwm2m-scope: ${server.liveAddress}  (ctrl-c ends it)\n`);
    if (!host.signal.aborted) await once(host.signal, 'abort');
    await server.close();
  });
}

/** Opens the capture of a replay. Throws `RelayError` where it is none. */
export async function openReplay(wish: ReplayWish, host: RelayHost): Promise<LiveSocket> {
  const capture = await CaptureFile.open(wish.path);
  return new LiveSocket(capture, wish.pace, host.clock ?? processClock, (text) =>
    host.stderr.write(`lwm2m-scope: ${text}\n`),
  );
}
