import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { FIRMWARE_OBJECT, updateResultName } from '../../src/device/update-object.ts';
import { uriPathText } from '../../src/device/package-uri.ts';
import { Operation } from '../../src/lwm2m/operation.ts';
import { Story } from './story.ts';

const STATE = '/5/0/3';
const RESULT = '/5/0/5';
const URI = 'coap://192.0.2.9:5683/fw/good.bin';

function started(): Story {
  const story = new Story();
  story.register('ep=a&lt=86400', '/rd/1');
  return story;
}

/** A package of `blocks` blocks of 64 bytes, written with Block1 (RFC 7959), from a block on. */
function push(story: Story, blocks: number, last = '2.04', from = 0): void {
  for (let block = from; block < blocks; block++) {
    const more = block < blocks - 1;
    story.exchange(
      Operation.writeReplace,
      more ? '2.31' : last,
      {
        path: '/5/0/0',
        body: new Uint8Array(64).fill(1),
        format: 42,
        block1: [block, more, 64],
        transfer: 0,
      },
      { block1: [block, more, 64], transfer: 0, transferComplete: !more },
    );
  }
}

function writeUri(story: Story, uri: string, code = '2.04'): number {
  return story.exchange(Operation.writeReplace, code, {
    path: '/5/0/1',
    body: uri,
    format: 0,
    values: [['/5/0/1', uri]],
  });
}

function fetch(story: Story, blocks: number, from = 0, path = '/fw/good.bin'): void {
  const ends = { conversation: 50, device: 177, server: 909, path };
  for (let block = from; block < blocks; block++) {
    const more = block < blocks - 1;
    story.exchange(
      Operation.download,
      '2.05',
      { ...ends, block2: [block, false, 64] },
      {
        block2: [block, more, 64],
        body: new Uint8Array(64),
        transfer: 1,
        transferComplete: !more,
      },
    );
  }
}

function execute(story: Story, resource = 2, code = '2.04'): number {
  return story.exchange(Operation.execute, code, { path: `/5/0/${resource}` });
}

function states(story: Story, index = -1): string[] {
  return story.firmware.attempts.at(index)!.states.map(({ state, how }) => `${state} ${how}`);
}

describe('push', () => {
  it('is told as the device told it: the states, the result, the versions', () => {
    const story = started();
    story.read('/3/0/3', '1.0.0');
    story.read(STATE, 0);
    story.read(RESULT, 0);
    push(story, 4);
    const [attempt] = story.firmware.attempts;
    expect(attempt).toMatchObject({
      method: 'push',
      length: 256,
      received: 256,
      complete: true,
      transfers: [0],
    });
    story.at(1).notify(STATE, 1);
    story.at(2).notify(STATE, 2);
    story.at(3);
    const executed = execute(story);
    expect(states(story)).toEqual(['Downloading notified', 'Downloaded notified', 'Updating inferred']);
    expect(attempt!.states.at(-1)).toMatchObject({ row: executed, time: 3e9 });
    const updating = story.at(4).notify(STATE, 3);
    expect(attempt!.states.at(-1)).toMatchObject({ state: 'Updating', how: 'notified', row: updating });
    story.at(5).notify(STATE, 0);
    const result = story.notify(RESULT, 1);
    story.read('/3/0/3', '2.0.1');
    expect(states(story)).toEqual([
      'Downloading notified',
      'Downloaded notified',
      'Updating notified',
      'Idle notified',
    ]);
    expect(attempt).toMatchObject({
      ended: 'updated',
      to: 5e9,
      result: { value: 1, name: 'Firmware updated successfully', row: result },
      before: { version: '1.0.0' },
      after: { version: '2.0.1' },
      serverEndpoint: 905,
    });
    expect(attempt!.evidence.rows().length).toBeLessThanOrEqual(34);
    // Executed once more in Idle, it is refused, and that is no attempt.
    execute(story, 2, '4.05');
    expect(story.firmware.attempts).toHaveLength(1);
  });

  it('Idle to Downloading: the first block acknowledged with 2.31 demands it', () => {
    const story = started();
    const body = new Uint8Array(64).fill(1);
    const row = story.ask(Operation.writeReplace, { path: '/5/0/0', body, block1: [0, true, 64], size: 256 });
    expect(story.firmware.attempts).toHaveLength(0);
    const answer = story
      .at(1)
      .answer(Operation.writeReplace, row, '2.31', { path: '/5/0/0', block1: [0, true, 64] });
    expect(story.firmware.attempts[0]!.states).toEqual([
      { state: 'Downloading', how: 'inferred', row: answer, time: 1e9 },
    ]);
    expect(story.firmware.attempts[0]).toMatchObject({
      length: 256,
      received: 64,
      complete: false,
      ended: 'open',
    });
    const [instance] = story.firmware.instancesOf(0);
    expect(instance!.spans.at(-1)).toMatchObject({ state: 'Downloading', proven: false, progress: 0.25 });
  });

  it('a whole package in one message infers nothing: the device may be in any state', () => {
    const story = started();
    story.exchange(Operation.writeReplace, '2.04', {
      path: '/5/0/0',
      body: new Uint8Array(100).fill(7),
      format: 42,
    });
    expect(story.firmware.attempts[0]).toMatchObject({
      complete: true,
      length: 100,
      states: [],
      ended: 'open',
    });
  });

  it('the end of the transfer does not say Downloaded', () => {
    const story = started();
    push(story, 3);
    expect(states(story)).toEqual(['Downloading inferred']);
    expect(story.firmware.attempts[0]!.complete).toBe(true);
  });

  it('a device that says Idle in the middle of the transfer changes its state only later', () => {
    const story = started();
    push(story, 9, '2.04', 0);
    const other = started();
    for (let block = 0; block < 2; block++) {
      other.exchange(
        Operation.writeReplace,
        '2.31',
        { path: '/5/0/0', body: new Uint8Array(64).fill(1), block1: [block, true, 64] },
        { block1: [block, true, 64] },
      );
    }
    other.read(STATE, 0);
    push(other, 4, '2.04', 2);
    expect(other.firmware.attempts).toHaveLength(1);
    expect(other.firmware.attempts[0]).toMatchObject({ ended: 'open', states: [], complete: true });
    other.notify(STATE, 1);
    expect(states(other)).toEqual(['Downloading notified']);
  });

  it('a first block that comes again after others is a new attempt; the old one’s end is unknown', () => {
    const story = started();
    push(story, 30, '4.08', 29);
    expect(story.firmware.attempts[0]).toMatchObject({ ended: 'failed', refusal: 0x88 });
    for (let block = 0; block < 20; block++) {
      story.exchange(
        Operation.writeReplace,
        '2.31',
        { path: '/5/0/0', body: new Uint8Array(64).fill(1), block1: [block, true, 64] },
        { block1: [block, true, 64] },
      );
    }
    push(story, 3);
    expect(story.firmware.attempts.map(({ ended, received }) => [ended, received])).toEqual([
      ['failed', 0],
      ['unknown', 1280],
      ['open', 192],
    ]);
  });

  it('a package whose first block was not seen is not complete', () => {
    const story = started();
    push(story, 6, '2.04', 3);
    expect(story.firmware.attempts[0]).toMatchObject({ received: 192, length: 384, complete: false });
  });

  it('the last block’s event may hold the whole body', () => {
    const story = started();
    for (const block of [0, 1]) {
      const more = block === 0;
      const body = new Uint8Array(more ? 64 : 100).fill(1);
      story.exchange(Operation.writeReplace, more ? '2.31' : '2.04', {
        path: '/5/0/0',
        body,
        block1: [block, more, 64],
      });
    }
    expect(story.firmware.attempts[0]).toMatchObject({ length: 100, received: 100, complete: true });
  });

  it('a block that was not seen leaves a gap', () => {
    const story = started();
    const body = new Uint8Array(64).fill(1);
    for (const block of [0, 2]) {
      const more = block === 0;
      story.exchange(Operation.writeReplace, more ? '2.31' : '2.04', {
        path: '/5/0/0',
        body,
        block1: [block, more, 64],
      });
    }
    expect(story.firmware.attempts[0]!.complete).toBe(false);
  });

  it('a write that is refused while an update runs changes nothing', () => {
    const story = started();
    push(story, 3);
    story.notify(STATE, 2);
    execute(story);
    push(story, 1, '4.05');
    expect(story.firmware.attempts).toHaveLength(1);
    expect(story.firmware.attempts[0]!.ended).toBe('open');
  });
});

describe('pull', () => {
  it('ties the download to the URI by its path and the device’s address', () => {
    const story = started();
    story.read(STATE, 0);
    writeUri(story, URI);
    const [attempt] = story.firmware.attempts;
    expect(attempt).toMatchObject({ method: 'pull', uri: URI, sourceEndpoint: -1, states: [] });
    story.notify(STATE, 1);
    fetch(story, 5);
    expect(attempt).toMatchObject({
      received: 320,
      length: 320,
      complete: true,
      sourceEndpoint: 909,
      serverEndpoint: 905,
      transfers: [1],
    });
    story.notify(STATE, 2);
    execute(story);
    story.notify(STATE, 3);
    story.notify(STATE, 0);
    story.notify(RESULT, 1);
    expect(states(story)).toEqual([
      'Downloading notified',
      'Downloaded notified',
      'Updating notified',
      'Idle notified',
    ]);
    expect(attempt!.ended).toBe('updated');
    // The file server's conversation is the device's.
    expect(story.devices.deviceOf(50, story.row)).toBe(0);
    expect(story.devices.devices[0]!.joined.at(-1)!.by).toBe('download');
    expect(story.devices.devices[0]!.servers).toEqual([905]);
  });

  it('a URI that was accepted infers nothing, a block that was fetched infers Downloading', () => {
    const story = started();
    writeUri(story, URI);
    expect(states(story)).toEqual([]);
    fetch(story, 2);
    expect(states(story)).toEqual(['Downloading inferred']);
  });

  it('a download may begin before the write is answered', () => {
    const story = started();
    const row = story.ask(Operation.writeReplace, { path: '/5/0/1', body: URI, values: [['/5/0/1', URI]] });
    fetch(story, 2);
    story.answer(Operation.writeReplace, row, '2.04', { path: '/5/0/1' });
    expect(story.firmware.attempts).toHaveLength(1);
    expect(story.firmware.attempts[0]).toMatchObject({ method: 'pull', uri: URI, complete: true });
  });

  it('fetches of other paths, or from other addresses, belong to nobody', () => {
    const story = started();
    writeUri(story, URI);
    fetch(story, 2, 0, '/fw/other.bin');
    const ends = { path: '/fw/good.bin', conversation: 60, device: 888, server: 909 };
    story.exchange(Operation.download, '2.05', ends, { block2: [0, true, 64], body: new Uint8Array(64) });
    expect(story.firmware.attempts[0]).toMatchObject({ received: 0, sourceEndpoint: -1 });
    expect(story.devices.deviceOf(60, story.row)).toBe(-1);
  });

  it('a download that begins again counts as a restart, one that resumes goes on', () => {
    const story = started();
    writeUri(story, URI);
    fetch(story, 4, 0);
    const attempt = story.firmware.attempts[0]!;
    attempt.complete = false;
    fetch(story, 6, 4);
    expect(attempt).toMatchObject({ restarts: 0, received: 384 });
    fetch(story, 3);
    expect(attempt).toMatchObject({ restarts: 1, received: 192 });
  });

  it('two devices of one address that were given one URI fetch one each', () => {
    const story = started();
    story.register('ep=b', '/rd/2', { conversation: 2, device: 102 });
    writeUri(story, URI);
    story.conversation = 2;
    story.device = 102;
    writeUri(story, URI);
    for (const conversation of [51, 52]) {
      const ends = { path: '/fw/good.bin', conversation, device: 130 + conversation, server: 909 };
      story.exchange(Operation.download, '2.05', ends, { block2: [0, true, 64], body: new Uint8Array(64) });
    }
    expect(story.firmware.attempts.map(({ received }) => received)).toEqual([64, 64]);
  });

  it('knows which paths are to be fetched', () => {
    const story = started();
    writeUri(story, 'coaps://[2001:db8::1]/a%20b/c%2Fd?x=1');
    expect(story.firmware.isDownloadTarget('/a b/c%2Fd')).toBe(true);
    expect(story.firmware.isDownloadTarget('/a')).toBe(false);
    expect(uriPathText('not a uri')).toBeUndefined();
    expect(uriPathText('coap://host')).toBe('/');
    expect(uriPathText('coap://host/%zz')).toBe('/%25zz');
  });
});

/** Transitions of the protocol reference §4.7 that end an attempt. */
describe('results', () => {
  for (const [value, name] of [
    [2, 'Not enough flash memory'],
    [3, 'Out of RAM during download'],
    [4, 'Connection lost during download'],
    [5, 'Integrity check failed'],
    [6, 'Unsupported package type'],
    [7, 'Invalid URI'],
    [9, 'Unsupported protocol'],
    [12, 'Conflicting state'],
  ] as const) {
    it(`Downloading to Idle with result ${value}: failed`, () => {
      const story = started();
      writeUri(story, URI);
      story.notify(STATE, 1);
      const row = story.at(7).notify(RESULT, value);
      expect(story.firmware.attempts[0]).toMatchObject({
        ended: 'failed',
        to: 7e9,
        endRow: row,
        result: { value, name, row },
      });
      expect(states(story)).toEqual(['Downloading notified', 'Idle inferred']);
      story.notify(STATE, 0);
      expect(states(story)).toEqual(['Downloading notified', 'Idle notified']);
    });
  }

  it('Idle may be told before the result', () => {
    const story = started();
    writeUri(story, URI);
    story.notify(STATE, 1);
    story.notify(STATE, 0);
    expect(story.firmware.attempts[0]!.ended).toBe('unknown');
    story.notify(RESULT, 4);
    expect(story.firmware.attempts[0]).toMatchObject({ ended: 'failed', result: { value: 4 } });
  });

  it('a result without any state told infers none', () => {
    const story = started();
    writeUri(story, 'http://example.org/fw.bin');
    story.notify(RESULT, 9);
    expect(story.firmware.attempts[0]).toMatchObject({ ended: 'failed', states: [] });
  });

  it('a URI that is refused, and the result after it, are one failed attempt', () => {
    const story = started();
    writeUri(story, 'http://example.org/fw.bin', '4.00');
    expect(story.firmware.attempts[0]).toMatchObject({ ended: 'failed', refusal: 0x80 });
    story.read(RESULT, 9);
    expect(story.firmware.attempts).toHaveLength(1);
    expect(story.firmware.attempts[0]!.result).toMatchObject({ value: 9 });
  });

  it('Updating to Downloaded with result 8: failed, and may be executed again', () => {
    const story = started();
    push(story, 3);
    story.notify(STATE, 2);
    execute(story);
    story.notify(STATE, 3);
    story.notify(STATE, 2);
    story.notify(RESULT, 8);
    const [attempt] = story.firmware.attempts;
    expect(attempt).toMatchObject({ ended: 'failed', result: { value: 8, name: 'Firmware update failed' } });
    story.read(RESULT, 8);
    execute(story);
    expect(attempt).toMatchObject({ ended: 'open', result: undefined });
    story.notify(STATE, 3);
    story.notify(STATE, 0);
    story.notify(RESULT, 1);
    expect(story.firmware.attempts).toHaveLength(1);
    expect(attempt!.ended).toBe('updated');
  });

  it('Updating to Idle with result 8 or 5: failed', () => {
    for (const value of [5, 8]) {
      const story = started();
      push(story, 3);
      execute(story);
      story.notify(STATE, 0);
      story.notify(RESULT, value);
      expect(story.firmware.attempts[0]!.ended).toBe('failed');
      expect(states(story)).toEqual([
        'Downloading inferred',
        'Downloaded inferred',
        'Updating inferred',
        'Idle notified',
      ]);
    }
  });

  it('Downloaded stays Downloaded with result 11: deferred, and Updating was never reached', () => {
    const story = started();
    push(story, 3);
    story.notify(STATE, 2);
    execute(story);
    expect(states(story).at(-1)).toBe('Updating inferred');
    story.notify(RESULT, 11);
    expect(story.firmware.attempts[0]).toMatchObject({ ended: 'deferred', result: { value: 11 } });
    expect(states(story)).toEqual(['Downloading inferred', 'Downloaded notified']);
    // The deferred update starts by itself.
    story.notify(STATE, 3);
    story.notify(STATE, 0);
    story.notify(RESULT, 1);
    expect(story.firmware.attempts).toHaveLength(1);
    expect(story.firmware.attempts[0]!.ended).toBe('updated');
  });

  it('Cancel executed: cancelled, with the result 10 when it is told', () => {
    const story = started();
    push(story, 3);
    story.notify(STATE, 2);
    execute(story, 10);
    expect(story.firmware.attempts[0]!.ended).toBe('cancelled');
    expect(states(story).at(-1)).toBe('Idle inferred');
    story.notify(RESULT, 10);
    expect(story.firmware.attempts[0]).toMatchObject({
      ended: 'cancelled',
      result: { value: 10, name: 'Firmware update cancelled' },
    });
  });

  it('Cancel refused changes nothing', () => {
    const story = started();
    push(story, 3);
    execute(story, 10, '4.05');
    expect(story.firmware.attempts[0]!.ended).toBe('open');
  });

  for (const [what, path, body] of [
    ['an empty URI', '/5/0/1', new Uint8Array(0)],
    ['a NUL package', '/5/0/0', new Uint8Array(1)],
    ['an empty package', '/5/0/0', new Uint8Array(0)],
  ] as const) {
    it(`${what} sets back: cancelled, and no attempt of its own`, () => {
      const story = started();
      push(story, 3);
      story.notify(STATE, 2);
      const row = story.exchange(Operation.writeReplace, '2.04', { path, body, format: 42 });
      expect(story.firmware.attempts).toHaveLength(1);
      expect(story.firmware.attempts[0]).toMatchObject({
        ended: 'cancelled',
        endRow: row,
        result: undefined,
      });
      expect(states(story).at(-1)).toBe('Idle inferred');
      // In Idle it does nothing.
      story.exchange(Operation.writeReplace, '2.04', { path, body, format: 42 });
      expect(story.firmware.attempts).toHaveLength(1);
    });
  }

  it('a NUL package in TLV sets back too', () => {
    const story = started();
    push(story, 3);
    story.exchange(Operation.writeReplace, '2.04', {
      path: '/5/0/0',
      body: new Uint8Array([0xc1, 0, 0]),
      format: 11542,
      values: [['/5/0/0', '00']],
    });
    expect(story.firmware.attempts.map(({ ended }) => ended)).toEqual(['cancelled']);
  });

  it('a result that was read and is the one of the attempt before ends nothing', () => {
    const story = started();
    writeUri(story, URI);
    story.notify(STATE, 1);
    story.notify(RESULT, 4);
    writeUri(story, URI);
    story.read(RESULT, 4);
    expect(story.firmware.attempts.map(({ ended }) => ended)).toEqual(['failed', 'open']);
    story.notify(STATE, 1);
    story.read(RESULT, 4);
    expect(story.firmware.attempts[1]!.ended).toBe('open');
    story.notify(STATE, 0);
    story.read(RESULT, 4);
    expect(story.firmware.attempts[1]).toMatchObject({ ended: 'failed', result: { value: 4 } });
  });

  it('results have names, also those that no object defines', () => {
    expect(updateResultName(FIRMWARE_OBJECT, 0)).toBe('Initial value');
    expect(updateResultName(FIRMWARE_OBJECT, 13)).toBe('Dependency error');
    expect(updateResultName(FIRMWARE_OBJECT, 99)).toBe('Result 99');
  });
});

describe('late start and silence', () => {
  it('a state alone is a span and no attempt', () => {
    const story = started();
    story.read(STATE, 1);
    story.read(STATE, 1);
    expect(story.firmware.attempts).toHaveLength(0);
    expect(story.firmware.instancesOf(0)[0]!.spans).toMatchObject([{ state: 'Downloading', how: 'read' }]);
  });

  it('a state that changes shows an attempt whose beginning was not seen', () => {
    const story = started();
    story.read(STATE, 2);
    story.notify(STATE, 3);
    story.notify(STATE, 0);
    story.notify(RESULT, 1);
    expect(story.firmware.attempts).toHaveLength(1);
    expect(story.firmware.attempts[0]).toMatchObject({ method: undefined, ended: 'updated' });
    expect(story.firmware.attempts[0]!.serverEndpoint).toBe(story.server);
    expect(states(story)).toEqual(['Downloaded read', 'Updating notified', 'Idle notified']);
  });

  it('Execute accepted without a package seen shows an attempt', () => {
    const story = started();
    story.read(STATE, 2);
    execute(story);
    expect(states(story)).toEqual(['Downloaded read', 'Updating inferred']);
  });

  it('Execute accepted by a device that said Idle infers nothing', () => {
    const story = started();
    story.read(STATE, 0);
    execute(story);
    expect(story.firmware.attempts).toHaveLength(0);
  });

  it('an Execute without an answer infers nothing', () => {
    const story = started();
    push(story, 3);
    story.notify(STATE, 2);
    story.ask(Operation.execute, { path: '/5/0/2' });
    story.at(1e5);
    expect(states(story)).toEqual(['Downloading inferred', 'Downloaded notified']);
    expect(story.firmware.attempts[0]!.ended).toBe('open');
  });

  it('an attempt that nothing ended stays open, whatever time goes by', () => {
    const story = started();
    push(story, 3);
    story.notify(STATE, 2);
    execute(story);
    story.at(1e5).read('/3/0/9', 50);
    expect(story.firmware.attempts[0]!.ended).toBe('open');
  });

  it('an attempt goes on when the device comes back under its name from another port', () => {
    const story = started();
    push(story, 3);
    story.notify(STATE, 2);
    execute(story);
    story.conversation = 2;
    story.device = 102;
    story.register('ep=a&lt=86400', '/rd/2');
    story.read(STATE, 0);
    story.read(RESULT, 1);
    story.read('/3/0/3', '2.0');
    expect(story.firmware.attempts).toHaveLength(1);
    expect(story.firmware.attempts[0]).toMatchObject({ ended: 'updated', after: { version: '2.0' } });
  });

  it('an attempt of a nameless device goes with it when its name is learned', () => {
    const story = started();
    story.conversation = 2;
    story.device = 202;
    push(story, 3);
    expect(story.firmware.instancesOf(1)).toHaveLength(1);
    story.register('ep=a&lt=86400', '/rd/2');
    execute(story);
    expect(story.firmware.attempts).toHaveLength(1);
    expect(story.devices.resolve(story.firmware.attempts[0]!.device)).toBe(0);
    expect(states(story).at(-1)).toBe('Updating inferred');
  });
});

describe('other objects', () => {
  it('each instance of /33629 has attempts of its own', () => {
    const story = started();
    for (const instance of [0, 1]) {
      const path = `/33629/${instance}/0`;
      story.exchange(Operation.writeReplace, '2.04', { path, body: new Uint8Array(50).fill(1), format: 42 });
    }
    story.notify('/33629/1/5', 12);
    expect(
      story.firmware.attempts.map(({ objectId, instanceId, ended }) => [objectId, instanceId, ended]),
    ).toEqual([
      [33629, 0, 'open'],
      [33629, 1, 'failed'],
    ]);
  });
});

describe('any order of messages', () => {
  it('keeps states in the order of time, ends attempts once, and spans without overlap', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('state'), value: fc.integer({ min: -1, max: 5 }) }),
      fc.record({ kind: fc.constant('result'), value: fc.integer({ min: -1, max: 14 }) }),
      fc.record({ kind: fc.constant('push'), value: fc.integer({ min: 0, max: 5 }) }),
      fc.record({ kind: fc.constant('uri'), value: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ kind: fc.constant('fetch'), value: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ kind: fc.constant('execute'), value: fc.constantFrom(2, 10) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const story = started();
        steps.forEach(({ kind, value }, index) => {
          story.at(index);
          if (kind === 'state') (index % 2 === 0 ? story.notify : story.read).call(story, STATE, value);
          else if (kind === 'result')
            (index % 2 === 0 ? story.notify : story.read).call(story, RESULT, value);
          else if (kind === 'push') push(story, value, index % 3 === 0 ? '4.08' : '2.04');
          else if (kind === 'uri') writeUri(story, ['', URI, 'nonsense'][value]!);
          else if (kind === 'fetch') fetch(story, value);
          else execute(story, value, index % 4 === 0 ? '4.05' : '2.04');
        });
        const { attempts } = story.firmware;
        expect(attempts.filter(({ ended }) => ended === 'open').length).toBeLessThanOrEqual(1);
        for (const attempt of attempts) {
          expect(attempt.evidence.rows().length).toBeLessThanOrEqual(34);
          expect(attempt.to).toBeGreaterThanOrEqual(attempt.from);
          const times = attempt.states.map(({ time }) => time);
          expect(times).toEqual([...times].sort((a, b) => a - b));
          if (attempt.result !== undefined) expect(attempt.ended).not.toBe('open');
        }
        for (const { spans } of story.firmware.instancesOf(0)) {
          spans.forEach((span, index) => {
            const next = spans[index + 1];
            if (next !== undefined) expect(span.to).toBeLessThanOrEqual(next.from);
          });
        }
      }),
    );
  });
});
