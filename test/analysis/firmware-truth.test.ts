import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { analyseFile, recordsOf } from './analyse.ts';

/** What the device of Leshan said of a package that it had put together. */
interface TruthEvent {
  event: string;
  how?: string;
  package?: { len: number; sha256: string };
}

/** Folders that may hold a capture of a stack, ours first. */
function find(stack: string, name: string): string | undefined {
  return [join(FIXTURES, stack, name), ...(RECORDED === undefined ? [] : [join(RECORDED, stack, name)])].find(
    (path) => existsSync(path),
  );
}

function leshanNames(): string[] {
  const folders = [join(FIXTURES, 'leshan'), ...(RECORDED === undefined ? [] : [join(RECORDED, 'leshan')])];
  const files = folders.filter((folder) => existsSync(folder)).flatMap((folder) => readdirSync(folder));
  return [...new Set(files)].filter((name) => /fota(?!-dtls).*\.pcapng$/.test(name)).sort();
}

async function attemptsOf(path: string): Promise<JsonObject[]> {
  return recordsOf(await analyseFile(path), 'firmware');
}

describe('packages are those that Leshan’s device put together', () => {
  for (const name of leshanNames()) {
    it(name, async () => {
      const path = find('leshan', name)!;
      const truth = JSON.parse(readFileSync(path.replace('.pcapng', '.truth.json'), 'utf8')) as {
        client_events?: TruthEvent[];
      };
      const said = (truth.client_events ?? []).filter((one) => one.event === 'firmware_package');
      const attempts = await attemptsOf(path);
      const whole = attempts.filter((one) => (one.package as JsonObject).sha256 !== undefined);
      const found = whole.map((one) => {
        const parcel = one.package as JsonObject;
        return { how: one.method, length: parcel.length, sha256: parcel.sha256 };
      });
      if (said.length > 0)
        expect(found).toEqual(
          said.map(({ how, package: parcel }) => ({
            how: how ?? 'push',
            length: parcel!.len,
            sha256: parcel!.sha256,
          })),
        );
      for (const one of attempts) expect(one.illegal).toBeUndefined();
    });
  }
});

/** What each test of Anjay's own suite makes its demo client do, by the test's name and log. */
const ANJAY: Readonly<
  Record<
    string,
    [object: string, method: string, states: string, result: number | undefined, ended: string][]
  >
> = {
  'testfest.dm.firmware_update.FirmwareUpdate_ErrorCase_UnsupportedPackageType_PackageURI': [
    ['/5/0', 'pull', 'Downloading Idle', 6, 'failed'],
  ],
  'testfest.dm.advanced_firmware_update.AdvancedFirmwareUpdate_ErrorCase_UnsupportedPackageType_PackageURI': [
    ['/33629/0', 'pull', 'Downloading Idle', 6, 'failed'],
  ],
  'default.firmware_update.FirmwareUpdateWithSetFailureInPerformUpgrade': [
    ['/5/0', 'push', 'Downloading Downloaded Updating Idle', 8, 'failed'],
  ],
  'default.firmware_update.FirmwareUpdateUnconfiguredHttpsTest': [['/5/0', 'pull', '', 9, 'failed']],
  'default.firmware_update.FirmwareUpdateHttpsCancelPackageTest': [
    ['/5/0', 'pull', '', undefined, 'cancelled'],
  ],
  'default.advanced_firmware_update.AdvancedFirmwareUpdateWithSetSuccessInPerformUpgrade': [
    ['/33629/0', 'push', 'Downloading Downloaded Updating Idle', 1, 'updated'],
  ],
  'default.advanced_firmware_update.AdvancedFirmwareUpdateHttpRequestTimeoutTest': [
    ['/33629/0', 'pull', 'Downloading Idle', 4, 'failed'],
  ],
  'default.software_mgmt.SoftwareManagementActivateUninstallPrepareForUpdateFromInstalledTest': [
    ['/9/0', 'pull', 'Download Started Downloaded Delivered Installed Initial', 2, 'updated'],
  ],
  'default.software_mgmt.SoftwareManagementPersistenceTest': [
    ['/9/0', 'pull', 'Delivered Installed Initial', 2, 'updated'],
  ],
};

describe.skipIf(RECORDED === undefined)('attempts are what Anjay’s tests make its client do', () => {
  for (const [name, expected] of Object.entries(ANJAY)) {
    it(name, async () => {
      const path = find('anjay', `${name}.pcapng`);
      if (path === undefined) return;
      const attempts = await attemptsOf(path);
      expect(
        attempts.map((one) => [
          one.object,
          one.method,
          (one.states as JsonObject[]).map(({ state }) => state).join(' '),
          (one.result as JsonObject | undefined)?.value,
          one.ended,
        ]),
      ).toEqual(expected);
      for (const one of attempts) expect(one.illegal).toBeUndefined();
    });
  }
});

describe.skipIf(RECORDED === undefined)('steps that are illegal', () => {
  it('Wakaama takes a package although it says that one is there', async () => {
    const path = find('other', 'wk-fw-a.pcapng');
    if (path === undefined) return;
    const attempts = await attemptsOf(path);
    const illegal = attempts.flatMap((one) => (one.illegal ?? []) as JsonObject[]);
    expect(illegal.map(({ from, to }) => [from, to])).toEqual([
      ['Downloaded', 'Downloading'],
      ['Downloaded', 'Downloading'],
    ]);
  });
});
