import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { captureOf, readOf, registrationAt, type SentMessage } from '../analysis/written-capture.ts';
import { cli, recordsIn } from './cli-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const traffic: SentMessage[] = [...registrationAt(1000), readOf(1002, 9, 'b7'), readOf(1004, 10, 'b8')];

function file(name: string, messages: readonly SentMessage[]): string {
  const path = join(folder, name);
  writeFileSync(path, captureOf(messages));
  return path;
}

const later = (seconds: number): SentMessage[] =>
  traffic.map((message) => ({ ...message, at: message.at + seconds }));
const here = file('a.pcap', traffic);
const there = file('b.pcap', later(90));

it('what two captures saw counts once when their clocks agree', async () => {
  for (const name of [there, '2']) {
    const { code, out, err } = await cli(['messages', here, there, '--offset', `${name}=-90`]);
    expect([code, err]).toEqual([0, '']);
    const records = recordsIn(out);
    expect(records.map(({ id, sightings }) => [id, sightings])).toEqual(
      ['1.1.0', '1.2.0', '1.3.0', '1.4.0'].map((id) => [id, 2]),
    );
  }
});

it('info says by how much a clock seems to be wrong, and changes nothing by itself', async () => {
  const apart = recordsIn((await cli(['info', here, there])).out);
  expect(apart.map(({ messages }) => messages)).toEqual([4, 4]);
  expect(apart[0]).not.toHaveProperty('offset_estimate');
  expect(apart[1]!['offset_estimate']).toEqual({ offset: '-90', against: 'a.pcap', messages: 4 });
  const text = (await cli(['info', here, there, '--format', 'text', '--offset', '1=90'])).out;
  expect(text).toMatch(/a\.pcap: .*4 CoAP messages\n {2}90 s added to its times/);
  expect(text).toMatch(
    /b\.pcap: .*0 CoAP messages\n {2}from .*\n {2}4 messages more that another capture point had shown/,
  );
  expect(text).toMatch(/4 messages are in a\.pcap too; its clock agrees with --offset b\.pcap=0\n/);
});

it('an offset moves the times of a single capture too', async () => {
  const { out } = await cli(['messages', here, '--offset', `${here}=0.25`]);
  expect((recordsIn(out)[0] as { frame: { time: string } }).frame.time).toBe('1000.250000000');
});

it('standard input is merged with files, but read by itself when it is followed', async () => {
  const input = new Uint8Array(readFileSync(file('c.pcap', [readOf(1001, 77, 'c1')])));
  const ids = async (...options: string[]): Promise<unknown[]> =>
    recordsIn((await cli(['messages', here, '-', ...options], input)).out).map(({ id }) => id);
  expect(await ids()).toEqual(['1.1.0', '1.2.0', '2.1.0', '1.3.0', '1.4.0']);
  expect(await ids('--follow')).toEqual(['1.1.0', '1.2.0', '1.3.0', '1.4.0', '2.1.0']);
});

it('messages are chosen by where they were seen', async () => {
  const lone = file('lone.pcap', [...traffic.slice(0, 2), readOf(1003, 33, 'd1')]);
  const { out } = await cli(['messages', here, lone, '--filter', 'sightings > 1', '--format', 'text']);
  expect(out.trim().split('\n')).toHaveLength(2);
  expect(out).toContain('seen at 2 points');
});
