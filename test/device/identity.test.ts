import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Operation } from '../../src/lwm2m/operation.ts';
import { Story } from './story.ts';

function names(story: Story): string[] {
  return story.devices.devices
    .filter((device) => device.mergedInto < 0)
    .map((device) => device.nameWith((endpoint) => `end-${endpoint}`));
}

describe('devices', () => {
  it('have the endpoint client name of their Register, and what it said', () => {
    const story = new Story();
    story.register('ep=dev1&lt=60&lwm2m=1.1&b=UQ', '/rd/1');
    expect(names(story)).toEqual(['dev1']);
    expect(story.devices.devices[0]).toMatchObject({
      endpoint: 'dev1',
      addresses: [101],
      servers: [905],
      conversations: [1],
      versions: ['1.1'],
      bindings: ['UQ'],
      firstRow: 0,
    });
    expect(story.registrations.registrations[0]!.device).toBe(0);
  });

  it('with the same name are the same, from whatever address and at whatever server', () => {
    const story = new Story();
    story.register('ep=a', '/rd/1');
    const row = story.register('ep=a', '/rd/2', { conversation: 2, device: 202 });
    story.register('ep=a', '/rd/3', { conversation: 3, server: 906 });
    expect(names(story)).toEqual(['a']);
    expect(story.devices.devices[0]).toMatchObject({ addresses: [101, 202], servers: [905, 906] });
    expect(story.devices.devices[0]!.joined[0]).toMatchObject({
      by: 'endpoint client name',
      rows: [0, row - 1],
    });
    expect(story.devices.deviceOf(2, row)).toBe(0);
  });

  it('have a name from a Bootstrap-Request too', () => {
    const story = new Story();
    story.exchange(Operation.bootstrapRequest, '2.04', { path: '/bs', query: 'ep=a', server: 907 });
    expect(names(story)).toEqual(['a']);
  });

  it('two that use one name at once are told apart once the server keeps both registrations', () => {
    const story = new Story();
    story.register('ep=a&lt=600', '/rd/1');
    story.register('ep=a&lt=600', '/rd/2', { conversation: 2, device: 202 });
    const before = story.row;
    expect(names(story)).toEqual(['a']);
    story.exchange(Operation.update, '2.04', { path: '/rd/1' });
    expect(names(story)).toEqual(['a', 'a#2']);
    expect(story.registrations.registrations.map(({ ended }) => ended)).toEqual(['open', 'open']);
    expect(story.devices.deviceOf(1, story.row)).toBe(0);
    expect(story.devices.deviceOf(2, before)).toBe(1);
    expect(story.registrations.registrations[1]!.device).toBe(1);
    // And stay apart, whoever registers next.
    story.register('ep=a&lt=600', '/rd/3', { conversation: 2, device: 202 });
    story.exchange(Operation.update, '2.04', { path: '/rd/1' });
    expect(names(story)).toEqual(['a', 'a#2']);
  });

  it('manufacturer, model and firmware version are the last values that the device told', () => {
    const story = new Story();
    story.register('ep=a', '/rd/1');
    story.read('/3/0/0', 'Maker');
    story.read('/3/0/1', 'Model');
    story.read('/3/0/3', '1.0');
    const row = story.notify('/3/0/3', '2.0');
    story.exchange(Operation.writeReplace, '2.04', { path: '/3/0/0', values: [['/3/0/0', 'not told']] });
    expect(story.devices.devices[0]).toMatchObject({
      manufacturer: { text: 'Maker' },
      model: { text: 'Model' },
      firmware: { text: '2.0', row },
    });
  });
});

describe('late start', () => {
  it('a device without a name is named by its address, once the roles are known', () => {
    const story = new Story();
    story.exchange(Operation.read, '2.05', { path: '/3/0', roleKnown: false });
    expect(names(story)).toEqual([]);
    expect(story.devices.deviceOf(1, 0)).toBe(-1);
    story.read('/3/0/9', 87);
    expect(names(story)).toEqual(['end-101']);
    expect(story.devices.deviceOf(1, 0)).toBe(0);
  });

  it('CoAP that is no LwM2M makes no device', () => {
    const story = new Story();
    story.exchange(Operation.none, '2.05', { path: '/weather' });
    story.exchange(Operation.coreDiscovery, '2.05', { path: '/.well-known/core' });
    expect(names(story)).toEqual([]);
  });

  it('a group that requests are sent to is no device', () => {
    const story = new Story();
    story.ask(Operation.read, { path: '/3/0', device: 9901 });
    expect(names(story)).toEqual([]);
  });

  it('a name that is learned later holds for the conversation from its beginning', () => {
    const story = new Story();
    story.read('/3/0/9', 87);
    story.register('ep=a', '/rd/1');
    expect(names(story)).toEqual(['a']);
    expect(story.devices.deviceOf(1, 0)).toBe(0);
  });

  it('a nameless conversation turns out to be a device that is known', () => {
    const story = new Story();
    story.register('ep=a', '/rd/1');
    const row = story.read('/3/0/9', 87, { conversation: 2, device: 202 });
    expect(names(story)).toEqual(['a', 'end-202']);
    story.register('ep=a', '/rd/2', { conversation: 2, device: 202 });
    expect(names(story)).toEqual(['a']);
    expect(story.devices.deviceOf(2, row)).toBe(0);
    expect(story.devices.devices[0]!.addresses).toEqual([101, 202]);
  });

  it('an Update that is accepted from another address joins it by the registration location', () => {
    const story = new Story();
    const first = story.row + 1;
    story.register('ep=a', '/rd/1');
    const row = story.ask(Operation.update, { path: '/rd/1', conversation: 2, device: 202 });
    story.answer(Operation.update, row, '2.04', { path: '/rd/1', conversation: 2, device: 202 });
    expect(names(story)).toEqual(['a']);
    expect(story.devices.deviceOf(2, row)).toBe(0);
    expect(story.devices.devices[0]!.joined.at(-1)).toMatchObject({
      by: 'registration location',
      rows: [first, row],
      of: 202,
      to: 101,
    });
  });

  it('an Update that is refused joins nothing', () => {
    const story = new Story();
    story.register('ep=a', '/rd/1');
    story.exchange(Operation.update, '4.04', { path: '/rd/1', conversation: 2, device: 202 });
    expect(names(story)).toEqual(['a', 'end-202']);
  });

  it('conversations of one address and port are one device', () => {
    const story = new Story();
    story.read('/3/0/9', 87);
    story.read('/3/0/9', 87, { conversation: 2, server: 906 });
    expect(names(story)).toEqual(['end-101']);
    expect(story.devices.devices[0]!.joined).toMatchObject([{ by: 'address', rows: [0, 2] }]);
  });
});

describe('one conversation used by several names', () => {
  it('belongs to each from its Register on, and to the owner of the location that is used', () => {
    const story = new Story();
    const a = story.register('ep=a', '/rd/1');
    const b = story.register('ep=b', '/rd/2');
    story.exchange(Operation.update, '2.04', { path: '/rd/1' });
    expect(names(story)).toEqual(['a', 'b']);
    expect(story.devices.deviceOf(1, a)).toBe(0);
    expect(story.devices.deviceOf(1, b)).toBe(1);
    expect(story.devices.deviceOf(1, story.row)).toBe(0);
  });
});

describe('any order of messages', () => {
  it('gives every conversation one device at a time, and every device a unique name', () => {
    const step = fc.record({
      operation: fc.constantFrom(
        Operation.register,
        Operation.update,
        Operation.read,
        Operation.bootstrapRequest,
      ),
      code: fc.constantFrom('2.01', '2.04', '4.04'),
      location: fc.constantFrom('/rd/1', '/rd/2'),
      query: fc.constantFrom('ep=a', 'ep=b', ''),
      conversation: fc.integer({ min: 1, max: 4 }),
      device: fc.integer({ min: 101, max: 103 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const story = new Story();
        for (const { operation, code, location, query, conversation, device } of steps) {
          const path =
            operation === Operation.update ? location : operation === Operation.read ? '/3/0' : '/rd';
          story.exchange(operation, code, { path, query, conversation, device }, { location });
          const found = story.devices.devices[story.devices.deviceOf(conversation, story.row)];
          expect(found?.mergedInto).toBe(-1);
        }
        const all = names(story);
        expect(all).toHaveLength(story.devices.count);
        const named = story.devices.devices.filter(({ mergedInto, endpoint }) => mergedInto < 0 && endpoint);
        const unique = new Set(named.map((device) => device.nameWith(String)));
        expect(unique.size).toBe(named.length);
      }),
    );
  });
});
