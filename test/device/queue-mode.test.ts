import { describe, expect, it } from 'vitest';
import { Operation } from '../../src/lwm2m/operation.ts';
import { NO_ROW } from '../../src/capture/units.ts';
import { Story } from './story.ts';

const NANO = 1e9;
const UPDATE = { path: '/rd/1' };

function registered(query = 'ep=a&lt=86400&lwm2m=1.1&Q'): Story {
  const story = new Story();
  story.register(query, '/rd/1');
  return story;
}

/** Spans of the first window as `state from-to`, in seconds. */
function spans(story: Story, index = 0): string[] {
  return story.queueMode.windows[index]!.spansUntil(story.clock).map(
    ({ state, from, to, proven }) =>
      `${state}${proven ? '' : '?'} ${from / NANO}-${to === Infinity ? '' : to / NANO}`,
  );
}

/** States of the protocol reference §4.5, row by row. */
describe('queue mode', () => {
  it('is followed only where it was asked for', () => {
    const story = registered('ep=a&lt=60&b=U');
    expect(story.queueMode.windows).toEqual([]);
    expect(story.queueMode.isIdle).toBe(true);
    expect(registered('ep=a&lt=60&b=UQ').queueMode.windows).toHaveLength(1);
    expect(registered('ep=a&lt=60&lwm2m=1.1&Q').queueMode.windows).toHaveLength(1);
  });

  it('AWAKE stays so with any message of the client, and with an answered request', () => {
    const story = registered();
    story.at(50).notify('/3303/0/5700', 1);
    story.at(100).read('/3/0/9', 80);
    story.at(192);
    expect(spans(story)).toEqual(['awake 0-']);
  });

  it('AWAKE becomes asleep 93 s after the last message, which nothing proves', () => {
    const story = registered().at(94);
    expect(spans(story)).toEqual(['awake 0-93', 'asleep? 93-']);
  });

  it('a request that is not answered keeps nobody awake', () => {
    const story = registered().at(50);
    story.ask(Operation.read, { path: '/3/0/9' });
    story.at(100);
    expect(spans(story)).toEqual(['awake 0-93', 'asleep? 93-']);
  });

  for (const [name, wake] of [
    ['an Update', (story: Story) => story.exchange(Operation.update, '2.04', UPDATE)],
    ['a Send', (story: Story) => story.exchange(Operation.send, '2.04', { path: '/dp' })],
    ['a notification', (story: Story) => story.notify('/3303/0/5700', 1)],
  ] as const) {
    it(`asleep becomes AWAKE with ${name}`, () => {
      const story = registered().at(200);
      wake(story);
      expect(spans(story)).toEqual(['awake 0-93', 'asleep? 93-200', 'awake 200-']);
      expect(story.queueMode.windows[0]!.spans.at(-1)!.row).toBe(2);
    });
  }

  it('a Register that replaces the old one begins a new window', () => {
    const story = registered().at(200);
    story.register('ep=a&lt=86400&lwm2m=1.1&Q', '/rd/2');
    expect(spans(story)).toEqual(['awake 0-93', 'asleep? 93-200', 'awake 200-200']);
    expect(spans(story, 1)).toEqual(['awake 200-']);
  });

  it('a request into sleep that nobody answers is noted', () => {
    const story = registered().at(100);
    const row = story.ask(Operation.read, { path: '/3/0/9' });
    expect(story.queueMode.windows[0]).toMatchObject({ requestCount: 1 });
    expect(story.queueMode.windows[0]!.requests).toMatchObject([{ row, answerRow: NO_ROW }]);
    expect(spans(story)).toEqual(['awake 0-93', 'asleep? 93-']);
  });

  it('one that is answered late woke nobody at once: the window stays', () => {
    const story = registered().at(100);
    const row = story.ask(Operation.read, { path: '/3/0/9' });
    const answer = story.at(130).answer(Operation.read, row, '2.05', { path: '/3/0/9' });
    expect(story.queueMode.windows[0]).toMatchObject({ window: 93 * NANO, requestCount: 1 });
    expect(story.queueMode.windows[0]!.requests).toMatchObject([
      { row, answerRow: answer, answerTime: 130 * NANO },
    ]);
    expect(spans(story)).toEqual(['awake 0-93', 'asleep? 93-130', 'awake 130-']);
  });

  it('one that is answered within 2 s shows a longer window, for the device from then on', () => {
    const story = registered().at(150);
    story.read('/3/0/9', 80);
    expect(story.queueMode.windows[0]).toMatchObject({ window: 150 * NANO, requestCount: 0 });
    story.at(290);
    expect(spans(story)).toEqual(['awake 0-']);
    story.at(301);
    expect(spans(story)).toEqual(['awake 0-300', 'asleep? 300-']);
    story.register('ep=a&lt=86400&lwm2m=1.1&Q', '/rd/2');
    expect(story.queueMode.windows[1]!.window).toBe(150 * NANO);
  });

  it('an answer right after the client woke by itself shows nothing of the kind', () => {
    const story = registered().at(100);
    const row = story.ask(Operation.read, { path: '/3/0/9' });
    story.at(101).exchange(Operation.update, '2.04', UPDATE);
    story.at(101.5).answer(Operation.read, row, '2.05', { path: '/3/0/9' });
    expect(story.queueMode.windows[0]!.window).toBe(93 * NANO);
    expect(spans(story)).toEqual(['awake 0-93', 'asleep? 93-101', 'awake 101-']);
  });

  it('ends with the registration, and where the binding leaves it', () => {
    const story = registered().at(200);
    story.exchange(Operation.deregister, '2.02', UPDATE);
    story.at(500);
    expect(spans(story)).toEqual(['awake 0-93', 'asleep? 93-200', 'awake 200-200']);
    expect(story.queueMode.isIdle).toBe(true);
    const other = registered().at(10);
    other.exchange(Operation.update, '2.04', { ...UPDATE, query: 'b=U' });
    other.at(500);
    expect(spans(other)).toEqual(['awake 0-10']);
  });

  it('an expiry leaves the client asleep until then', () => {
    const story = registered('ep=a&lt=300&lwm2m=1.1&Q').at(400);
    expect(spans(story)).toEqual(['awake 0-93', 'asleep? 93-300']);
  });

  it('begins with an Update that asks for it', () => {
    const story = registered('ep=a&lt=86400&b=U').at(10);
    story.exchange(Operation.update, '2.04', { ...UPDATE, query: 'b=UQ' });
    expect(spans(story)).toEqual(['awake 10-']);
  });
});

describe('late start, loss and disorder', () => {
  it('a registration from before the capture is followed from the Update that tells its binding', () => {
    const story = new Story();
    story.exchange(Operation.update, '2.04', UPDATE);
    expect(story.queueMode.windows).toEqual([]);
    story.at(5).exchange(Operation.update, '2.04', { ...UPDATE, query: 'b=UQ' });
    expect(spans(story)).toEqual(['awake 5-']);
  });

  it('with one direction only, there is nothing to say', () => {
    const story = new Story();
    story.ask(Operation.register, { query: 'ep=a&Q' });
    story.at(200).ask(Operation.update, UPDATE);
    expect(story.queueMode.windows).toEqual([]);
  });

  it('a repeated message changes nothing', () => {
    const story = registered().at(10);
    const row = story.ask(Operation.update, UPDATE);
    story.ask(Operation.update, UPDATE);
    story.answer(Operation.update, row, '2.04', UPDATE);
    expect(spans(story)).toEqual(['awake 0-']);
  });

  it('time that runs backwards does not shorten the window', () => {
    const story = registered().at(90);
    story.exchange(Operation.update, '2.04', UPDATE);
    story.back(80).notify('/3303/0/5700', 1);
    story.at(180);
    expect(spans(story)).toEqual(['awake 0-']);
  });

  it('two devices behind one address sleep each by itself', () => {
    const story = registered();
    const other = { conversation: 2, device: 102 };
    story.register('ep=b&lt=86400&lwm2m=1.1&Q', '/rd/2', other);
    story.at(80).notify('/3303/0/5700', 1, other);
    story.at(100);
    expect(spans(story)).toEqual(['awake 0-93', 'asleep? 93-']);
    expect(spans(story, 1)).toEqual(['awake 0-']);
  });

  it('a client that moves to another port is the same', () => {
    const story = registered().at(80);
    const elsewhere = { conversation: 2, device: 102 };
    story.exchange(Operation.update, '2.04', { ...UPDATE, ...elsewhere });
    story.at(160).notify('/3303/0/5700', 1, elsewhere);
    story.at(250);
    expect(spans(story)).toEqual(['awake 0-']);
  });
});
