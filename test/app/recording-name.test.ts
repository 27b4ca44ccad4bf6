import { describe, expect, it } from 'vitest';
import { recordingFileName, recordingTimeText } from '../../src/app/recordings/recording-name.ts';

const SECONDS = Date.UTC(2026, 10, 25, 14, 2, 59) / 1000;

describe('the name of a saved recording', () => {
  it.each([
    [undefined, 'lwm2m-2026-11-25-14-02.pcapng'],
    ['pcapng', 'lwm2m-2026-11-25-14-02.pcapng'],
    ['modified pcap', 'lwm2m-2026-11-25-14-02.pcap'],
    ['gzip', 'lwm2m-2026-11-25-14-02.gz'],
    ['unknown', 'lwm2m-2026-11-25-14-02.txt'],
  ])('of %s is %s', (container, name) => {
    expect(recordingFileName(SECONDS, container)).toBe(name);
  });
});

it('the time of a recording has its day where that is another', () => {
  const time = SECONDS * 1000;
  expect(recordingTimeText(time, time + 3_600_000)).toBe('14:02 UTC');
  expect(recordingTimeText(time, time + 86_400_000)).toBe('2026-11-25 14:02 UTC');
});
