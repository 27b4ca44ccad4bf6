import { once } from 'node:events';
import { BuiltPage } from './built-page.ts';
import { CaptureFile } from './capture-file.ts';
import { toolFolders } from './capture-tool.ts';
import { InterfaceFeed } from './interface-feed.ts';
import { readServeArguments } from './relay-arguments.ts';
import { exitCodeOf, type RelayHost } from './relay-host.ts';
import { type RelayOffer, startServer } from './relay-server.ts';
import { openReplay, openTap } from './tap.ts';

/**
 * Runs `serve` with the arguments after it: the built page, the capture it opens with, and beside it the relay, which
 * captures what the page asks for, or plays a capture. Writes one line with the address on standard output. Gives
 * the exit code: 0 once the host's signal ends it, 2 where it cannot start (one line on standard error).
 */
export function serve(argv: readonly string[], host: RelayHost): Promise<number> {
  return exitCodeOf(host, async () => {
    const args = readServeArguments(argv);
    const offer: RelayOffer = { page: await BuiltPage.open(host.pageFolder) };
    if (args.capture !== undefined) offer.capture = await CaptureFile.open(args.capture);
    let feed: InterfaceFeed | undefined;
    if (args.replay !== undefined) offer.live = await openReplay(args.replay, host);
    else {
      feed = new InterfaceFeed(host.toolFolders ?? toolFolders(), [], args.filter);
      offer.live = await openTap(feed, args.keep, host);
    }
    const server = await startServer(offer, args.listen);
    feed?.leaveOut(args.listen.address, server.port);
    host.stdout.write(`lwm2m-scope: ${server.pageAddress}  (ctrl-c ends it)\n`);
    if (!host.signal.aborted) await once(host.signal, 'abort');
    await server.close();
  });
}
