import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FIXTURES } from '../captures.ts';
import { analyseFile, recordsOf } from './analyse.ts';

describe('a package that was fetched over HTTP', () => {
  it('is counted by the bytes of the answers, with who gave it', async () => {
    // tshark: frame 8 asks for /software; the answer of 200 says no length, brings 84 bytes in frame 12 and ends.
    const file = 'anjay/default.software_mgmt.SoftwareManagementUriAutoSuspend.pcapng';
    const [update] = await recordsOf(await analyseFile(join(FIXTURES, file)), 'firmware');
    expect(update).toMatchObject({
      object: '/9/0',
      method: 'pull',
      uri: 'http://127.0.0.1:41429/software',
      source: '127.0.0.1:41429',
      package: { length: 84, received: 84, complete: true },
    });
  });
});
