import { describe, expect, it } from 'vitest';
import { Operation } from '../../src/lwm2m/operation.ts';
import { FIRMWARE_STATES, SOFTWARE_STATES } from '../../src/device/update-object.ts';
import { Story } from './story.ts';

/** Objects with the state machine of the Firmware Update object (LwM2M Core §E.6), an instance of each. */
const OBJECTS = ['/5/0', '/33629/1'];
const SOFTWARE = '/9/0';

function started(): Story {
  const story = new Story();
  story.register('ep=a&lt=86400', '/rd/1');
  return story;
}

function writeWhole(story: Story, path: string, code = '2.04'): void {
  story.exchange(Operation.writeReplace, code, { path, body: new Uint8Array(50).fill(1), format: 42 });
}

function push(story: Story, path: string, blocks: number): void {
  for (let block = 0; block < blocks; block++) {
    const more = block < blocks - 1;
    story.exchange(
      Operation.writeReplace,
      more ? '2.31' : '2.04',
      { path, body: new Uint8Array(64).fill(1), format: 42, block1: [block, more, 64], transfer: 0 },
      { block1: [block, more, 64], transfer: 0, transferComplete: !more },
    );
  }
}

function writeUri(story: Story, path: string, uri: string, code = '2.04'): void {
  story.exchange(Operation.writeReplace, code, { path, body: uri, format: 0, values: [[path, uri]] });
}

function execute(story: Story, path: string, code = '2.04', body = ''): number {
  return story.exchange(Operation.execute, code, { path, body });
}

function illegalOf(story: Story): string[] {
  const [instance] = story.firmware.instancesOf(0);
  return instance!.illegal.map(({ from, to }) => `${from} > ${to}`);
}

for (const object of OBJECTS) {
  describe(`steps of ${object}`, () => {
    const state = `${object}/3`;
    const result = `${object}/5`;
    /** Each pair of states, told one after the other with nothing between: the diagram of LwM2M Core §E.6.1. */
    const LEGAL = new Set(['0 1', '0 2', '1 2', '1 0', '2 0', '2 3', '3 0', '3 2']);
    for (let from = 0; from < 4; from++) {
      for (let to = 0; to < 4; to++) {
        if (from === to) continue;
        const names = `${FIRMWARE_STATES[from]!} > ${FIRMWARE_STATES[to]!}`;
        const isLegal = LEGAL.has(`${from} ${to}`);
        for (const how of ['notify', 'read'] as const) {
          it(`${names}, by ${how}: ${isLegal ? 'legal' : 'illegal'}`, () => {
            const story = started();
            story[how](state, from);
            const row = story[how](state, to);
            expect(illegalOf(story)).toEqual(isLegal ? [] : [names]);
            const [instance] = story.firmware.instancesOf(0);
            expect(instance!.spans.at(-1)).toMatchObject({
              illegal: !isLegal,
              how: how === 'read' ? 'read' : 'notified',
            });
            if (!isLegal) {
              expect(instance!.illegal[0]).toMatchObject({ row, clause: instance!.object.clause });
              expect(story.firmware.attempts.at(-1)?.illegal.length ?? 0).toBe(1);
              expect(story.firmware.attempts.at(-1)!.evidence.rows()).toContain(row);
            }
          });
        }
      }
    }

    it('steps over states that went untold are legal where the requests between were accepted', () => {
      const story = started();
      story.read(state, 0);
      push(story, `${object}/0`, 3);
      story.notify(state, 3);
      story.notify(state, 0);
      expect(illegalOf(story)).toEqual([]);
      story.read(state, 1);
      execute(story, `${object}/2`);
      story.notify(state, 3);
      writeWhole(story, `${object}/0`);
      story.notify(state, 1);
      expect(illegalOf(story).filter((step) => step !== 'Updating > Downloading')).toEqual([]);
    });

    it('a notification that was overtaken on its way says nothing', () => {
      const story = started();
      story.notify(state, 1, { observe: 10 });
      story.notify(state, 3, { observe: 12 });
      story.notify(state, 2, { observe: 11 });
      const [attempt] = story.firmware.attempts;
      expect(attempt!.states.map((one) => one.state)).toEqual(['Downloading', 'Updating']);
      // Lost before, or wrapped around: newer all the same (RFC 7641 §3.4).
      story.notify(state, 0, { observe: 0xffffff });
      expect(attempt!.lastState).toBe('Updating');
      story.at(200).notify(state, 0, { observe: 3 });
      expect(attempt!.lastState).toBe('Idle');
    });

    it('Update accepted in Idle is illegal, refused it is right', () => {
      const story = started();
      story.notify(state, 0);
      execute(story, `${object}/2`, '4.05');
      expect(illegalOf(story)).toEqual([]);
      const row = execute(story, `${object}/2`);
      expect(illegalOf(story)).toEqual(['Idle > Updating']);
      expect(story.firmware.instancesOf(0)[0]!.illegal[0]!.row).toBe(row);
      expect(story.firmware.attempts).toHaveLength(0);
    });

    it('Update accepted while updating is illegal', () => {
      const story = started();
      story.notify(state, 2);
      story.notify(state, 3);
      execute(story, `${object}/2`);
      expect(illegalOf(story)).toEqual(['Updating > Updating']);
    });

    it('a package or a URI that is taken outside Idle is illegal, but a reset is none', () => {
      for (const isPackage of [true, false]) {
        const story = started();
        story.notify(state, 2);
        if (isPackage) writeWhole(story, `${object}/0`);
        else writeUri(story, `${object}/1`, 'coap://192.0.2.9/a');
        expect(illegalOf(story)).toEqual(['Downloaded > Downloading']);
        expect(story.firmware.attempts.at(-1)!.illegal).toHaveLength(1);
      }
      const story = started();
      story.notify(state, 2);
      writeUri(story, `${object}/1`, '');
      writeWhole(story, `${object}/0`);
      story.notify(state, 2);
      expect(illegalOf(story)).toEqual([]);
    });

    it('a package that is refused outside Idle is right', () => {
      const story = started();
      story.notify(state, 2);
      writeWhole(story, `${object}/0`, '4.05');
      expect(illegalOf(story)).toEqual([]);
    });

    it('blocks that go on in Downloading are right, whenever the capture begins', () => {
      const story = started();
      story.read(state, 1);
      story.exchange(Operation.writeReplace, '2.31', {
        path: `${object}/0`,
        body: new Uint8Array(64).fill(1),
        block1: [7, true, 64],
      });
      expect(illegalOf(story)).toEqual([]);
    });

    it('Cancel accepted in Idle or while updating is illegal', () => {
      for (const [value, name] of [
        [0, 'Idle'],
        [3, 'Updating'],
      ] as const) {
        const story = started();
        story.notify(state, value);
        execute(story, `${object}/10`);
        expect(illegalOf(story)).toEqual([`${name} > Idle`]);
      }
    });

    it('a deferred update starts by itself', () => {
      const story = started();
      writeWhole(story, `${object}/0`);
      story.notify(state, 2);
      execute(story, `${object}/2`);
      story.notify(result, 11);
      story.notify(state, 3);
      story.notify(state, 0);
      story.notify(result, 1);
      expect(illegalOf(story)).toEqual([]);
      expect(story.firmware.attempts[0]!.ended).toBe('updated');
    });

    it('what happens around the update belongs to the attempt', () => {
      const story = started();
      writeUri(story, `${object}/1`, 'coap://192.0.2.9/fw');
      story.notify(state, 2);
      const executed = execute(story, `${object}/2`);
      story.conversation = 2;
      story.device = 102;
      const registered = story.register('ep=a&lt=86400', '/rd/2');
      story.read(state, 0);
      story.read(result, 1);
      const [attempt] = story.firmware.attempts;
      expect(attempt!.events.map(({ kind, row }) => [kind, row])).toEqual([
        ['uri written', 2],
        ['update executed', executed - 1],
        ['registered', registered],
      ]);
      expect(attempt!.ended).toBe('updated');
    });

    it('knows what the device says of protocols, delivery and severity', () => {
      const story = started();
      story.exchange(
        Operation.read,
        '2.05',
        { path: object },
        {
          values: [
            [state, 0],
            [`${object}/8`, 0],
            [`${object}/8`, 2],
            [`${object}/9`, 2],
          ],
        },
      );
      story.exchange(Operation.writeReplace, '2.04', { path: `${object}/11`, values: [[`${object}/11`, 0]] });
      writeWhole(story, `${object}/0`);
      expect(story.firmware.attempts[0]!.terms).toMatchObject({
        protocols: [0, 2],
        delivery: 2,
        severity: 0,
      });
    });
  });
}

describe('/33629 with several instances', () => {
  function loaded(): Story {
    const story = started();
    for (const instance of [0, 1, 2]) story.read(`/33629/${instance}/3`, 0);
    push(story, '/33629/0/0', 3);
    for (const instance of [0, 1, 2]) story.notify(`/33629/${instance}/3`, 2);
    return story;
  }
  function ends(story: Story): (string | undefined)[] {
    return story.firmware.attempts.map(({ lastState }) => lastState);
  }

  it('one package may bring several instances on their way', () => {
    const story = loaded();
    expect(story.firmware.attempts.map(({ instanceId, leader }) => [instanceId, leader])).toEqual([
      [0, -1],
      [1, 0],
      [2, 0],
    ]);
    expect(ends(story)).toEqual(['Downloaded', 'Downloaded', 'Downloaded']);
  });

  it('Update without an argument updates the linked instances, with one those that it lists', () => {
    const linked = loaded();
    linked.read('/33629/0/16', '33629:1');
    execute(linked, '/33629/0/2');
    expect(ends(linked)).toEqual(['Updating', 'Updating', 'Downloaded']);
    const listed = loaded();
    listed.read('/33629/0/16', '33629:1');
    execute(listed, '/33629/0/2', '2.04', "0='</33629/2>'");
    expect(ends(listed)).toEqual(['Updating', 'Downloaded', 'Updating']);
    const alone = loaded();
    alone.read('/33629/0/16', '33629:1');
    execute(alone, '/33629/0/2', '2.04', '0');
    expect(ends(alone)).toEqual(['Updating', 'Downloaded', 'Downloaded']);
  });

  it('Downloading to Idle with result 12, Updating to Idle or Downloaded with result 13: failed', () => {
    const conflict = loaded();
    writeUri(conflict, '/33629/3/1', 'coap://192.0.2.9/x');
    conflict.notify('/33629/3/3', 1);
    conflict.read('/33629/3/17', '33629:0');
    conflict.notify('/33629/3/5', 12);
    expect(conflict.firmware.attempts.at(-1)).toMatchObject({
      ended: 'failed',
      result: { value: 12, name: 'Conflicting state' },
      terms: { conflicting: ['33629:0'] },
    });
    for (const back of [0, 2]) {
      const story = loaded();
      execute(story, '/33629/0/2', '2.04', '0');
      story.notify('/33629/0/3', back);
      story.notify('/33629/0/5', 13);
      expect(story.firmware.attempts[0]).toMatchObject({
        ended: 'failed',
        result: { value: 13, name: 'Dependency error' },
      });
    }
  });

  it('the instance itself tells the version that runs', () => {
    const story = started();
    story.read('/33629/0/15', '1.0');
    writeWhole(story, '/33629/0/0');
    story.notify('/33629/0/3', 2);
    execute(story, '/33629/0/2');
    story.notify('/33629/0/5', 1);
    story.read('/33629/0/15', '2.0');
    expect(story.firmware.attempts[0]).toMatchObject({
      before: { version: '1.0' },
      after: { version: '2.0' },
    });
  });
});

describe('steps of /9', () => {
  const state = `${SOFTWARE}/7`;
  const result = `${SOFTWARE}/9`;
  const LEGAL = new Set(['0 1', '0 2', '0 3', '1 2', '1 3', '1 0', '2 3', '2 0', '3 4', '3 0', '4 0']);
  for (let from = 0; from < 5; from++) {
    for (let to = 0; to < 5; to++) {
      if (from === to) continue;
      const names = `${SOFTWARE_STATES[from]!} > ${SOFTWARE_STATES[to]!}`;
      it(`${names}: ${LEGAL.has(`${from} ${to}`) ? 'legal' : 'illegal'}`, () => {
        const story = started();
        story.notify(state, from);
        story.notify(state, to);
        expect(illegalOf(story)).toEqual(LEGAL.has(`${from} ${to}`) ? [] : [names]);
      });
    }
  }

  it('a package is written, delivered, installed and activated', () => {
    const story = started();
    story.read(state, 0);
    push(story, `${SOFTWARE}/2`, 3);
    const [attempt] = story.firmware.attempts;
    expect(attempt).toMatchObject({ objectId: 9, method: 'push', length: 192, complete: true });
    story.notify(state, 1);
    story.notify(result, 1);
    story.notify(state, 2);
    story.notify(result, 3);
    expect(attempt!.states.at(-1)).toMatchObject({ state: 'Delivered', how: 'inferred' });
    story.notify(state, 3);
    story.read(`${SOFTWARE}/0`, 'app');
    story.read(`${SOFTWARE}/1`, '2.0');
    execute(story, `${SOFTWARE}/4`);
    expect(attempt!.ended).toBe('open');
    const row = story.notify(state, 4);
    story.notify(result, 2);
    expect(attempt).toMatchObject({
      ended: 'updated',
      endRow: expect.any(Number) as number,
      result: { value: 2, name: 'Software installed successfully' },
      after: { name: 'app', version: '2.0' },
    });
    expect(attempt!.states.map((one) => `${one.state} ${one.how}`)).toEqual([
      'Download Started notified',
      'Downloaded notified',
      'Delivered notified',
      'Installed notified',
    ]);
    expect(attempt!.states.at(-1)!.row).toBe(row);
    execute(story, `${SOFTWARE}/10`);
    execute(story, `${SOFTWARE}/11`);
    expect(attempt!.events.map(({ kind }) => kind)).toEqual([
      'package written',
      'transfer ended',
      'install executed',
      'activate executed',
      'deactivate executed',
    ]);
    execute(story, `${SOFTWARE}/6`);
    story.notify(state, 0);
    expect(attempt!.ended).toBe('updated');
    expect(attempt!.lastState).toBe('Initial');
    expect(illegalOf(story)).toEqual([]);
  });

  for (const value of [50, 51, 52, 53, 54, 56]) {
    it(`Download Started or Downloaded to Initial with result ${value}: failed`, () => {
      for (const from of [1, 2]) {
        const story = started();
        writeUri(story, `${SOFTWARE}/3`, 'coap://192.0.2.9/sw');
        story.notify(state, from);
        story.notify(result, value);
        expect(story.firmware.attempts[0]).toMatchObject({
          ended: 'failed',
          lastState: 'Initial',
          method: 'pull',
        });
      }
    });
  }

  it('Install that fails leaves Delivered, and may be tried again', () => {
    const story = started();
    writeWhole(story, `${SOFTWARE}/2`);
    story.notify(state, 3);
    execute(story, `${SOFTWARE}/4`);
    story.notify(result, 58);
    const [attempt] = story.firmware.attempts;
    expect(attempt).toMatchObject({ ended: 'failed', lastState: 'Delivered', result: { value: 58 } });
    execute(story, `${SOFTWARE}/4`);
    story.notify(state, 4);
    story.notify(result, 2);
    expect(attempt!.ended).toBe('updated');
    expect(story.firmware.attempts).toHaveLength(1);
  });

  it('Uninstall before it is installed cancels; of what is installed it ends no attempt', () => {
    const story = started();
    writeWhole(story, `${SOFTWARE}/2`);
    story.notify(state, 3);
    execute(story, `${SOFTWARE}/6`);
    expect(story.firmware.attempts[0]).toMatchObject({ ended: 'cancelled', lastState: 'Initial' });
    const other = started();
    other.read(state, 4);
    execute(other, `${SOFTWARE}/6`, '2.04', '1');
    other.read(state, 0);
    expect(other.firmware.attempts).toHaveLength(0);
  });

  it('Install outside Delivered and Activate outside Installed are illegal where they are accepted', () => {
    const story = started();
    story.notify(state, 0);
    execute(story, `${SOFTWARE}/4`, '4.05');
    execute(story, `${SOFTWARE}/10`, '4.05');
    expect(illegalOf(story)).toEqual([]);
    execute(story, `${SOFTWARE}/10`);
    execute(story, `${SOFTWARE}/4`);
    expect(illegalOf(story)).toEqual(['Initial > Initial', 'Initial > Installed']);
  });

  it('states that only the device’s side of the capture tells are enough', () => {
    const story = started();
    for (const value of [0, 1, 2, 3, 4]) story.notify(state, value);
    story.notify(result, 2);
    expect(story.firmware.attempts[0]).toMatchObject({ method: undefined, ended: 'updated' });
    expect(illegalOf(story)).toEqual([]);
  });
});
