import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LiveRecording, MemoryRecording } from '../../src/analysis/live-recording.ts';
import { recordingFacts } from '../../src/analysis/recording-facts.ts';
import type { AnalysisEvent, AnalysisStatus } from '../../src/analysis/protocol.ts';
import { RECORD_KINDS } from '../../src/analysis/records/records.ts';
import { AnalysisService } from '../../src/analysis/service.ts';
import type { LivePiece } from '../../src/analysis/tap-link.ts';
import { FIXTURES } from '../captures.ts';
import {
  concat,
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  option,
  sectionHeader,
} from '../capture/write-capture.ts';
import { storeOf } from './analyse.ts';

const CAPTURE = new Uint8Array(readFileSync(join(FIXTURES, 'other/wk-dm-a.pcapng')));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A live tap in a test: sends what it is told to, until it ends. */
class Tap {
  readonly #waiting: LivePiece[] = [];
  #hasEnded = false;
  #wake: () => void = () => {};

  send(piece: LivePiece): void {
    this.#waiting.push(piece);
    this.#wake();
  }
  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }
  async *stream(stopped?: Promise<void>): AsyncGenerator<LivePiece> {
    void stopped?.then(() => this.end());
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.#hasEnded) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

function serviceOf(tap: Tap, recording = new MemoryRecording()): AnalysisService {
  let now = 0;
  return new AnalysisService({
    now: () => (now += 5),
    yieldTurn: turn,
    after: turn,
    createSpool: () => Promise.reject(new Error('no spool is needed')),
    createRecording: () => Promise.resolve(recording),
    connect: (_, stopped) => tap.stream(stopped),
  });
}

async function until(
  service: AnalysisService,
  met: (status: AnalysisStatus) => boolean,
): Promise<AnalysisStatus> {
  for (let count = 0; count < 20_000; count++) {
    const status = await service.status();
    if (met(status)) return status;
    await turn();
  }
  throw new Error(`it never came to that: ${JSON.stringify(await service.status())}`);
}

async function recordsOf(service: AnalysisService): Promise<string> {
  const texts = [];
  for (const kind of RECORD_KINDS) {
    // What it says of the file itself differs: its length, and the bytes that were added.
    if (kind !== 'info') texts.push(await (await service.records(kind)).text());
  }
  const records = texts.join('\n');
  expect(records.length).toBeGreaterThan(1000);
  return records;
}

async function recordsOfFile(bytes: Blob): Promise<{ records: string; service: AnalysisService }> {
  const service = serviceOf(new Tap());
  await service.open([{ kind: 'file', name: 'Live tap', blob: bytes }]);
  await until(service, ({ state }) => state === 'done');
  return { records: await recordsOf(service), service };
}

describe('a live capture that is saved', () => {
  it.each([64, 1000, CAPTURE.length])(
    'gives the records that were shown, sent in pieces of %i bytes',
    async (size) => {
      const tap = new Tap();
      const service = serviceOf(tap);
      await service.open([{ kind: 'live', name: 'Live tap', url: '' }]);
      for (let at = 0; at < CAPTURE.length; at += size) tap.send(CAPTURE.subarray(at, at + size));
      await until(service, ({ messages }) => messages > 60);
      const moment = await service.captureMoment();
      expect(await service.mark('here I pressed the button', moment!)).toBe(true);
      tap.end();
      const status = await until(service, ({ state }) => state === 'done');
      expect(status).toMatchObject({ marks: 1, recording: { takesMarks: false, savedBytes: 0 } });
      const saved = await service.saveRecording();
      expect(saved!.size).toBeGreaterThan(CAPTURE.length);
      expect((await service.status()).recording).toMatchObject({
        bytes: saved!.size,
        savedBytes: saved!.size,
      });

      const shown = await recordsOf(service);
      const again = await recordsOfFile(saved!);
      expect(again.records).toBe(shown);
      expect(again.records).toBe((await recordsOfFile(new Blob([CAPTURE]))).records);
      expect(await again.service.marks()).toEqual(await service.marks());
      expect((await service.marks()).map(({ text }) => text)).toEqual(['here I pressed the button']);
    },
  );

  it('is whole at any time, also while the tap is in the middle of a block', async () => {
    const tap = new Tap();
    const service = serviceOf(tap);
    await service.open([{ kind: 'live', name: 'Live tap', url: '' }]);
    let sent = 0;
    for (const end of [700, 3001, 9999]) {
      tap.send(CAPTURE.subarray(sent, end));
      sent = end;
    }
    await until(service, ({ recording }) => recording !== undefined && recording.bytes > 9000);
    await until(service, ({ messages }) => messages > 0);
    const store = await storeOf(new Uint8Array(await (await service.saveRecording())!.arrayBuffer()));
    expect((await recordingFacts(store)).whole).toBe(store.size);
    await service.close();
  });

  it('goes on while it is held', async () => {
    const tap = new Tap();
    const service = serviceOf(tap);
    await service.open([{ kind: 'live', name: 'Live tap', url: '' }]);
    tap.send(CAPTURE.subarray(0, 5000));
    for (let count = 0; count < 50; count++) await turn();
    const before = (await service.status()).messages;
    expect(before).toBeGreaterThan(0);
    await service.pause(true);
    for (let at = 5000; at < CAPTURE.length; at += 500) {
      tap.send(CAPTURE.subarray(at, at + 500));
      await turn();
    }
    const held = await until(service, ({ recording }) => recording?.bytes === CAPTURE.length);
    // Nothing of it is shown, not even what was the next to be read.
    expect(held.messages).toBe(before);
    await service.pause(false);
    tap.end();
    await until(service, ({ state, messages }) => state === 'done' && messages === 125);
  });

  it('is kept as pcapng where the tap sends a pcap', async () => {
    const pcap = new Uint8Array(readFileSync(join(FIXTURES, 'other/der-bigendian-nsec-a.pcap')));
    const tap = new Tap();
    const service = serviceOf(tap);
    await service.open([{ kind: 'live', name: 'Live tap', url: '' }]);
    for (let at = 0; at < pcap.length; at += 100) tap.send(pcap.subarray(at, at + 100));
    tap.end();
    await until(service, ({ state }) => state === 'done');
    const saved = (await service.saveRecording())!;
    expect((await recordingFacts(await storeOf(new Uint8Array(await saved.arrayBuffer())))).container).toBe(
      'pcapng',
    );
    expect(await recordsOf(service)).toBe((await recordsOfFile(saved)).records);
    expect((await recordsOfFile(saved)).records).toBe((await recordsOfFile(new Blob([pcap]))).records);
  });

  it('goes on without being kept where its place is full, which is said; what was kept is whole', async () => {
    const recording = new MemoryRecording();
    const append = recording.append.bind(recording);
    recording.append = (bytes) =>
      recording.size + bytes.length > 4000 ? Promise.reject(new Error('the storage is full')) : append(bytes);
    const tap = new Tap();
    const service = serviceOf(tap, recording);
    await service.open([{ kind: 'live', name: 'Live tap', url: '' }]);
    for (let at = 0; at < CAPTURE.length; at += 64) tap.send(CAPTURE.subarray(at, at + 64));
    const status = await until(service, ({ messages }) => messages === 125);
    expect(status.recording).toMatchObject({ failure: 'the storage is full', takesMarks: false });
    expect(await service.mark('no', { seconds: 1, nanoseconds: 0 })).toBe(false);
    expect((await recordingFacts(recording)).whole).toBe(recording.size);
    expect((await service.saveRecording())!.size).toBe(recording.size);
    tap.end();
    await until(service, ({ state }) => state === 'done');
  });

  it('ends while what is not kept waits for a reader that is held', async () => {
    const recording = new MemoryRecording();
    const tap = new Tap();
    const service = serviceOf(tap, recording);
    await service.open([{ kind: 'live', name: 'Live tap', url: '' }]);
    tap.send(CAPTURE.subarray(0, 5000));
    await until(service, ({ messages }) => messages > 0);
    await service.pause(true);
    recording.append = () => Promise.reject(new Error('the storage is full'));
    const packet = enhancedPacket(1n, new Uint8Array(60_000));
    tap.send(CAPTURE.subarray(5000));
    for (let count = 0; count < 300; count++) tap.send(packet);
    await until(service, (status) => status.recording?.failure !== undefined);
    await service.close();
    expect((await service.status()).state).toBe('idle');
  });

  it('a text is kept as it comes', async () => {
    const text = new TextEncoder().encode(
      'Sending 8 bytes to [::1]:56830\n64 44 56 3D  3D 56 0E 8C   dDV==V..\n',
    );
    const recording = new MemoryRecording();
    const tap = new Tap();
    const live = new LiveRecording(recording, tap.stream(), () => 0);
    for (const byte of text) tap.send(Uint8Array.of(byte));
    tap.end();
    await live.ended;
    expect(await recording.read(0, recording.size)).toEqual(text);
    expect(live.status.takesMarks).toBe(false);
    expect(await live.mark('no', { seconds: 1, nanoseconds: 0 })).toBe(false);
  });
});

describe('what is missing', () => {
  const SECOND = 1_000_000n;
  const head = concat(sectionHeader(), interfaceDescription());
  const packet = (seconds: number): Uint8Array =>
    enhancedPacket(BigInt(seconds) * SECOND, new Uint8Array(60));

  /** The marks of a live source that has ended, and of its saved file, which have to be the same. */
  async function marksOf(pieces: readonly LivePiece[], recording?: MemoryRecording) {
    const tap = new Tap();
    const service = serviceOf(tap, recording);
    await service.open([{ kind: 'live', name: 'Live tap', url: '' }]);
    for (const piece of pieces) tap.send(piece);
    tap.end();
    const { frames } = await until(service, ({ state }) => state === 'done');
    const marks = (await service.marks()).map(({ text, time }) => ({ text, seconds: time / 1e9 }));
    if (recording === undefined) {
      const saved = serviceOf(new Tap());
      await saved.open([{ kind: 'file', name: 'saved', blob: (await service.saveRecording())! }]);
      expect((await until(saved, ({ state }) => state === 'done')).frames).toBe(frames);
      expect(await saved.marks()).toEqual(await service.marks());
    }
    return { marks, frames };
  }

  it('is marked where it is, in the saved file too', async () => {
    const { marks, frames } = await marksOf([
      { missed: 3 },
      head,
      packet(100),
      packet(107),
      { missed: 12 },
      packet(120),
      { missed: 1 },
      packet(121),
      { missed: 0 },
      head,
      packet(130),
    ]);
    expect(frames).toBe(5);
    expect(marks).toEqual([
      { text: '12 packets missing', seconds: 7 },
      { text: '1 packet missing', seconds: 20 },
      { text: 'the relay was started again: packets may be missing', seconds: 21 },
    ]);
  });

  it('is marked where nothing is kept any more', async () => {
    const recording = new MemoryRecording();
    recording.append = () => Promise.reject(new Error('the storage is full'));
    const { marks } = await marksOf([head, packet(100), { missed: 12 }, packet(120)], recording);
    expect(marks).toEqual([{ text: '12 packets missing', seconds: 0 }]);
  });

  it('is marked a bounded number of times', async () => {
    const pieces: LivePiece[] = [head, packet(100)];
    for (let count = 0; count < 1500; count++) pieces.push({ missed: 1 });
    expect((await marksOf(pieces)).marks).toHaveLength(1000);
  });

  it('is said of a clock that was set back, once, and not of a packet that is late', async () => {
    const { marks, frames } = await marksOf([
      head,
      packet(10_000),
      packet(9_990),
      packet(10_001),
      concat(packet(10_002), packet(6_402)),
      packet(6_403),
    ]);
    expect(frames).toBe(6);
    expect(marks).toEqual([{ text: 'the clock was set back by 60 min', seconds: 1 }]);
  });

  it('leads the moment of a mark back with the clock', async () => {
    const tap = new Tap();
    const live = new LiveRecording(new MemoryRecording(), tap.stream(), () => 0);
    for (const piece of [head, packet(10_000), packet(6_400)]) tap.send(piece);
    for (let count = 0; count < 20; count++) await turn();
    expect(live.moment()).toEqual({ seconds: 6_400, nanoseconds: 0 });
  });
});

describe('the moment of a mark', () => {
  const head = concat(sectionHeader(), interfaceDescription(1, 0, [option(9, Uint8Array.of(9))]));

  it('is the newest time of the capture and what has gone by since', async () => {
    let now = 1000;
    const tap = new Tap();
    const live = new LiveRecording(new MemoryRecording(), tap.stream(), () => now);
    const seen = async (bytes: Uint8Array): Promise<void> => {
      tap.send(bytes);
      for (let count = 0; count < 5; count++) await turn();
    };
    await seen(head);
    expect(live.moment()).toBeUndefined();
    expect(live.status.takesMarks).toBe(false);
    await seen(enhancedPacket(5_900_000_000n, Uint8Array.of(1)));
    expect(live.moment()).toEqual({ seconds: 5, nanoseconds: 900_000_000 });
    now += 2300;
    expect(live.moment()).toEqual({ seconds: 8, nanoseconds: 200_000_000 });
    await seen(interfaceStatistics(0, 9_000_000_000n));
    expect(live.moment()).toEqual({ seconds: 9, nanoseconds: 0 });
    // A packet that is late does not lead the clock back.
    now += 100;
    await seen(enhancedPacket(8_000_000_000n, Uint8Array.of(1)));
    expect(live.moment()).toEqual({ seconds: 9, nanoseconds: 100_000_000 });
  });
});

describe('a recording that a tab left when it died', () => {
  it('counts up to its last whole block, cut at every byte, and gives what lies before', async () => {
    const start = CAPTURE.length - 400;
    const whole = (await recordingFacts(await storeOf(CAPTURE))).whole;
    expect(whole).toBe(CAPTURE.length);
    let last = 0;
    for (let length = start; length <= CAPTURE.length; length++) {
      const cut = CAPTURE.subarray(0, length);
      const facts = await recordingFacts(await storeOf(cut));
      expect(facts).toMatchObject({ container: 'pcapng', holdsAnything: true });
      expect(facts.whole).toBeGreaterThanOrEqual(last);
      expect(facts.whole).toBeLessThanOrEqual(length);
      last = facts.whole;
    }
    const cut = CAPTURE.subarray(0, CAPTURE.length - 3);
    const facts = await recordingFacts(await storeOf(cut));
    const { service, records } = await recordsOfFile(new Blob([cut.slice(0, facts.whole)]));
    expect((await service.status()).files[0]!.fault).toBeUndefined();
    expect(records).toBe((await recordsOfFile(new Blob([cut.slice()]))).records);
  });

  it('is empty where it has neither a frame nor a mark', async () => {
    const head = concat(sectionHeader(), interfaceDescription());
    expect((await recordingFacts(await storeOf(new Uint8Array(0)))).holdsAnything).toBe(false);
    expect((await recordingFacts(await storeOf(head))).holdsAnything).toBe(false);
    expect(
      (await recordingFacts(await storeOf(concat(head, interfaceStatistics(0, 1n))))).holdsAnything,
    ).toBe(false);
    const marked = concat(head, interfaceStatistics(0, 1n, [option(1, Uint8Array.of(65))]));
    expect((await recordingFacts(await storeOf(marked))).holdsAnything).toBe(true);
    const packet = concat(head, enhancedPacket(7_000_000n, Uint8Array.of(1)));
    expect(await recordingFacts(await storeOf(packet))).toMatchObject({
      firstSeconds: 7,
      holdsAnything: true,
    });
  });
});

describe('an alert', () => {
  it('counts messages that come after it was asked for, each once, and names the last', async () => {
    const tap = new Tap();
    const service = serviceOf(tap);
    const news: AnalysisEvent[] = [];
    await service.listen({ postMessage: (event) => void news.push(event) });
    expect(await service.setAlert('coap.code ==')).toMatchObject({ ok: false });
    expect((await service.status()).alert).toBeUndefined();

    await service.open([{ kind: 'live', name: 'Live tap', url: '' }]);
    const half = CAPTURE.length >> 1;
    tap.send(CAPTURE.subarray(0, half));
    await until(service, ({ messages }) => messages > 20);
    for (let count = 0; count < 50; count++) await turn();
    const before = (await service.status()).messages;
    expect(await service.setAlert('coap.code == 2.05')).toEqual({ ok: true });
    expect((await service.status()).alert).toEqual({ text: 'coap.code == 2.05', messages: 0 });
    tap.send(CAPTURE.subarray(half));
    await until(service, ({ messages }) => messages === 125);
    await service.setFilter('coap.code == 2.05');
    const rows = await service.rows(0, 500);
    const passing = [...rows.rows].filter((row) => row >= before);
    const { alert } = await until(service, (status) => status.alert?.messages === passing.length);
    expect(passing.length).toBeGreaterThan(3);
    expect(await service.rowOfId(alert!.last!)).toBe(passing.at(-1));

    await service.setAlert('');
    expect((await service.status()).alert).toBeUndefined();
    await service.close();
  });

  it('reads bytes where its expression needs them, and goes on with the next live source', async () => {
    const text = 'coap.payload contains "9"';
    const tap = new Tap();
    const service = serviceOf(tap);
    await service.listen({ postMessage: () => {} });
    await service.setAlert(text);
    await service.open([{ kind: 'live', name: 'Live tap', url: '' }]);
    tap.send(CAPTURE);
    await until(service, ({ messages }) => messages === 125);
    await service.setFilter(text);
    const { shown } = await service.status();
    expect(shown).toBeGreaterThan(0);
    await until(service, ({ alert }) => alert?.messages === shown);
    await service.close();
  });
});
