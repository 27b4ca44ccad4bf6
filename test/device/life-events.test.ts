import { describe, expect, it } from 'vitest';
import { NO_ROW } from '../../src/capture/units.ts';
import { evidenceRows } from '../../src/device/life-events.ts';
import { Operation } from '../../src/lwm2m/operation.ts';
import { Story } from './story.ts';

function registered(): Story {
  const story = new Story();
  story.register('ep=a&lt=600&b=U', '/rd/1');
  return story;
}

/** Kinds of the events with what became of them. */
function outcomes(story: Story): string[] {
  return story.life.events.map((event) => `${event.kind} ${event.outcome(story.clock)}`);
}

const NANO = 1e9;
const UPDATE = { path: '/rd/1' };
const BOOTSTRAP = { path: '/bs', query: 'ep=a', conversation: 2, device: 102, server: 906 };

/** What is expected to follow: states of the protocol reference §4.4. */
describe('what a server makes a device do', () => {
  it('Execute /1/x/8 expects an Update', () => {
    const story = registered();
    const row = story.exchange(Operation.execute, '2.04', { path: '/1/0/8' });
    expect(outcomes(story)).toEqual(['updateTrigger waiting']);
    const answer = story.at(3).exchange(Operation.update, '2.04', UPDATE);
    expect(outcomes(story)).toEqual(['updateTrigger met']);
    expect(story.life.events[0]).toMatchObject({ row: row - 1, answerRow: row, followedAs: 'Update' });
    expect(evidenceRows(story.life.events[0]!)).toEqual([row - 1, row, answer - 1]);
  });

  it('a Register does as well, and one of another server does not', () => {
    const story = registered();
    story.exchange(Operation.execute, '2.04', { path: '/1/0/8' });
    story.register('ep=a&lt=60', '/rd/7', { conversation: 2, device: 102, server: 906 });
    expect(outcomes(story)).toEqual(['updateTrigger waiting']);
    story.register('ep=a&lt=60', '/rd/2');
    expect(outcomes(story)).toEqual(['updateTrigger met']);
  });

  it('after 60 s it is not seen, and then late', () => {
    const story = registered();
    story.exchange(Operation.execute, '2.04', { path: '/1/0/8' });
    story.at(61);
    expect(outcomes(story)).toEqual(['updateTrigger not seen']);
    story.exchange(Operation.update, '2.04', UPDATE);
    expect(outcomes(story)).toEqual(['updateTrigger late']);
  });

  it('what was refused expects nothing', () => {
    const story = registered();
    story.exchange(Operation.execute, '4.05', { path: '/1/0/8' });
    story.at(100).exchange(Operation.update, '2.04', UPDATE);
    expect(outcomes(story)).toEqual(['updateTrigger none']);
    expect(story.life.events[0]).toMatchObject({ code: 0x85 });
  });

  it('Execute /1/x/4 expects a De-register, and nothing else is one', () => {
    const story = registered();
    story.exchange(Operation.execute, '2.04', { path: '/1/0/4' });
    story.at(1).exchange(Operation.update, '2.04', UPDATE);
    expect(outcomes(story)).toEqual(['disable waiting']);
    story.exchange(Operation.deregister, '2.02', UPDATE);
    expect(outcomes(story)).toEqual(['disable met']);
  });

  it('Execute /1/x/9 expects a bootstrap, wherever it is', () => {
    const story = registered();
    story.exchange(Operation.execute, '2.04', { path: '/1/0/9' });
    story.at(1).exchange(Operation.update, '2.04', UPDATE);
    expect(outcomes(story)).toEqual(['bootstrapTrigger waiting']);
    story.exchange(Operation.bootstrapRequest, '2.04', BOOTSTRAP);
    expect(outcomes(story)).toEqual(['bootstrapTrigger met']);
  });

  it('a written lifetime expects an Update that has one', () => {
    const story = registered();
    story.exchange(Operation.writeReplace, '2.04', { path: '/1/0/1', values: [['/1/0/1', 60]] });
    story.at(1).exchange(Operation.update, '2.04', UPDATE);
    expect(outcomes(story)).toEqual(['lifetimeWritten waiting']);
    story.exchange(Operation.update, '2.04', { ...UPDATE, query: 'lt=60' });
    expect(outcomes(story)).toEqual(['lifetimeWritten met']);
    expect(story.life.events[0]!.detail).toBe('/1/0/1 = 60 s');
  });

  it('the lifetime that is in force anyway expects nothing', () => {
    const story = registered();
    story.exchange(Operation.writeReplace, '2.04', { path: '/1/0/1', values: [['/1/0/1', 600]] });
    expect(outcomes(story)).toEqual(['lifetimeWritten none']);
  });

  it('a written binding expects an Update that has one', () => {
    const story = registered();
    story.exchange(Operation.writePartialUpdate, '2.04', { path: '/1/0', values: [['/1/0/7', 'UQ']] });
    story.exchange(Operation.update, '2.04', { ...UPDATE, query: 'b=UQ' });
    expect(outcomes(story)).toEqual(['bindingWritten met']);
  });

  it('what a bootstrap server writes, and what a device reports, is none', () => {
    const story = registered();
    story.exchange(Operation.bootstrapWrite, '2.04', { path: '/1/0', values: [['/1/0/1', 60]] });
    story.read('/1/0/1', 60);
    expect(outcomes(story)).toEqual([]);
  });

  it('a reboot expects a Register, from any port, and is never late', () => {
    const story = registered();
    story.exchange(Operation.execute, '2.04', { path: '/3/0/4' });
    story.at(5000);
    expect(outcomes(story)).toEqual(['reboot waiting']);
    story.register('ep=a&lt=60', '/rd/2', { conversation: 3, device: 103 });
    expect(outcomes(story)).toEqual(['reboot met']);
  });

  it('a reboot that is not answered is one all the same', () => {
    const story = registered();
    story.ask(Operation.execute, { path: '/3/0/4' });
    story.at(5).register('ep=a&lt=60', '/rd/2');
    expect(outcomes(story)).toEqual(['reboot met']);
  });

  it('a factory reset is noted', () => {
    const story = registered();
    story.exchange(Operation.execute, '2.04', { path: '/3/0/5' });
    expect(outcomes(story)).toEqual(['factoryReset none']);
  });

  it('other Executes are none', () => {
    const story = registered();
    for (const path of ['/3/0/12', '/5/0/2', '/1/0/3', '/3/0'])
      story.exchange(Operation.execute, '2.04', { path });
    expect(outcomes(story)).toEqual([]);
  });
});

describe('error codes of the Device object', () => {
  const details = (story: Story) => story.life.events.map(({ detail }) => detail);

  it('are noted when they come, and when they go', () => {
    const story = registered();
    story.read('/3/0/11/0', 0);
    story.notify('/3/0/11/0', 1);
    story.notify('/3/0/11/0', 1);
    story.notify('/3/0', 3, {
      values: [
        ['/3/0/11/0', 1],
        ['/3/0/11/1', 3],
      ],
    });
    story.notify('/3/0/11/0', 0);
    story.notify('/3/0/11/0', 99);
    expect(details(story)).toEqual(['1, Low battery power', '3, GPS module failure', '0, No error', '99']);
  });

  it('belong to one device each, two behind one address too', () => {
    const story = registered();
    story.register('ep=b&lt=60', '/rd/2', { conversation: 2, device: 102 });
    story.notify('/3/0/11/0', 1);
    story.notify('/3/0/11/0', 1, { conversation: 2, device: 102 });
    expect(story.life.events.map(({ device }) => device)).toEqual([0, 1]);
  });

  it('sent by Send count', () => {
    const story = registered();
    story.exchange(Operation.send, '2.04', { path: '/dp', values: [['/3/0/11/0', 5]] });
    expect(details(story)).toEqual(['5, Out of memory']);
  });
});

describe('late start and disorder', () => {
  it('a device that turns out to be another one keeps what is expected of it', () => {
    const story = new Story();
    story.register('ep=a&lt=60', '/rd/1');
    story.exchange(Operation.execute, '2.04', { path: '/1/0/8', conversation: 9, device: 209 });
    expect(outcomes(story)).toEqual(['updateTrigger waiting']);
    story.exchange(Operation.update, '2.04', { ...UPDATE, conversation: 9, device: 209 });
    expect(outcomes(story)).toEqual(['updateTrigger met']);
  });

  it('an answer without its request tells nothing', () => {
    const story = registered();
    story.answer(Operation.execute, 4_000_000, '2.04', { path: '/3/0/4' });
    expect(outcomes(story)).toEqual([]);
  });

  it('time that runs backwards makes nothing late', () => {
    const story = registered().at(100);
    story.exchange(Operation.execute, '2.04', { path: '/1/0/8' });
    story.back(50).exchange(Operation.update, '2.04', UPDATE);
    expect(outcomes(story)).toEqual(['updateTrigger met']);
  });
});

describe('a Disable that is followed (LwM2M Core §E.2, resources 4 and 5)', () => {
  function disabled(story: Story): void {
    story.exchange(Operation.execute, '2.04', { path: '/1/0/4' });
    story.at(story.clock / NANO + 1).exchange(Operation.deregister, '2.02', { path: '/rd/1' });
  }

  it('is a silence as long as the timeout that was written, and over with the next Register there', () => {
    const story = new Story();
    story.register('ep=a&lt=86400', '/rd/1');
    story.exchange(Operation.writeReplace, '2.04', { path: '/1/0/5', values: [['/1/0/5', 60]] });
    disabled(story);
    const [life] = story.life.events;
    expect(life).toMatchObject({ kind: 'disable', isTimeoutKnown: true, timeout: 60 * NANO });
    expect(life!.disabled).toMatchObject({ from: NANO, until: 61 * NANO, backRow: NO_ROW });
    story.register('ep=a', '/rd/9', { conversation: 2, server: 906 });
    expect(life!.disabled!.backAt).toBeNaN();
    story.at(63).register('ep=a', '/rd/2');
    expect(life!.disabled).toMatchObject({ backAt: 63 * NANO, backRow: story.row - 1 });
  });

  it('is one of 86,400 s where none was told, and of what was read', () => {
    const story = new Story();
    story.register('ep=a&lt=86400', '/rd/1');
    disabled(story);
    expect(story.life.events[0]).toMatchObject({ isTimeoutKnown: false, timeout: 86_400 * NANO });
    const other = new Story();
    other.register('ep=a&lt=86400', '/rd/1');
    other.read('/1/0/5', 5);
    disabled(other);
    expect(other.life.events[0]).toMatchObject({ isTimeoutKnown: true, timeout: 5 * NANO });
  });

  it('is none without the De-register', () => {
    const story = new Story();
    story.register('ep=a&lt=86400', '/rd/1');
    story.exchange(Operation.execute, '2.04', { path: '/1/0/4' });
    story.at(100).register('ep=a', '/rd/2');
    expect(story.life.events[0]!.disabled).toBeUndefined();
  });
});

describe('handshakes of DTLS', () => {
  it('are events, and show that a device started again after a reboot', () => {
    const story = new Story();
    story.register('ep=a', '/rd/1');
    story.exchange(Operation.execute, '2.04', { path: '/3/0/4' });
    story.at(3).secured('handshake', { conversation: 7, frame: 12 });
    const [reboot, handshake] = story.life.events;
    expect(handshake).toMatchObject({ kind: 'handshake', detail: '', frame: 12, device: 0 });
    expect(reboot).toMatchObject({ followedAs: 'DTLS handshake', frame: 12, followedAt: 3 * NANO });
    expect(reboot!.outcome(story.clock)).toBe('met');
    // The Register that it leads to says more.
    story.at(4).register('ep=a', '/rd/2');
    expect(reboot).toMatchObject({ followedAs: 'Register', followedAt: 4 * NANO });
  });

  it('from another port count where no other device of that address is to start', () => {
    const story = new Story();
    story.register('ep=a', '/rd/1');
    story.exchange(Operation.execute, '2.04', { path: '/3/0/4' });
    story.secured('handshake', { conversation: 7, deviceEndpoint: 155, resumes: true, frame: 9 });
    expect(story.life.events[1]).toMatchObject({ device: 0, detail: 'to resume a session', frame: 9 });
    const two = new Story();
    two.register('ep=a', '/rd/1');
    two.register('ep=b', '/rd/2', { conversation: 2, device: 102 });
    two.exchange(Operation.execute, '2.04', { path: '/3/0/4' });
    two.exchange(Operation.execute, '2.04', { path: '/3/0/4', conversation: 2, device: 102 });
    two.secured('handshake', { conversation: 7, deviceEndpoint: 155 });
    expect(two.life.events.map(({ kind }) => kind)).toEqual(['reboot', 'reboot', 'handshake']);
    expect(two.life.events[0]!.followedAt).toBeNaN();
  });

  it('of a client that is no device are none', () => {
    const story = new Story();
    story.secured('handshake', { isCoap: false });
    expect(story.life.events).toEqual([]);
    expect(story.devices.devices).toEqual([]);
  });

  it('belong to the update that was to start the device anew, once', () => {
    const story = new Story();
    story.register('ep=a', '/rd/1');
    const path = '/5/0/0';
    story.exchange(Operation.writeReplace, '2.04', { path, body: new Uint8Array(50).fill(1), format: 42 });
    story.secured('handshake');
    story.exchange(Operation.execute, '2.04', { path: '/5/0/2' });
    story.secured('handshake', { frame: 20 });
    story.secured('handshake', { frame: 21 });
    const events = story.firmware.attempts[0]!.events.filter(({ kind }) => kind === 'handshake');
    expect(events).toMatchObject([{ row: NO_ROW, frame: { file: 0, number: 20 } }]);
  });
});

describe('instances that a server creates or deletes', () => {
  const registered = (version: string): Story => {
    const story = new Story();
    story.register(`ep=a&lwm2m=${version}`, '/rd/1');
    return story;
  };

  it('expect an Update with the objects from version 1.1 on', () => {
    const story = registered('1.1');
    story.exchange(Operation.create, '2.01', { path: '/3303' });
    story.at(1).exchange(Operation.update, '2.04', { path: '/rd/1' });
    expect(story.life.events[0]).toMatchObject({ kind: 'objectsChanged', detail: 'Create /3303' });
    expect(story.life.events[0]!.outcome(story.clock)).toBe('waiting');
    story.at(2).exchange(Operation.update, '2.04', { path: '/rd/1', body: '</3303/1>' });
    expect(story.life.events[0]!.outcome(story.clock)).toBe('met');
    story.exchange(Operation.delete, '2.02', { path: '/3303/1' });
    story.exchange(Operation.delete, '4.04', { path: '/3303/2' });
    story.at(100);
    const outcomes = story.life.events.map((event) => event.outcome(story.clock));
    expect(outcomes).toEqual(['met', 'not seen', 'none']);
  });

  it('expect nothing of 1.0, nor does the Delete of a resource', () => {
    const story = registered('1.0');
    story.exchange(Operation.create, '2.01', { path: '/3303' });
    const newer = registered('1.1');
    newer.exchange(Operation.delete, '2.02', { path: '/3303/0/5700/1' });
    expect([...story.life.events, ...newer.life.events]).toEqual([]);
  });
});
