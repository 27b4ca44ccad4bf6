import { describe, expect, it } from 'vitest';
import { SpanLook } from '../../../src/analysis/timeline-protocol.ts';
import { NO_ROW } from '../../../src/capture/units.ts';
import { LOOK_STYLES } from '../../../src/app/timeline/span-look.ts';
import { spanSentence, spanText, trackSentence } from '../../../src/app/timeline/span-text.ts';
import type { Clock } from '../../../src/app/timeline/time-ticks.ts';
import { columns, track } from './spans.ts';

const clock: Clock = { absolute: true, epochSeconds: 1_779_181_440, epochNanoseconds: 0, origin: 0 };

describe('spanText', () => {
  it('says what, when, how long and how far', () => {
    const spans = columns([[1e9, 2.5e9, SpanLook.downloading, 3, 'Downloading · 412 KiB', 0.64]]);
    expect(spanText(spans, 0, clock, 1e6)).toEqual({
      title: 'Downloading · 412 KiB',
      kind: '',
      time: '09:04:01.000 – 09:04:02.500 · 1.5 s',
      progress: '64 % done',
      opens: true,
    });
  });
  it('names the look where the label does not, and a moment has one time', () => {
    const spans = columns([[1e9, 1e9, SpanLook.notify, NO_ROW, '21.5']]);
    const text = spanText(spans, 0, clock, 1e6);
    expect(text).toMatchObject({ kind: 'Notify', time: '09:04:01.000', opens: false });
    expect(spanSentence(text)).toBe('21.5, Notify, 09:04:01.000.');
  });
  it('tells moments of one burst apart', () => {
    const spans = columns([[1e9 + 250, 1e9 + 250, SpanLook.read]]);
    expect(spanText(spans, 0, clock, 1).time).toBe('09:04:01.000000250');
  });
});

describe('trackSentence', () => {
  it('says whether a device is open and how much a line shows', () => {
    expect(trackSentence(track(0))).toBe('Device Line 0, expanded.');
    expect(trackSentence(track(1, [[0, 1]]))).toBe('Line 1, 1 span here.');
  });
});

describe('LOOK_STYLES', () => {
  it('has every look, each with a name of its own', () => {
    expect(LOOK_STYLES.length).toBe(Object.keys(SpanLook).length);
    for (const number of Object.values(SpanLook)) expect(LOOK_STYLES[number]?.name).toBeTruthy();
    expect(new Set(LOOK_STYLES.map((style) => style.name)).size).toBe(LOOK_STYLES.length);
  });
  it('gives each kind of message a form of its own, so that colour is never needed', () => {
    const kinds = [
      SpanLook.registration,
      SpanLook.read,
      SpanLook.write,
      SpanLook.execute,
      SpanLook.notify,
      SpanLook.send,
      SpanLook.errorAnswer,
      SpanLook.unanswered,
      SpanLook.otherCoap,
      SpanLook.cluster,
    ];
    expect(new Set(kinds.map((kind) => LOOK_STYLES[kind]!.shape)).size).toBe(kinds.length);
  });
});
