import { describe, expect, it } from 'vitest';
import { reasonsOf } from '../../../src/app/devices/join-reasons.ts';

describe('the reasons for one device', () => {
  it('stand together by kind, each message once', () => {
    const message = (row: number): { row: number; id: string } => ({ row, id: `1.${row + 1}.0` });
    expect(
      reasonsOf([
        { by: 'address', messages: [message(0), message(4)] },
        { by: 'registration location', messages: [message(7)] },
        { by: 'address', messages: [message(0), message(9)] },
      ]),
    ).toEqual([
      { by: 'address', count: 2, messages: [message(0), message(4), message(9)] },
      { by: 'registration location', count: 1, messages: [message(7)] },
    ]);
    expect(reasonsOf([])).toEqual([]);
  });
});
