import { describe, expect, it } from 'vitest';
import { join } from 'node:path';
import type { Analysis } from '../../src/analysis/analysis.ts';
import { DeviceIndex } from '../../src/analysis/device-index.ts';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { MessageFacts } from '../../src/analysis/message-facts.ts';
import { compileMessageFilter } from '../../src/analysis/message-filter.ts';
import { MessageSummary } from '../../src/analysis/message-summary.ts';
import { SequenceAnswers } from '../../src/analysis/sequence-answers.ts';
import {
  type SequenceChoice,
  type SequenceLine,
  SequenceMark,
  type SequenceWindow,
} from '../../src/analysis/sequence-protocol.ts';
import { ShownRows } from '../../src/analysis/shown-rows.ts';
import { block, path } from '../coap/coap-message.ts';
import { FIXTURES } from '../captures.ts';
import { analyseBytes, analyseFile } from './analyse.ts';
import { captureOf, readOf, registrationAt, type SentMessage } from './written-capture.ts';

const CHOICE: SequenceChoice = { device: 0, hideAcks: true, unfoldAll: false, turned: [] };
const START = 1_700_000_000;

class Ladder {
  readonly shown: ShownRows;
  readonly answers: SequenceAnswers;

  constructor(readonly analysis: Analysis) {
    const facts = new MessageFacts(analysis);
    const bytes = new MessageBytes(analysis);
    this.shown = new ShownRows(analysis.tracking.messages);
    this.answers = new SequenceAnswers(
      analysis,
      facts,
      new DeviceIndex(analysis),
      new MessageSummary(analysis, facts, bytes),
      this.shown,
      () => undefined,
    );
  }

  window(choice: Partial<SequenceChoice> = {}, first = 0, count = 200): Promise<SequenceWindow> {
    return this.answers.window({ ...CHOICE, ...choice, first, count }, 1);
  }

  async filter(text: string): Promise<void> {
    const filter = compileMessageFilter(text, this.analysis);
    if (!filter.ok) throw new Error(filter.message);
    await this.shown.setFilter(filter, () => undefined);
  }
}

async function ladderOf(messages: readonly SentMessage[]): Promise<Ladder> {
  return new Ladder(await analyseBytes('written.pcap', captureOf(messages)));
}

async function ladderOfFile(name: string): Promise<Ladder> {
  return new Ladder(await analyseFile(join(FIXTURES, name)));
}

/** A line in short: its kind, which way it goes and what stands on it. */
function short({ kind, from, to, label, since }: SequenceLine): string {
  if (kind === 'wait' || kind === 'gap') return `${kind} ${(since / 1e9).toFixed(2)}`;
  return `${kind} ${from}>${to} ${label}`;
}

function answerTo(request: SentMessage, nanoseconds: number, code = '2.05'): SentMessage {
  return {
    at: request.at,
    nanoseconds,
    up: true,
    type: 'ACK',
    code,
    mid: request.mid!,
    token: request.token!,
    ...(code === '2.05' ? { payload: '87' } : {}),
  };
}

describe('the lines of a ladder', () => {
  it('are messages, waits and gaps in capture order, between lifelines with their roles', async () => {
    const first = readOf(START + 3, 10, 'b1');
    const second = readOf(START + 33, 11, 'b2');
    const ladder = await ladderOf([
      ...registrationAt(START),
      first,
      answerTo(first, 20_000_000),
      second,
      answerTo(second, 30_000_000, '4.04'),
    ]);
    const window = await ladder.window();
    expect(window.lanes).toMatchObject([
      { roles: ['server'], name: '10.0.0.1:5683', device: -1 },
      { roles: ['device'], name: 'dev1', addresses: ['10.0.0.7:40000'], device: 0 },
    ]);
    expect(window.lines.map(short)).toEqual([
      'message 1>0 Register',
      'message 0>1 2.01',
      'wait 2.99',
      'message 0>1 Read',
      'message 1>0 2.05',
      'gap 29.98',
      'message 0>1 Read',
      'message 1>0 4.04',
    ]);
    expect(window.lines[7]!.marks).toBe(SequenceMark.errorAnswer);
    // Registered from the answer on, at the server's lifeline.
    expect(window.lines.map(({ registered }) => registered)).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('come in windows, and a message is found again', async () => {
    const ladder = await ladderOfFile('leshan/leshan-loss-a.pcapng');
    const whole = await ladder.window();
    for (const first of [0, 7, whole.total - 3]) {
      const part = await ladder.window({}, first, 5);
      expect(part.first).toBe(first);
      expect(part.lines).toEqual(whole.lines.slice(first, first + 5));
    }
    expect((await ladder.window({}, whole.total + 5, 5)).lines).toEqual([]);
    for (const [index, line] of whole.lines.entries())
      if (line.kind === 'message') expect(await ladder.answers.lineOf(CHOICE, line.row)).toBe(index);
  });

  it('are those that the filter lets pass', async () => {
    const ladder = await ladderOfFile('leshan/leshan-loss-a.pcapng');
    await ladder.filter('lwm2m.operation == "Execute" && coap.type == 0');
    const window = await ladder.window();
    expect(window.lines.map(({ label }) => label)).toEqual(['Execute', 'Execute']);
    await ladder.filter('coap.code == 5.03');
    expect(await ladder.window()).toMatchObject({ total: 0, messages: 0, lines: [], lanes: [] });
    expect(await ladder.answers.lineOf(CHOICE, 3)).toBe(-1);
  });

  it('are of all devices where none is chosen, and of none where there is none', async () => {
    const ladder = await ladderOfFile('leshan/leshan-loss-a.pcapng');
    const all = await ladder.window({ device: -1, hideAcks: false });
    expect(all.messages).toBe(ladder.analysis.tracking.messages.count);
    expect((await ladder.window({ device: 99 })).total).toBe(0);
  });
});

describe('empty ACKs', () => {
  const notification = (mid: number, at: number): SentMessage => ({
    at,
    up: true,
    code: '2.05',
    mid,
    token: 'c1',
    options: [[6, mid]],
    payload: '5',
  });
  const observe: SentMessage = {
    at: START + 1,
    code: '0.01',
    mid: 20,
    token: 'c1',
    options: [[6, ''], ...path('/3303/0/5700')],
  };
  const established: SentMessage = {
    at: START + 1,
    nanoseconds: 9e6,
    up: true,
    type: 'ACK',
    code: '2.05',
    mid: 20,
    token: 'c1',
    options: [[6, 1]],
    payload: '4',
  };
  const ackOf = (mid: number, at: number): SentMessage => ({
    at,
    nanoseconds: 1e6,
    type: 'ACK',
    code: '0.00',
    mid,
  });
  const later = readOf(START + 400, 30, 'd1');

  it('are hidden with their message in the capture, and one that is missing is told', async () => {
    const ladder = await ladderOf([
      ...registrationAt(START),
      observe,
      established,
      notification(101, START + 2),
      ackOf(101, START + 2),
      notification(102, START + 4),
      later,
    ]);
    const hiding = await ladder.window();
    expect(hiding.hidden).toBe(1);
    const notified = hiding.lines.filter(({ label }) => label === 'Notify');
    expect(notified.map(({ marks }) => marks & SequenceMark.notAcknowledged)).toEqual([
      0,
      SequenceMark.notAcknowledged,
    ]);
    const showing = await ladder.window({ hideAcks: false });
    expect(showing.hidden).toBe(0);
    expect(showing.total).toBe(hiding.total + 1);
    expect(showing.lines.filter(({ form }) => form === 'empty').map(({ label }) => label)).toEqual(['ACK']);
  });

  it('that acknowledge nothing the capture has are never hidden', async () => {
    const ladder = await ladderOf([...registrationAt(START), ackOf(4711, START + 1)]);
    const window = await ladder.window();
    expect(window.hidden).toBe(0);
    expect(window.lines.at(-1)).toMatchObject({ label: 'ACK', form: 'empty' });
  });

  it('that came in time are not missed before that time is over', async () => {
    const ladder = await ladderOf([
      ...registrationAt(START),
      observe,
      established,
      notification(101, START + 2),
    ]);
    const window = await ladder.window();
    expect(window.lines.find(({ label }) => label === 'Notify')!.marks).toBe(0);
  });
});

describe('lost and repeated messages', () => {
  it('tells a copy that nothing answered from one that was answered before it was repeated', async () => {
    const lost = readOf(START + 1, 40, 'e1');
    const again: SentMessage = { ...lost, at: START + 3 };
    const answered = readOf(START + 5, 41, 'e2');
    const copied: SentMessage = { ...answered, nanoseconds: 50_000_000 };
    const ladder = await ladderOf([
      ...registrationAt(START),
      lost,
      again,
      answerTo(again, 10_000_000),
      answered,
      answerTo(answered, 10_000_000),
      copied,
    ]);
    const { lines } = await ladder.window();
    const reads = lines.filter(({ label, kind }) => label === 'Read' && kind === 'message');
    expect(reads.map(({ marks }) => marks)).toEqual([
      SequenceMark.notAnsweredInTime,
      SequenceMark.repeat,
      0,
      SequenceMark.repeat,
    ]);
    expect(reads[0]!.copies).toBe(2);
    expect(reads[1]!.first).toEqual({ row: reads[0]!.row, id: reads[0]!.id, since: 2e9, copy: 2 });
    expect(reads[3]!.first).toMatchObject({ row: reads[2]!.row, since: 50_000_000, copy: 2 });
  });

  it('counts copies, and tells the last one as unanswered once its time is over', async () => {
    const lost = readOf(START + 1, 50, 'f1');
    const ladder = await ladderOf([
      ...registrationAt(START),
      lost,
      { ...lost, at: START + 3 },
      { ...lost, at: START + 7 },
      readOf(START + 300, 51, 'f2'),
    ]);
    const { lines } = await ladder.window();
    const reads = lines.filter(({ label, kind }) => label === 'Read' && kind === 'message').slice(0, 3);
    expect(reads.map(({ first }) => first?.copy)).toEqual([undefined, 2, 3]);
    expect(reads.map(({ marks }) => marks)).toEqual([
      SequenceMark.notAnsweredInTime,
      SequenceMark.notAnsweredInTime | SequenceMark.repeat,
      SequenceMark.unanswered | SequenceMark.repeat,
    ]);
  });

  it('says of a reset that it is one, and of an answer that its request was not seen', async () => {
    const asked = readOf(START + 1, 60, '61');
    const ladder = await ladderOf([
      ...registrationAt(START),
      asked,
      { at: START + 1, nanoseconds: 5e6, up: true, type: 'RST', code: '0.00', mid: 60 },
      { at: START + 2, up: true, type: 'NON', code: '2.05', mid: 900, token: '99', payload: '1' },
    ]);
    const { lines } = await ladder.window();
    const messages = lines.filter(({ kind }) => kind === 'message').slice(2);
    expect(messages.map(({ label, marks }) => [label, marks])).toEqual([
      ['Read', SequenceMark.reset],
      ['RST', SequenceMark.reset],
      ['2.05', SequenceMark.withoutRequest],
    ]);
  });
});

describe('block-wise transfers', () => {
  const written = (number: number, last: number): SentMessage[] => {
    const token = (0x70 + number).toString(16);
    const block1 = block(number, number < last, 16);
    return [
      {
        at: START + 2 + number,
        code: '0.03',
        mid: 200 + number,
        token,
        options: [...path('/5/0/0'), [12, 42], [27, block1]],
        payload: new Uint8Array(16).fill(number),
      },
      {
        at: START + 2 + number,
        nanoseconds: 4_000_000,
        up: true,
        type: 'ACK',
        code: number < last ? '2.31' : '2.04',
        mid: 200 + number,
        token,
        options: [[27, block1]],
      },
    ];
  };

  it('are one line each, with counts, until they are unfolded', async () => {
    const blocks = [0, 1, 2, 3].flatMap((number) => written(number, 3));
    const repeated: SentMessage = { ...blocks[2]!, nanoseconds: 2_000_000 };
    blocks.splice(3, 0, repeated);
    const ladder = await ladderOf([...registrationAt(START), ...blocks]);
    const folded = await ladder.window();
    expect(folded.transfers).toBe(1);
    expect(folded.lines.map(short)).toEqual([
      'message 1>0 Register',
      'message 0>1 2.01',
      'wait 1.99',
      'transfer 0>1 Write-Replace',
    ]);
    const [line] = folded.lines.slice(-1);
    expect(line!.detail).toBe('/5/0/0');
    expect(line!.transfer).toMatchObject({
      direction: 'block1',
      isUnfolded: false,
      messages: 9,
      blocks: 4,
      bytes: 64,
      size: 16,
      repeats: 1,
      longestWait: 996_000_000,
      length: 64,
      ended: 'complete',
    });
    // A message within leads to the line.
    expect(await ladder.answers.lineOf(CHOICE, line!.row + 5)).toBe(3);

    for (const choice of [{ unfoldAll: true }, { turned: [line!.row] }]) {
      const open = await ladder.window(choice);
      expect(open.lines[3]!.transfer?.isUnfolded).toBe(true);
      expect(open.lines.slice(4).every(({ kind }) => kind === 'message')).toBe(true);
      expect(open.total).toBe(4 + 9);
    }
    expect((await ladder.window({ unfoldAll: true, turned: [line!.row] })).total).toBe(4);
  });

  it('of two blocks are read as quickly as a line about them', async () => {
    const ladder = await ladderOf([...registrationAt(START), ...written(0, 1), ...written(1, 1)]);
    expect((await ladder.window()).transfers).toBe(0);
  });

  it('from a download server have their own lifeline, and the update its states', async () => {
    const { lanes, lines } = await (await ladderOfFile('leshan/leshan-fota-pull-a.pcapng')).window();
    expect(lanes.map(({ roles }) => roles)).toEqual([['server'], ['device'], ['download server']]);
    const transfer = lines.find(({ kind }) => kind === 'transfer')!;
    // As Leshan's own device had it: 24,022 bytes in blocks of 512.
    expect(transfer.transfer).toMatchObject({ blocks: 47, size: 512, bytes: 24022, length: 24022 });
    expect([transfer.from, transfer.to]).toEqual([1, 2]);
    const states = lines.map(({ firmware }) => firmware).filter((state) => state !== '');
    expect([...new Set(states)]).toEqual(['Downloading', 'Downloaded', 'Updating', 'Idle']);
  });
});
