import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FIXTURES, RECORDED } from '../captures.ts';
import { analyseBytes, capturesBelow, readBytes } from './analyse.ts';
import { cutsOf, packetsOf, withoutFirst } from './late-start/cut-capture.ts';
import { LateClaims } from './late-start/late-claims.ts';
import { livesOf, type Epoch } from './late-start/late-lives.ts';

/**
 * Unknown is not wrong: a capture that begins late knows less, but what it says must not be otherwise than the whole
 * capture says.
 */

/** Cuts of each capture at places of its own, besides those at a quarter, half and three quarters. */
const DRAWN = 2;
/** With `HALF_CAPTURE` each capture is cut at a hundred places: `all`, or those whose names match. Takes minutes. */
const thorough = process.env['HALF_CAPTURE'];

/** Scripts in which one end registers and then asks the other one as a server does: no part of it tells which it is. */
const BOTH_PARTS = /^(aio-(udp|tcp)-a|der-tcp-midstart-a|net-tcp-loss-a)\./;

/** What a part cannot know, with the reason. */
const OUT_OF_REACH: readonly [capture: RegExp, claim: RegExp, why: string][] = [
  [
    /tcp|Tcp/,
    /of 1\.\d+\.0 is missed$/,
    'of a stream whose beginning was not seen the first message is not sure',
  ],
  [
    /(HttpsTest|PrepareForUpdateFromInstalledTest)\./,
    /^update of .*: cancelled at /,
    'how it ended was notified of an observation whose path was not seen, before the package was taken back',
  ],
  [
    /./,
    /objectsChanged .* is missed$/,
    'only the version in the Register says that an Update must follow a Create or a Delete',
  ],
  [/^der-nrb-comment-a\./, /is missed$/, 'a block of another kind counts as a frame of its own'],
  [
    /^leshan-reg-errors-a\./,
    /doesNotExist|device x: lost/,
    'a script updates what was never registered: 4.04 looks like a registration of before the capture',
  ],
  [/^aio-(ws|lc-cross)-a\./, /is missed$/, 'of a WebSocket only the upgrade tells that it is one'],
  [
    /^default\.bootstrap_client\.BootstrapCheckOngoingRegistrationsWithLegacyServerInitiated\./,
    /^session undefined of 1\.11\.0 is missed$/,
    'a DELETE of the root alone does not tell which end is the client',
  ],
  [
    /^der-(merged|multisection)-a\./,
    /./,
    'put together of captures in which one server gave the same locations to several clients',
  ],
];

const captures = capturesBelow(RECORDED ?? FIXTURES).filter(
  ({ path }) =>
    !BOTH_PARTS.test(basename(path)) &&
    (thorough === undefined || thorough === 'all' || new RegExp(thorough).test(path)),
);

describe('a capture that begins late says nothing that the whole denies', () => {
  const compared: Record<string, number> = {};
  const excepted = new Map<string, number>();
  let cuts = 0;

  it(`${captures.length} captures, each cut at several places`, { timeout: 1_200_000 }, async () => {
    const wrong: string[] = [];
    for (const recording of captures) {
      const name = basename(recording.path);
      const bytes = readBytes(recording);
      const packets = packetsOf(bytes);
      if (packets === undefined || packets.length < 4) continue;
      const analysis = await analyseBytes(name, bytes);
      const epoch: Epoch = [analysis.frames.epochSeconds, analysis.frames.epochNanoseconds];
      const whole = await livesOf(analysis, 0, epoch);
      for (const count of cutsOf(name, packets.length, DRAWN, thorough !== undefined)) {
        const cut = await analyseBytes(name, withoutFirst(bytes, packets, count));
        const claims = new LateClaims(whole, await livesOf(cut, count, epoch)).all();
        cuts++;
        for (const [what, number] of Object.entries(claims.compared))
          compared[what] = (compared[what] ?? 0) + number;
        for (const text of claims.wrong) {
          const reason = OUT_OF_REACH.find(([capture, claim]) => capture.test(name) && claim.test(text));
          if (reason !== undefined) excepted.set(reason[2], (excepted.get(reason[2]) ?? 0) + 1);
          else wrong.push(`${name} without ${count} packets: ${text}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has compared something', () => {
    const counts = Object.entries(compared).map(([what, count]) => `${count} ${what}`);
    const reasons = [...excepted].map(([why, count]) => `\n  ${count} out of reach: ${why}`);
    console.log(`${cuts} cut captures: ${counts.join(', ')}${reasons.join('')}`);
    expect(compared['sessions']).toBeGreaterThan(RECORDED === undefined ? 10 : 200);
  });
});
