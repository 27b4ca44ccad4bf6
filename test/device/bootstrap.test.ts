import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Operation } from '../../src/lwm2m/operation.ts';
import { ProvisionedObject } from '../../src/device/provisioned-instances.ts';
import { type Message, Story } from './story.ts';

const NANO = 1e9;
const EP = { path: '/bs', query: 'ep=dev1' };

/** Values of a Write to a Security and to a Server instance. */
const SECURITY: Message = {
  path: '/0/1',
  values: [
    ['/0/1/0', 'coaps://dm.example:5684'],
    ['/0/1/1', 0],
    ['/0/1/2', 0],
    ['/0/1/3', '64657631'],
    ['/0/1/5', '73656372657473656372657473656372'],
    ['/0/1/10', 101],
  ],
};
const SERVER: Message = {
  path: '/1/1',
  values: [
    ['/1/1/0', 101],
    ['/1/1/1', 300],
    ['/1/1/7', 'UQ'],
  ],
};

function begun(story = new Story()): Story {
  story.exchange(Operation.bootstrapRequest, '2.04', EP);
  return story;
}

/** A bootstrap that deletes, writes two instances and finishes. */
function provisioned(story = new Story()): Story {
  begun(story).exchange(Operation.bootstrapDelete, '2.02', { path: '/' });
  story.exchange(Operation.bootstrapWrite, '2.04', SECURITY);
  story.exchange(Operation.bootstrapWrite, '2.04', SERVER);
  story.exchange(Operation.bootstrapFinish, '2.04', { path: '/bs' });
  return story;
}

const first = ({ bootstraps }: Story) => bootstraps.bootstraps[0]!;

/** States of the protocol reference §4.4, bootstrap part, row by row. */
describe('bootstrap life cycle', () => {
  it('UNREGISTERED with POST /bs and 2.04 is BOOTSTRAPPING', () => {
    const story = new Story();
    const row = story.ask(Operation.bootstrapRequest, EP);
    story.at(1).answer(Operation.bootstrapRequest, row, '2.04');
    expect(story.bootstraps.bootstraps).toHaveLength(1);
    expect(first(story)).toMatchObject({
      endpoint: 'dev1',
      initiated: 'client',
      ended: 'open',
      from: 0,
      to: Infinity,
      requestCode: 0x44,
    });
    expect(first(story).spans.map(({ state, from, row: proof }) => [state, from, proof])).toEqual([
      ['requested', 0, 0],
      ['bootstrapping', NANO, 1],
    ]);
  });

  for (const [code, byte] of [
    ['4.00', 0x80],
    ['4.15', 0x8f],
    ['5.00', 0xa0],
  ] as const) {
    it(`UNREGISTERED with POST /bs and ${code} is refused`, () => {
      const story = new Story();
      story.exchange(Operation.bootstrapRequest, code, EP);
      expect(first(story)).toMatchObject({ ended: 'refused', code: byte, endRow: 1 });
      expect(first(story).evidence.rows()).toEqual([0, 1]);
    });
  }

  it('UNREGISTERED with GET /bspack and 2.05 is BOOTSTRAPPED without a Finish', () => {
    const story = new Story();
    story.exchange(
      Operation.bootstrapPackRequest,
      '2.05',
      { path: '/bspack', query: 'ep=dev1' },
      { values: [...SECURITY.values!, ...SERVER.values!] },
    );
    expect(first(story)).toMatchObject({ initiated: 'pack', ended: 'finished', code: 0x45 });
    expect(first(story).instances.of(ProvisionedObject.security)).toHaveLength(1);
    story.at(300);
    expect(first(story).ended).toBe('finished');
  });

  it('UNREGISTERED with an inconsistent pack falls back to POST /bs; much later it is another beginning', () => {
    for (const [seconds, isFallback] of [
      [3, true],
      [300, false],
    ] as const) {
      const story = new Story();
      const pack = { path: '/bspack', query: 'ep=dev1' };
      story.exchange(Operation.bootstrapPackRequest, '2.05', pack, { values: SERVER.values! });
      begun(story.at(seconds));
      expect(story.bootstraps.bootstraps).toMatchObject([
        { initiated: 'pack', ended: 'finished' },
        { initiated: 'client', isFallback, ended: 'open' },
      ]);
    }
    // A client that registers has taken the pack.
    const story = new Story();
    story.exchange(Operation.bootstrapPackRequest, '2.05', { path: '/bspack', query: 'ep=dev1' }, SERVER);
    story.at(1).register('ep=dev1&lt=300', '/rd/1', { conversation: 2, device: 102, server: 906 });
    begun(story.at(2));
    expect(story.bootstraps.bootstraps[1]).toMatchObject({ isFallback: false });
  });

  it('a pack in blocks is whole with its last block', () => {
    const story = new Story();
    const pack = { path: '/bspack', query: 'ep=dev1' };
    story.exchange(Operation.bootstrapPackRequest, '2.05', pack, { block2: [0, true, 64] });
    expect(first(story).ended).toBe('open');
    story.exchange(
      Operation.bootstrapPackRequest,
      '2.05',
      { ...pack, block2: [1, false, 64] },
      { block2: [1, false, 64], values: SERVER.values! },
    );
    expect(story.bootstraps.bootstraps).toHaveLength(1);
    expect(first(story)).toMatchObject({ ended: 'finished', endRow: 3 });
    expect(first(story).instances.of(ProvisionedObject.server)).toHaveLength(1);
  });

  for (const code of ['5.01', '4.05', '4.04']) {
    it(`UNREGISTERED with GET /bspack and ${code} falls back to POST /bs`, () => {
      const story = new Story();
      story.exchange(Operation.bootstrapPackRequest, code, { path: '/bspack', query: 'ep=dev1' });
      begun(story);
      const [pack, request] = story.bootstraps.bootstraps;
      expect(pack).toMatchObject({ initiated: 'pack', ended: 'refused' });
      expect(request).toMatchObject({ initiated: 'client', isFallback: true, ended: 'open' });
      expect(request!.evidence.rows()).toContain(1);
    });
  }

  it('BOOTSTRAPPING with operations of the server stays BOOTSTRAPPING and keeps them', () => {
    const story = begun();
    story.exchange(Operation.bootstrapDiscover, '2.05', { path: '/' });
    story.exchange(Operation.bootstrapRead, '2.05', { path: '/1' }, { values: [['/1/7/0', 7]] });
    story.exchange(Operation.bootstrapDelete, '2.02', { path: '/0' });
    story.exchange(Operation.bootstrapWrite, '4.00', { path: '/9999/0' });
    const bootstrap = first(story);
    expect(bootstrap.ended).toBe('open');
    expect(bootstrap.steps.map(({ operation, pathText, code }) => [operation, pathText, code])).toEqual([
      [Operation.bootstrapDiscover, '/', 0x45],
      [Operation.bootstrapRead, '/1', 0x45],
      [Operation.bootstrapDelete, '/0', 0x42],
      [Operation.bootstrapWrite, '/9999/0', 0x80],
    ]);
    expect(bootstrap.instances.of(ProvisionedObject.server)[0]?.values.get(0)).toBe(7);
  });

  it('BOOTSTRAPPING with Finish and 2.04 is BOOTSTRAPPED', () => {
    const story = provisioned();
    expect(first(story)).toMatchObject({ ended: 'finished', code: 0x44, endRow: 9, to: 0 });
    story.at(1000);
    expect(first(story).ended).toBe('finished');
    expect(first(story).evidence.rows()).toEqual([0, 1, 8, 9]);
  });

  for (const code of ['4.06', '4.00']) {
    it(`BOOTSTRAPPING with Finish and ${code} is inconsistent; the server may correct it and repeat`, () => {
      const story = begun();
      story.exchange(Operation.bootstrapWrite, '2.04', SECURITY);
      story.exchange(Operation.bootstrapFinish, code, { path: '/bs' });
      expect(first(story)).toMatchObject({ ended: 'failed', endRow: 5 });
      story.at(2).exchange(Operation.bootstrapWrite, '2.04', SERVER);
      expect(first(story)).toMatchObject({ ended: 'open', to: Infinity, code: 0 });
      story.exchange(Operation.bootstrapFinish, '2.04', { path: '/bs' });
      expect(first(story)).toMatchObject({ ended: 'finished', code: 0x44 });
      expect(story.bootstraps.bootstraps).toHaveLength(1);
    });
  }

  it('BOOTSTRAPPING with 247 s without a Finish fails, counted from the last message', () => {
    const story = begun();
    story.at(200).exchange(Operation.bootstrapWrite, '2.04', SECURITY);
    story.at(446);
    expect(first(story).ended).toBe('open');
    story.at(447);
    expect(first(story)).toMatchObject({ ended: 'failed', to: 447 * NANO, code: 0 });
  });

  it('a Finish that comes after that, and is accepted, finishes it all the same', () => {
    const story = begun().at(300);
    expect(first(story).ended).toBe('failed');
    story.exchange(Operation.bootstrapFinish, '2.04', { path: '/bs' });
    expect(story.bootstraps.bootstraps).toHaveLength(1);
    expect(first(story)).toMatchObject({ ended: 'finished', to: 300 * NANO });
  });

  it('BOOTSTRAPPING with POST /bs again restarts', () => {
    const story = begun().at(5);
    begun(story);
    expect(story.bootstraps.bootstraps.map(({ ended }) => ended)).toEqual(['abandoned', 'open']);
    expect(first(story)).toMatchObject({ to: 5 * NANO, endRow: 2 });
  });

  it('BOOTSTRAPPING with POST /bs from another port restarts too', () => {
    const story = begun().at(5);
    story.exchange(Operation.bootstrapRequest, '2.04', { ...EP, conversation: 2, device: 102 });
    expect(story.bootstraps.bootstraps.map(({ ended }) => ended)).toEqual(['abandoned', 'open']);
  });

  it('BOOTSTRAPPED with POST /rd leads to a registration', () => {
    const story = provisioned().at(1);
    story.register('ep=dev1&lt=300', '/rd/1', { conversation: 2, device: 102, server: 906 });
    expect(first(story)).toMatchObject({ registration: 0, ended: 'finished' });
    story.at(2).register('ep=dev1&lt=300', '/rd/2', { conversation: 2, device: 102, server: 906 });
    expect(first(story).registration).toBe(0);
  });

  it('a bootstrap that was refused leads to none', () => {
    const story = new Story();
    story.exchange(Operation.bootstrapRequest, '4.00', EP);
    story.register('ep=dev1&lt=300', '/rd/1', { conversation: 2, device: 102, server: 906 });
    expect(first(story).registration).toBe(-1);
  });

  for (const path of ['/', '/0', '/1']) {
    it(`a Bootstrap-Delete of ${path} de-registers without a message`, () => {
      const story = new Story();
      story.register('ep=dev1&lt=300', '/rd/1', { conversation: 2, device: 102, server: 906 });
      begun(story).at(1);
      const row = story.exchange(Operation.bootstrapDelete, '2.02', { path });
      expect(story.registrations.registrations[0]).toMatchObject({ ended: 'deregistered', to: NANO });
      expect(story.registrations.registrations[0]!.evidence.rows()).toContain(row);
    });
  }

  describe('a Bootstrap-Delete of one account', () => {
    const write = (story: Story, path: string, values: [string, number | string][]): void => {
      story.exchange(Operation.bootstrapWrite, '2.04', { path, values });
    };
    /** A client whose bootstrap left it with as many accounts, and that has registered. */
    const provisioned = (accounts: number, isEmptied = true): Story => {
      const story = new Story();
      begun(story);
      if (isEmptied) story.exchange(Operation.bootstrapDelete, '2.02', { path: '/0' });
      for (let account = 1; account <= accounts; account++) {
        write(story, `/0/${account}`, [[`/0/${account}/10`, 100 + account]]);
        write(story, `/1/${account}`, [[`/1/${account}/0`, 100 + account]]);
      }
      story.exchange(Operation.bootstrapFinish, '2.04', { path: '/bs' });
      story.register('ep=dev1&lt=300', '/rd/1', { conversation: 2, device: 102, server: 906 });
      begun(story);
      return story;
    };

    for (const path of ['/0/1', '/1/1'])
      it(`de-registers where ${path} is the only one`, () => {
        const story = provisioned(1);
        story.exchange(Operation.bootstrapDelete, '2.02', { path });
        expect(story.registrations.registrations[0]).toMatchObject({ ended: 'deregistered' });
      });

    it('does not where there are others, or nobody knows', () => {
      for (const [story, path] of [
        [provisioned(2), '/1/1'],
        [provisioned(1, false), '/1/1'],
        [provisioned(1), '/1/7'],
        [provisioned(1), '/2/1'],
      ] as const) {
        story.exchange(Operation.bootstrapDelete, '2.02', { path });
        expect(story.registrations.registrations[0]).toMatchObject({ ended: 'open', live: true });
      }
    });
  });

  it('one that was refused, or of something else, does not', () => {
    const story = new Story();
    story.register('ep=dev1&lt=300', '/rd/1', { conversation: 2, device: 102, server: 906 });
    begun(story);
    story.exchange(Operation.bootstrapDelete, '4.05', { path: '/1' });
    story.exchange(Operation.bootstrapDelete, '2.02', { path: '/2' });
    expect(story.registrations.registrations[0]).toMatchObject({ ended: 'open', live: true });
  });
});

describe('what a bootstrap leaves behind', () => {
  it('is a table of instances without keys', () => {
    const { instances } = first(provisioned());
    const [security] = instances.of(ProvisionedObject.security);
    expect(Object.fromEntries(security!.values)).toEqual({
      0: 'coaps://dm.example:5684',
      1: 0,
      2: 0,
      10: 101,
    });
    expect([...security!.secrets]).toEqual([3, 5]);
    const [server] = instances.of(ProvisionedObject.server);
    expect(Object.fromEntries(server!.values)).toEqual({ 0: 101, 1: 300, 7: 'UQ' });
    expect(JSON.stringify([...security!.values])).not.toContain('7365637265');
  });

  it('a refused Write leaves nothing, an unanswered one only with an accepted Finish', () => {
    const story = begun();
    story.exchange(Operation.bootstrapWrite, '4.00', SECURITY);
    story.ask(Operation.bootstrapWrite, SERVER);
    expect(first(story).instances.of(ProvisionedObject.server)).toEqual([]);
    story.exchange(Operation.bootstrapFinish, '2.04', { path: '/bs' });
    expect(first(story).instances.of(ProvisionedObject.security)).toEqual([]);
    expect(first(story).instances.of(ProvisionedObject.server)).toHaveLength(1);
  });

  it('a Write to an instance replaces it, one to a resource adds to it', () => {
    const story = begun();
    story.exchange(Operation.bootstrapWrite, '2.04', SERVER);
    story.exchange(Operation.bootstrapWrite, '2.04', { path: '/1/1/1', values: [['/1/1/1', 60]] });
    const values = () => Object.fromEntries(first(story).instances.of(ProvisionedObject.server)[0]!.values);
    expect(values()).toEqual({ 0: 101, 1: 60, 7: 'UQ' });
    story.exchange(Operation.bootstrapWrite, '2.04', { path: '/1/1', values: [['/1/1/0', 5]] });
    expect(values()).toEqual({ 0: 5 });
  });

  it('a Delete spares the account of the bootstrap server', () => {
    const story = begun();
    story.exchange(Operation.bootstrapWrite, '2.04', {
      path: '/0',
      values: [
        ['/0/0/1', 1],
        ['/0/1/1', 0],
      ],
    });
    story.exchange(Operation.bootstrapDelete, '2.02', { path: '/' });
    expect(
      first(story)
        .instances.of(ProvisionedObject.security)
        .map((one) => one.instanceId),
    ).toEqual([0]);
  });

  it('a Write in blocks is one step, accepted with its last block', () => {
    const story = begun();
    const firstBlock = story.ask(Operation.bootstrapWrite, { path: '/0/1', block1: [0, true, 64] });
    story.answer(Operation.bootstrapWrite, firstBlock, '2.31', { path: '/0/1' });
    story.exchange(Operation.bootstrapWrite, '2.04', { ...SECURITY, block1: [1, false, 64] });
    expect(first(story).steps).toHaveLength(1);
    expect(first(story).steps[0]).toMatchObject({ pathText: '/0/1', code: 0x44 });
    expect(first(story).instances.of(ProvisionedObject.security)).toHaveLength(1);
  });

  it('values of ordinary reads and writes are not of a bootstrap', () => {
    const story = provisioned();
    story.read('/1/1/1', 9999);
    story.exchange(Operation.writeReplace, '2.04', { path: '/1/1/1', values: [['/1/1/1', 60]] });
    expect(first(story).instances.of(ProvisionedObject.server)[0]!.values.get(1)).toBe(300);
  });
});

describe('late start, loss and disorder', () => {
  it('a bootstrap whose request was not seen begins with what the client accepts', () => {
    const story = new Story();
    const asked = story.ask(Operation.bootstrapWrite, SECURITY);
    expect(story.bootstraps.bootstraps).toEqual([]);
    story.answer(Operation.bootstrapWrite, asked, '2.04', { path: '/0/1' });
    expect(first(story)).toMatchObject({ initiated: undefined, ended: 'open', endpoint: undefined });
    story.exchange(Operation.bootstrapFinish, '2.04', { path: '/bs' });
    expect(first(story).ended).toBe('finished');
  });

  it('what the client refuses makes no bootstrap', () => {
    const story = new Story();
    story.exchange(Operation.bootstrapDelete, '4.05', { path: '/1' });
    story.exchange(Operation.bootstrapDiscover, '2.05', { path: '/' });
    expect(story.bootstraps.bootstraps).toEqual([]);
  });

  it('a Finish alone shows that there was one, and how it ended', () => {
    const story = new Story();
    story.exchange(Operation.bootstrapFinish, '4.06', { path: '/bs' });
    expect(first(story)).toMatchObject({ ended: 'failed', code: 0x86 });
  });

  it('after a finished bootstrap, or long after the beginning, the server began it', () => {
    const story = provisioned().at(1);
    story.exchange(Operation.bootstrapDelete, '2.02', { path: '/' });
    expect(story.bootstraps.bootstraps[1]).toMatchObject({ initiated: 'server', ended: 'open' });
    const late = new Story();
    late.register('ep=x&lt=1000', '/rd/1');
    late.at(300).exchange(Operation.bootstrapWrite, '2.04', { ...SECURITY, conversation: 5, device: 105 });
    expect(first(late).initiated).toBe('server');
  });

  it('with the messages of the client only, nothing is concluded', () => {
    const story = new Story();
    story.ask(Operation.bootstrapRequest, EP);
    story.at(1000).ask(Operation.bootstrapRequest, EP);
    story.at(2000);
    expect(story.bootstraps.bootstraps.map(({ ended }) => ended)).toEqual(['open', 'open']);
  });

  it('with the messages of the server only, there is nothing', () => {
    const story = new Story();
    story.ask(Operation.bootstrapWrite, SECURITY);
    story.ask(Operation.bootstrapFinish, { path: '/bs' });
    story.at(1000);
    expect(story.bootstraps.bootstraps).toEqual([]);
  });

  it('a Finish without an answer in the capture proves no failure', () => {
    const story = begun();
    story.ask(Operation.bootstrapFinish, { path: '/bs' });
    story.at(1000);
    expect(first(story).ended).toBe('open');
  });

  it('a client that registers has left its bootstrap, Finish seen or not', () => {
    const story = begun().at(10);
    story.register('ep=dev1&lt=300', '/rd/1', { conversation: 2, device: 102, server: 906 });
    story.at(1000);
    expect(first(story)).toMatchObject({ ended: 'open', registration: 0 });
    expect(first(story).spans.at(-1)!.to).toBe(10 * NANO);
  });

  it('a Finish that comes twice ends it once', () => {
    const story = provisioned();
    story.exchange(Operation.bootstrapFinish, '2.04', { path: '/bs' });
    expect(story.bootstraps.bootstraps).toHaveLength(1);
    expect(first(story)).toMatchObject({ ended: 'finished', endRow: 9 });
  });

  it('answers that come in another order find their requests', () => {
    const story = new Story();
    const write = story.ask(Operation.bootstrapWrite, SECURITY);
    const request = story.ask(Operation.bootstrapRequest, EP);
    story.answer(Operation.bootstrapWrite, write, '2.04', { path: '/0/1' });
    story.answer(Operation.bootstrapRequest, request, '2.04', EP);
    expect(story.bootstraps.bootstraps).toHaveLength(1);
    expect(first(story).steps.map(({ pathText, code }) => [pathText, code])).toEqual([['/0/1', 0x44]]);
    expect(first(story).instances.of(ProvisionedObject.security)).toHaveLength(1);
  });

  it('two devices behind one address have each their own', () => {
    const story = new Story();
    const other = { conversation: 2, device: 102 };
    begun(story);
    story.exchange(Operation.bootstrapRequest, '2.04', { path: '/bs', query: 'ep=dev2', ...other });
    story.exchange(Operation.bootstrapWrite, '2.04', SECURITY);
    story.exchange(Operation.bootstrapFinish, '4.06', { path: '/bs', ...other });
    story.exchange(Operation.bootstrapFinish, '2.04', { path: '/bs' });
    expect(
      story.bootstraps.bootstraps.map(({ endpoint, ended, steps }) => [endpoint, ended, steps.length]),
    ).toEqual([
      ['dev1', 'finished', 1],
      ['dev2', 'failed', 0],
    ]);
    const names = story.bootstraps.bootstraps.map(
      (one) => story.devices.devices[story.bootstraps.deviceOf(one)]!.endpoint,
    );
    expect(names).toEqual(['dev1', 'dev2']);
  });

  it('one bootstrap seen on both sides of an address translation is one', () => {
    const story = new Story();
    const outside = { conversation: 2, device: 801 };
    const inner = story.ask(Operation.bootstrapRequest, EP);
    const outer = story.ask(Operation.bootstrapRequest, { ...EP, ...outside });
    story.answer(Operation.bootstrapRequest, outer, '2.04', { ...EP, ...outside });
    story.answer(Operation.bootstrapRequest, inner, '2.04', EP);
    expect(story.bootstraps.bootstraps.map(({ isSecondView }) => isSecondView)).toEqual([false, true]);
  });

  it('time that runs backwards ends nothing early', () => {
    const story = begun().at(100).back(90);
    story.exchange(Operation.bootstrapWrite, '2.04', SECURITY);
    story.at(246);
    expect(first(story).ended).toBe('open');
    story.exchange(Operation.bootstrapFinish, '2.04', { path: '/bs' });
    expect(first(story).ended).toBe('finished');
    expect(first(story).to).toBeGreaterThanOrEqual(first(story).from);
  });

  it('a device that only bootstraps exists, with its name and its server', () => {
    const story = begun();
    expect(story.devices.devices).toHaveLength(1);
    expect(story.devices.devices[0]).toMatchObject({ endpoint: 'dev1', servers: [905], addresses: [101] });
  });

  it('an unknown end of a conversation tells of no bootstrap', () => {
    const story = new Story();
    story.exchange(Operation.bootstrapWrite, '2.04', { ...SECURITY, roleKnown: false });
    expect(story.bootstraps.bootstraps).toEqual([]);
  });
});

describe('any order of messages', () => {
  const OPERATIONS = [
    Operation.bootstrapRequest,
    Operation.bootstrapPackRequest,
    Operation.bootstrapFinish,
    Operation.bootstrapWrite,
    Operation.bootstrapDelete,
    Operation.bootstrapRead,
    Operation.bootstrapDiscover,
    Operation.register,
    Operation.update,
    Operation.execute,
  ];

  it('keeps ends, spans and evidence in order', () => {
    const step = fc.record({
      operation: fc.constantFrom(...OPERATIONS),
      code: fc.constantFrom('', '2.04', '2.02', '2.05', '2.01', '4.00', '4.06', '5.01'),
      conversation: fc.integer({ min: 1, max: 3 }),
      name: fc.constantFrom('a', 'b'),
      path: fc.constantFrom('/', '/0', '/0/1', '/1/1', '/3/0/4', '/bs'),
      wait: fc.integer({ min: 0, max: 300 }),
      back: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const story = new Story();
        let seconds = 0;
        for (const { operation, code, conversation, name, path, wait, back } of steps) {
          seconds += wait;
          story.at(seconds).back(back);
          const message: Message = {
            path: operation === Operation.update ? '/rd/1' : path,
            query: `ep=${name}&lt=60&Q`,
            conversation,
            device: 100 + conversation,
            values: SECURITY.values!,
          };
          if (code === '') story.ask(operation, message);
          else story.exchange(operation, code, message, { location: '/rd/1' });
        }
        story.at(seconds + 1000);
        for (const bootstrap of story.bootstraps.bootstraps) {
          expect(bootstrap.to).toBeGreaterThanOrEqual(bootstrap.from);
          expect(bootstrap.ended === 'open').toBe(bootstrap.to === Infinity);
          expect(bootstrap.steps.length).toBeLessThanOrEqual(bootstrap.stepCount);
          const rows = bootstrap.evidence.rows();
          expect(rows.length).toBeGreaterThan(0);
          expect(rows.every((row) => row <= story.row)).toBe(true);
          for (const span of bootstrap.spans) expect(span.to).toBeGreaterThanOrEqual(span.from);
        }
        for (const event of story.life.events) expect(event.outcome(story.clock)).toBeDefined();
        for (const window of story.queueMode.windows)
          for (const span of window.spansUntil(story.clock))
            expect(span.to).toBeGreaterThanOrEqual(span.from);
      }),
      { numRuns: 300 },
    );
  });
});
