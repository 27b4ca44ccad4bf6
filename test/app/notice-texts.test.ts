import { describe, expect, it } from 'vitest';
import type { AnalysisStatus, FileStatus } from '../../src/analysis/protocol.ts';
import { noticesOf } from '../../src/app/frame/notice-texts.ts';

function statusWith(file: Partial<FileStatus>, status: Partial<AnalysisStatus> = {}): AnalysisStatus {
  return {
    state: 'done',
    paused: false,
    revision: 1,
    files: [
      {
        name: 'a.pcapng',
        bytes: 1,
        bytesRead: 1,
        container: 'pcapng',
        compression: 'none',
        frames: 1,
        ...file,
      },
    ],
    frames: 1,
    messages: 1,
    dropped: { messages: 0, values: 0, spans: 0 },
    firstRow: 0,
    heldFrom: 0,
    memory: { bytes: 0, limit: 0 },
    shown: 1,
    foreign: 0,
    devices: 0,
    registrations: 0,
    values: 0,
    transfers: 0,
    firmwareUpdates: 0,
    failedUpdates: 0,
    notRead: [],
    sealed: [],
    epochSeconds: 1_772_359_200,
    epochNanoseconds: 0,
    firstTime: 0,
    lastTime: 0,
    ...status,
  };
}

describe('notices', () => {
  it('name the capture points that dropped frames', () => {
    const [notice] = noticesOf(
      statusWith({
        dropped: [
          { name: 'eth0', frames: 12 },
          { name: 'wlan0', frames: 1 },
        ],
      }),
    );
    expect(notice!.text).toContain('12 frames were dropped by the capture point eth0');
    expect(notice!.text).toContain('1 frame was dropped by the capture point wlan0');
    expect(noticesOf(statusWith({}))).toEqual([]);
  });

  it('say since when bytes of a live stream are not kept, and that paths are too many', () => {
    const unkept = { since: 5e9, why: 'the storage of this browser is full' };
    const [kept, texts] = noticesOf(statusWith({ name: 'tap', unkept }, { state: 'live', textsFull: true }));
    expect(kept!.title).toMatch(/^The bytes of tap are no longer kept since 10:00:05/);
    expect(kept!.text).toContain('The storage of this browser is full. ');
    expect(texts!.title).toBe('There are too many different paths.');
  });

  it('say where a log has no times, or none with a date', () => {
    const log = { container: 'hex dump' };
    const titles = (status: Partial<AnalysisStatus>): string[] =>
      noticesOf(statusWith(log, status)).map(({ title }) => title);
    expect(titles({ epochSeconds: 0 })).toEqual(['The log has no times.']);
    expect(titles({ epochSeconds: 36_000 })).toEqual(['The log has times of day without a date.']);
    expect(titles({})).toEqual([]);
    expect(noticesOf(statusWith({}, { epochSeconds: 0 }))).toEqual([]);
  });
});
