import { expect, it } from 'vitest';
import { analyseBytes, recordsOf } from './analyse.ts';
import { captureOf, readOf, registrationAt } from './written-capture.ts';

it('says where and by which clause a content is damaged, and gives what stood before', async () => {
  const capture = captureOf([
    ...registrationAt(1000),
    readOf(1001, 7, 'b7', '/3/0'),
    {
      at: 1001,
      up: true,
      type: 'ACK',
      code: '2.05',
      mid: 7,
      token: 'b7',
      options: [[12, 11542]],
      // Battery Level 87 whole; then a resource that announces four bytes and has two.
      payload: [0xc1, 0x09, 0x57, 0xc4, 0x0d, 0x01, 0x02],
    },
  ]);
  const analysis = await analyseBytes('damaged.pcap', capture.slice());
  const record = (await recordsOf(analysis, 'messages')).at(-1)!;
  const lwm2m = record.lwm2m as { fault: { text: string; offset: number; clause: string }; values: object[] };
  expect(lwm2m.values).toEqual([
    { path: '/3/0/9', name: 'Battery Level', type: 'Integer', value: 87, unit: '%' },
  ]);
  expect(lwm2m.fault.offset).toBe(3);
  expect(lwm2m.fault.clause).toMatch(/^LwM2M Core/);
  expect(lwm2m.fault.text).not.toBe('');
});
