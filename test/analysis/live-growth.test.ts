import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FIXTURES, RECORDED } from '../captures.ts';
import { capturesBelow, readBytes } from './analyse.ts';
import {
  answersOf,
  lastTimeOf,
  openedService,
  openFile,
  openLive,
  type ShownSpan,
  spansOf,
  tracksOf,
  untilCaughtUp,
} from './live/opened.ts';
import { shrunk } from './live/growth.ts';

const REPRESENTATIVE = [
  'leshan/leshan-fota-push-a.pcapng',
  'leshan/leshan-fota-pull-a.pcapng',
  'leshan/leshan-fota-fail-a.pcapng',
  'leshan/leshan-fota-cancel-a.pcapng',
  'leshan/leshan-fota-loss-a.pcapng',
  'leshan/leshan-queue-a.pcapng',
  'leshan/leshan-queue-send-a.pcapng',
  'leshan/leshan-bootstrap-a.pcapng',
  'leshan/leshan-bootstrap-fail-a.pcapng',
  'leshan/leshan-observe-non-con-a.pcapng',
  'leshan/leshan-observe-composite-a.pcapng',
  'leshan/leshan-expiry-a.pcapng',
  'leshan/leshan-server-restart-a.pcap',
  'leshan/leshan-reboot-replace-a.pcapng',
  'leshan/leshan-fleet-a.pcapng',
  'leshan/leshan-tcp-a.pcapng',
  'other/net-nat-plain-a.pcapng',
  'other/wk-fw-a.pcapng',
  'other/wk-dm-a.pcapng',
  'other/wk-bootstrap-a.pcapng',
  'anjay/default.software_mgmt.SoftwareManagementPersistenceTest.pcapng',
  'anjay/default.advanced_firmware_update.AdvancedFirmwareUpdateUriTestFourNotLinkedImages.pcapng',
];
/** With `LIVE_GROWTH=all` all captures that there are. */
const CAPTURES =
  process.env['LIVE_GROWTH'] === 'all'
    ? capturesBelow(RECORDED ?? FIXTURES).map(({ path }) => path)
    : REPRESENTATIVE;

/** What is taken back once it is known better, with the reason. */
const TAKEN_BACK: readonly [capture: RegExp, span: RegExp, why: string][] = [
  [
    /net-nat/,
    /^registration .*Registering .*: gone$/,
    'both answers show that two Registers are one, seen at two points',
  ],
  [
    /client_block_request|wk-tlvjson/,
    /^registration .*Registered/,
    'an Update in blocks holds from its first block on, and is accepted with the last',
  ],
  [
    /wk-server-down/,
    /^registration .*Registered/,
    'an Update under way might have renewed the lifetime; that it was over shows only when it stays unanswered',
  ],
  [/der-multisection/, /./, 'the second section goes back in time'],
];
/** Pieces that a capture comes in; after each the spans are looked at. */
const PIECES = 24;

function folderOf(path: string): string | undefined {
  return [FIXTURES, RECORDED].find((folder) => folder !== undefined && existsSync(join(folder, path)));
}

describe('a capture that comes live', () => {
  let [looks, spans] = [0, 0];

  it.each(CAPTURES)(
    '%s only adds to what was shown, and ends as the file',
    { timeout: 60_000 },
    async (path) => {
      const folder = folderOf(path);
      if (folder === undefined) return;
      const bytes = readBytes({ folder, path }) as Uint8Array<ArrayBuffer>;
      const wrong: string[] = [];
      let before: ShownSpan[] | undefined;
      // The capture clock, so far.
      let clock = -Infinity;
      const look = async (): Promise<void> => {
        const now = spansOf(await tracksOf(live));
        if (before !== undefined)
          for (const text of shrunk(before, now, clock))
            if (!TAKEN_BACK.some(([capture, claim]) => capture.test(path) && claim.test(text)))
              wrong.push(text);
        looks++;
        spans += now.length;
        before = now;
        clock = Math.max(clock, await lastTimeOf(live));
      };
      async function* pieces(): AsyncGenerator<Uint8Array> {
        const size = Math.ceil(bytes.length / PIECES);
        for (let offset = 0; offset < bytes.length; offset += size) {
          yield bytes.slice(offset, offset + size);
          await untilCaughtUp(live);
          await look();
        }
      }
      const live = openedService(pieces);
      await openLive(live);
      await look();
      expect(wrong).toEqual([]);
      const file = openedService(pieces);
      await openFile(file, bytes);
      expect(await answersOf(live)).toEqual(await answersOf(file));
    },
  );

  it('has looked at something', () => {
    console.log(`${CAPTURES.length} captures live: ${looks} looks at ${spans} spans`);
    expect(spans).toBeGreaterThan(1000);
  });
});
