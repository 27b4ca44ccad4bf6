import { once } from 'node:events';
import { CaptureFile } from './capture-file.ts';
import { chosenInterfaces, findTools, listInterfaces, toolFolders } from './capture-tool.ts';
import { CaptureWriter } from './capture-writer.ts';
import { InterfaceFeed } from './interface-feed.ts';
import type { LiveEndpoint } from './live-endpoint.ts';
import { LiveSocket } from './live-socket.ts';
import { LiveTap, type TapFeed } from './live-tap.ts';
import { type KeepWish, readTapArguments, type ReplayWish } from './relay-arguments.ts';
import { exitCodeOf, type RelayHost } from './relay-host.ts';
import { startServer } from './relay-server.ts';
import { processClock } from './replay-clock.ts';
import { StreamFeed } from './stream-feed.ts';

/**
 * Runs `tap` with the arguments after it: the relay alone, which captures, passes on a stream, or plays a capture to
 * each client of its WebSocket. Writes one line with the address on standard output. Gives the exit code: 0 once the
 * host's signal ends it, 2 where it cannot start (one line on standard error).
 */
export function tap(argv: readonly string[], host: RelayHost): Promise<number> {
  return exitCodeOf(host, async () => {
    const { listen, keep, wish } = readTapArguments(argv);
    const folders = host.toolFolders ?? toolFolders();
    if (wish === undefined) return listTo(host, folders);
    let live: LiveEndpoint;
    let begin: (port: number) => Promise<void> = async () => undefined;
    if (wish.kind === 'replay') live = await openReplay(wish.replay, host);
    else if (wish.kind === 'interfaces') {
      // Found out before anything listens, so that a wrong name ends the command at once.
      chosenInterfaces(wish.names, await listInterfaces((await findTools(folders))[0]));
      const feed = new InterfaceFeed(folders, wish.names, wish.filter);
      const opened = await openTap(feed, keep, host);
      live = opened;
      begin = (port) => {
        feed.leaveOut(listen.address, port);
        return opened.start(() => feed.choose(wish.names, wish.filter));
      };
    } else {
      const feed = new StreamFeed(wish, host.stdin);
      const opened = await openTap(feed, keep, host);
      live = opened;
      begin = () => opened.start(async () => feed.source);
    }
    const server = await startServer({ live }, listen);
    try {
      await begin(server.port);
    } catch (error) {
      await server.close();
      throw error;
    }
    host.stdout.write(`lwm2m-scope: ${server.liveAddress}  (ctrl-c ends it)\n`);
    if (!host.signal.aborted) await once(host.signal, 'abort');
    await server.close();
  });
}

/** Writes the interfaces there are, one a line. */
async function listTo(host: RelayHost, folders: readonly string[]): Promise<void> {
  const interfaces = await listInterfaces((await findTools(folders))[0]);
  const width = Math.max(...interfaces.map(({ name }) => name.length));
  for (const { name, description, up, loopback } of interfaces) {
    const words = [description, loopback ? 'loopback' : '', up ? '' : 'down'].filter((word) => word !== '');
    host.stdout.write(`${`${name.padEnd(width)}  ${words.join(', ')}`.trimEnd()}\n`);
  }
}

/** Opens a tap with its file. Throws `RelayError` where that cannot be written. */
export async function openTap(feed: TapFeed, keep: KeepWish, host: RelayHost): Promise<LiveTap> {
  const writer = keep.file === undefined ? undefined : await CaptureWriter.create(keep.file);
  const live = new LiveTap({
    feed,
    ringBytes: keep.ringBytes,
    onTrouble: (text) => host.stderr.write(`lwm2m-scope: ${text}\n`),
  });
  if (writer !== undefined) live.writeTo(writer);
  return live;
}

/** Opens the capture of a replay. Throws `RelayError` where it is none. */
export async function openReplay(wish: ReplayWish, host: RelayHost): Promise<LiveSocket> {
  const capture = await CaptureFile.open(wish.path);
  return new LiveSocket(capture, wish.pace, host.clock ?? processClock, (text) =>
    host.stderr.write(`lwm2m-scope: ${text}\n`),
  );
}
