import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { FIXTURES } from '../captures.ts';
import { cli, recordsIn } from './cli-run.ts';

const CAPTURE = join(FIXTURES, 'leshan/leshan-read-formats-a.pcapng');

it('--follow prints each message before the next bytes come', async () => {
  const bytes = new Uint8Array(readFileSync(CAPTURE));
  const half = bytes.length >> 1;
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let printed = '';
  stdout.on('data', (piece: Buffer) => (printed += piece.toString('utf8')));
  let early = 0;
  async function* input(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, half);
    // Reading asks for more only when what came has been printed.
    early = recordsIn(printed).length;
    yield bytes.subarray(half);
  }
  const code = await runCli(['messages', '--follow', '-'], { stdin: input(), stdout, stderr });
  expect(code).toBe(0);
  const whole = recordsIn((await cli(['messages', CAPTURE])).out);
  const followed = recordsIn(printed);
  expect(early).toBeGreaterThan(0);
  expect(early).toBeLessThan(whole.length);
  expect(followed.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
  // What only later frames decide is absent.
  for (const record of followed) {
    expect(record.coap).not.toHaveProperty('response_in');
    expect(record.coap).not.toHaveProperty('exchange');
    expect(record.lwm2m ?? {}).not.toHaveProperty('device');
  }
});

it('--follow filters', async () => {
  const bytes = new Uint8Array(readFileSync(CAPTURE));
  const { out, code } = await cli(['messages', '--follow', '--filter', 'coap.code == 2.05', '-'], bytes);
  expect(code).toBe(0);
  const records = recordsIn(out) as { coap: { code: string } }[];
  expect(records.length).toBeGreaterThan(0);
  expect(records.every(({ coap }) => coap.code === '2.05')).toBe(true);
});

it('--follow is for messages', async () => {
  const { code, err } = await cli(['sessions', '--follow', CAPTURE]);
  expect(code).toBe(2);
  expect(err).toMatch(/--follow prints messages/);
});
