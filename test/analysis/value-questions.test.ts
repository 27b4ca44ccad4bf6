import { expect, it } from 'vitest';
import { AnalysisService } from '../../src/analysis/service.ts';
import { captureOf, readOf, registrationAt } from './written-capture.ts';

it('a question about values does not wait for itself, and leaves the others their turn', async () => {
  let now = 0;
  const service = new AnalysisService({
    // Each look at the clock is a second later: every pause is due.
    now: () => (now += 1000),
    yieldTurn: () => new Promise((resolve) => setImmediate(resolve)),
    after: () => Promise.resolve(),
    createSpool: () => Promise.reject(new Error('no spool is needed')),
    createRecording: () => Promise.reject(new Error('no recording is needed')),
    connect: () => {
      throw new Error('nothing is live');
    },
  });
  const answer = {
    at: 1002,
    up: true,
    type: 'ACK',
    code: '2.05',
    mid: 12,
    token: 'd1',
    options: [[12, 0]],
  } as const;
  const bytes = captureOf([
    ...registrationAt(1000),
    readOf(1001, 12, 'd1', '/3/0/9'),
    { ...answer, options: [[12, 0]], payload: '87' },
  ]);
  await service.open([{ kind: 'file', name: 'one.pcap', blob: new Blob([bytes.slice()]) }]);
  while ((await service.status()).state !== 'done') await new Promise((resolve) => setImmediate(resolve));
  const query = { text: '', observedOnly: false, doubtfulOnly: false, first: 0, count: 0 };
  const [window, filter] = await Promise.all([
    service.valueLines(query),
    service.setFilter('coap.code == 2.05'),
  ]);
  expect(window.resources).toBe(1);
  expect(filter).toMatchObject({ ok: true, shown: 1 });
});
