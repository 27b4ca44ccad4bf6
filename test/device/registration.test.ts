import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Operation } from '../../src/lwm2m/operation.ts';
import { Story } from './story.ts';

const LINKS = '</>;rt="oma.lwm2m",</1/0>,</3>;ver=1.2,</3/0>';
const NANO = 1e9;

/** States of the protocol reference §4.4, registration part. */
describe('registration life cycle', () => {
  it('REGISTERING with 2.01 and Location-Path becomes REGISTERED with what the Register said', () => {
    const story = new Story();
    const requestRow = story.ask(Operation.register, {
      query: 'ep=dev1&lt=60&lwm2m=1.1&b=U&Q',
      body: LINKS,
      format: 40,
    });
    const [registration] = story.registrations.registrations;
    expect(registration).toMatchObject({ endpoint: 'dev1', ended: 'open', live: false, from: 0 });
    story.at(2).answer(Operation.register, requestRow, '2.01', { location: '/rd/5a3f' });
    expect(registration).toMatchObject({
      location: '/rd/5a3f',
      version: '1.1',
      lifetime: 60,
      lifetimeAtRegistration: 60,
      lifetimeGiven: true,
      binding: 'U',
      queue: true,
      queries: ['ep=dev1', 'lt=60', 'lwm2m=1.1', 'b=U', 'Q'],
      live: true,
      ended: 'open',
      code: 0x41,
      updates: 0,
      expires: 62 * NANO,
    });
    expect(registration!.objects).toEqual([
      { path: '/1/0' },
      { path: '/3', version: '1.2' },
      { path: '/3/0' },
    ]);
    expect(registration!.evidence.rows()).toEqual([0, 1]);
    expect(registration!.spans.map(({ state, from, proven }) => [state, from, proven])).toEqual([
      ['registering', 0, true],
      ['registered', 2 * NANO, true],
    ]);
  });

  it('without lt, b and lwm2m the defaults hold, and it is known that they are defaults', () => {
    const story = new Story();
    story.register('ep=a', '/rd/1');
    expect(story.registrations.registrations[0]).toMatchObject({
      lifetime: 86_400,
      lifetimeGiven: false,
      binding: 'U',
      version: undefined,
      queue: false,
    });
  });

  it('lifetime 0 never expires', () => {
    const story = new Story();
    story.register('ep=a&lt=0', '/rd/1');
    story.at(1e6);
    expect(story.registrations.registrations[0]).toMatchObject({ ended: 'open', live: true });
  });

  for (const [code, byte] of [
    ['4.00', 0x80],
    ['4.03', 0x83],
    ['4.09', 0x89],
    ['4.12', 0x8c],
    ['5.00', 0xa0],
  ] as const) {
    it(`REGISTERING with ${code} becomes REJECTED`, () => {
      const story = new Story();
      const row = story.ask(Operation.register, { query: 'ep=a&lt=60' });
      story.at(1).answer(Operation.register, row, code);
      expect(story.registrations.registrations[0]).toMatchObject({ ended: 'refused', code: byte, to: NANO });
      expect(story.registrations.registrations[0]!.spans.at(-1)).toMatchObject({ state: 'refused', row: 1 });
    });
  }

  it('UPDATING with 2.04 renews the expiry and takes lt, b and the objects; what is absent stays', () => {
    const story = new Story();
    story.register('ep=a&lt=60&lwm2m=1.1&b=U', '/rd/1', { body: LINKS });
    story.at(10).exchange(Operation.update, '2.04', { path: '/rd/1', query: 'lt=120&b=UT' });
    const [registration] = story.registrations.registrations;
    expect(registration).toMatchObject({
      lifetime: 120,
      lifetimeAtRegistration: 60,
      binding: 'UT',
      updates: 1,
      expires: 130 * NANO,
    });
    expect(registration!.objects).toHaveLength(3);
    story.at(20).exchange(Operation.update, '2.04', { path: '/rd/1', body: '</1/0>,</3/0>,</5/0>' });
    expect(registration).toMatchObject({ lifetime: 120, updates: 2, expires: 140 * NANO });
    expect(registration!.objects.map(({ path }) => path)).toEqual(['/1/0', '/3/0', '/5/0']);
  });

  it('UPDATING changes nothing until it is accepted', () => {
    const story = new Story();
    story.register('ep=a&lt=60', '/rd/1');
    story.at(10).exchange(Operation.update, '4.00', { path: '/rd/1', query: 'lt=5' });
    expect(story.registrations.registrations[0]).toMatchObject({
      lifetime: 60,
      updates: 0,
      ended: 'open',
      live: true,
    });
  });

  it('UPDATING with 4.04 becomes LOST', () => {
    const story = new Story();
    story.register('ep=a&lt=60', '/rd/1');
    story.at(10).exchange(Operation.update, '4.04', { path: '/rd/1' });
    expect(story.registrations.registrations[0]).toMatchObject({ ended: 'lost', code: 0x41, to: 10 * NANO });
  });

  it('UPDATING without an answer stays registered, and the expiry keeps running', () => {
    const story = new Story();
    story.register('ep=a&lt=60', '/rd/1');
    story.at(50).ask(Operation.update, { path: '/rd/1' });
    const [registration] = story.registrations.registrations;
    story.at(100);
    expect(registration).toMatchObject({ ended: 'open', live: true });
    // EXCHANGE_LIFETIME after the Update no answer comes any more.
    story.at(298);
    expect(registration).toMatchObject({ ended: 'expired', to: 60 * NANO });
  });

  it('REGISTERED expires when the capture clock passes the lifetime, and not before', () => {
    const story = new Story();
    story.register('ep=a&lt=8', '/rd/1');
    const [registration] = story.registrations.registrations;
    story.at(7.9);
    expect(registration!.ended).toBe('open');
    story.at(8);
    expect(registration).toMatchObject({ ended: 'expired', to: 8 * NANO });
    expect(registration!.spans.at(-1)).toMatchObject({ state: 'expired', proven: false, from: 8 * NANO });
  });

  it('an Update in time keeps it from expiring, whatever timers were asked for before', () => {
    const story = new Story();
    story.register('ep=a&lt=12', '/rd/1');
    for (let time = 2; time < 200; time += 10) {
      story.at(time).exchange(Operation.update, '2.04', { path: '/rd/1' });
    }
    const [registration] = story.registrations.registrations;
    expect(registration).toMatchObject({ ended: 'open', updates: 20 });
    story.at(1000);
    expect(registration).toMatchObject({ ended: 'expired', to: 204 * NANO });
  });

  it('a shorter lifetime of an Update counts from the Update', () => {
    const story = new Story();
    story.register('ep=a&lt=1000', '/rd/1');
    story.at(10).exchange(Operation.update, '2.04', { path: '/rd/1', query: 'lt=5' });
    story.at(20);
    expect(story.registrations.registrations[0]).toMatchObject({ ended: 'expired', to: 15 * NANO });
  });

  it('REGISTERED with DELETE and 2.02 becomes DEREGISTERED', () => {
    const story = new Story();
    story.register('ep=a&lt=60', '/rd/1');
    story.at(10).exchange(Operation.deregister, '2.02', { path: '/rd/1' });
    expect(story.registrations.registrations[0]).toMatchObject({ ended: 'deregistered', to: 10 * NANO });
    story.at(1000);
    expect(story.registrations.registrations[0]!.ended).toBe('deregistered');
  });

  it('a DELETE without an answer is open, then unknown, and never taken for deregistered', () => {
    const story = new Story();
    story.register('ep=a&lt=60', '/rd/1');
    story.at(10).ask(Operation.deregister, { path: '/rd/1' });
    const [registration] = story.registrations.registrations;
    story.at(200);
    expect(registration!.ended).toBe('open');
    story.at(258);
    expect(registration!.ended).toBe('unknown');
  });

  it('a Register of the same client at the same server replaces the old registration', () => {
    const story = new Story();
    story.register('ep=a&lt=200', '/rd/1');
    story.at(10).register('ep=a&lt=100', '/rd/2', { conversation: 2, device: 102 });
    const [old, fresh] = story.registrations.registrations;
    expect(old).toMatchObject({ ended: 'replaced', to: 10 * NANO });
    expect(fresh).toMatchObject({ ended: 'open', live: true, location: '/rd/2' });
  });

  it('a replacement at the same location does not take over the old one’s Updates', () => {
    const story = new Story();
    story.register('ep=a&lt=200', '/rd/demo');
    story.at(10).exchange(Operation.update, '2.04', { path: '/rd/demo' });
    story.at(20).register('ep=a&lt=200', '/rd/demo', { conversation: 2, device: 102 });
    story.at(30).exchange(Operation.update, '2.04', { path: '/rd/demo', conversation: 2, device: 102 });
    expect(story.registrations.registrations.map(({ ended, updates }) => [ended, updates])).toEqual([
      ['replaced', 1],
      ['open', 1],
    ]);
  });

  it('the same name at another server, or another name in the same conversation, replaces nothing', () => {
    const story = new Story();
    story.register('ep=a&lt=200', '/rd/1');
    story.register('ep=a&lt=200', '/rd/1', { conversation: 2, server: 906 });
    story.register('ep=b&lt=200', '/rd/2');
    expect(story.registrations.registrations.map(({ ended }) => ended)).toEqual(['open', 'open', 'open']);
  });

  it('a replacement after the lifetime was over shows that it had expired', () => {
    const story = new Story();
    story.register('ep=a&lt=60', '/rd/1');
    story.at(50).ask(Operation.update, { path: '/rd/1' });
    story.at(90).register('ep=a&lt=60', '/rd/2');
    expect(story.registrations.registrations[0]).toMatchObject({ ended: 'expired', to: 60 * NANO });
  });

  it('a location that is handed out to another client stays the first one’s in its own conversation', () => {
    const story = new Story();
    story.register('ep=a&lt=600', '/rd/0');
    story.register('ep=b&lt=600', '/rd/0', { conversation: 2, device: 202 });
    story.at(10).exchange(Operation.update, '2.04', { path: '/rd/0' });
    story.at(20).exchange(Operation.update, '2.04', { path: '/rd/0', conversation: 2, device: 202 });
    expect(story.registrations.registrations.map(({ endpoint, updates }) => [endpoint, updates])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('an Update from another address keeps the registration and notes the address', () => {
    const story = new Story();
    story.register('ep=a&lt=200', '/rd/1');
    story.at(10).exchange(Operation.update, '2.04', { path: '/rd/1', conversation: 2, device: 202 });
    const [registration] = story.registrations.registrations;
    expect(registration).toMatchObject({ updates: 1, deviceEndpoints: [101, 202], conversations: [1, 2] });
    expect(registration!.evidence.rows()).toContain(3);
  });

  it('a registration that seemed expired but is updated with 2.04 was there all the time', () => {
    const story = new Story();
    story.register('ep=a&lt=10', '/rd/1');
    story.at(11);
    expect(story.registrations.registrations[0]!.ended).toBe('expired');
    story.exchange(Operation.update, '2.04', { path: '/rd/1' });
    expect(story.registrations.registrations[0]).toMatchObject({
      ended: 'open',
      live: true,
      expires: 21 * NANO,
    });
  });
});

describe('answers that were not seen', () => {
  it('a Register at the end of the capture is open', () => {
    const story = new Story();
    story.ask(Operation.register, { query: 'ep=a' });
    story.at(92);
    expect(story.registrations.registrations[0]!.ended).toBe('open');
  });

  it('a Register is unanswered only where the server was heard', () => {
    const deaf = new Story();
    deaf.ask(Operation.register, { query: 'ep=a' });
    deaf.at(300);
    expect(deaf.registrations.registrations[0]!.ended).toBe('unknown');
    const hearing = new Story();
    hearing.register('ep=b', '/rd/1', { conversation: 7, device: 707 });
    hearing.ask(Operation.register, { query: 'ep=a' });
    hearing.at(246);
    expect(hearing.registrations.registrations[1]!.ended).toBe('open');
    hearing.at(248);
    expect(hearing.registrations.registrations[1]!.ended).toBe('unanswered');
  });

  it('a server that is heard later was silent before: tries without an answer are unanswered', () => {
    const story = new Story();
    story.ask(Operation.register, { query: 'ep=a' });
    story.at(60).ask(Operation.register, { query: 'ep=a' });
    story.at(180).register('ep=a&lt=60', '/rd/1');
    expect(story.registrations.registrations.map(({ ended }) => ended)).toEqual([
      'unanswered',
      'unanswered',
      'open',
    ]);
  });

  it('an exchange that is known to have failed makes the Register unanswered at once', () => {
    const story = new Story();
    const row = story.ask(Operation.register, { query: 'ep=a' });
    story.at(93);
    story.registrations.exchangeTimedOut(row, 93 * NANO);
    expect(story.registrations.registrations[0]).toMatchObject({ ended: 'unanswered', to: 93 * NANO });
  });

  it('an answer that comes late still counts', () => {
    const story = new Story();
    const row = story.ask(Operation.register, { query: 'ep=a&lt=900' });
    story.at(60).ask(Operation.register, { query: 'ep=a&lt=900', conversation: 2, device: 102 });
    story.at(61).answer(Operation.register, row, '2.01', { location: '/rd/1' });
    expect(story.registrations.registrations[0]).toMatchObject({ live: true, location: '/rd/1' });
  });

  it('UNKNOWN with a management operation answered 2.xx is assumed to be registered', () => {
    const story = new Story();
    story.ask(Operation.register, { query: 'ep=a&lt=60' });
    story.at(5).read('/3/0/9', 87);
    const [registration] = story.registrations.registrations;
    expect(registration).toMatchObject({ live: true, assumed: true, location: undefined, ended: 'open' });
    expect(registration!.spans.at(-1)).toMatchObject({ state: 'assumed', proven: false });
    // Its location and its lifetime are known from the first accepted Update on.
    story.at(30).exchange(Operation.update, '2.04', { path: '/rd/x' });
    expect(registration).toMatchObject({ location: '/rd/x', updates: 1, expires: 90 * NANO });
    expect(story.registrations.registrations).toHaveLength(1);
  });

  it('an operation answered 4.04, or one asked before the Register, shows nothing', () => {
    const story = new Story();
    const early = story.ask(Operation.read, { path: '/3/0/9' });
    story.ask(Operation.register, { query: 'ep=a&lt=60' });
    story.answer(Operation.read, early, '2.05', { path: '/3/0/9' });
    story.exchange(Operation.read, '4.04', { path: '/3/0/9' });
    expect(story.registrations.registrations[0]).toMatchObject({ live: false, assumed: false });
  });

  it('an accepted Update gives its location to the Register whose answer was not seen', () => {
    const story = new Story();
    story.ask(Operation.register, { query: 'ep=a&lt=60' });
    story.at(300).exchange(Operation.update, '2.04', { path: '/rd/x' });
    expect(story.registrations.registrations).toHaveLength(1);
    expect(story.registrations.registrations[0]).toMatchObject({
      location: '/rd/x',
      endpoint: 'a',
      assumed: true,
      ended: 'open',
    });
  });
});

describe('late start', () => {
  it('an accepted Update shows a registration from before the capture', () => {
    const story = new Story();
    story.at(5).ask(Operation.update, { path: '/rd/x', query: 'lt=30' });
    expect(story.registrations.registrations).toHaveLength(0);
    story.answer(Operation.update, story.row, '2.04', { path: '/rd/x' });
    expect(story.registrations.registrations[0]).toMatchObject({
      endpoint: undefined,
      startSeen: false,
      location: '/rd/x',
      from: 5 * NANO,
      lifetime: 30,
      lifetimeAtRegistration: undefined,
      expires: 35 * NANO,
      updates: 1,
    });
  });

  it('without lt in any Update nothing is known of the lifetime, and nothing expires', () => {
    const story = new Story();
    story.exchange(Operation.update, '2.04', { path: '/rd/x' });
    story.at(1e6);
    expect(story.registrations.registrations[0]).toMatchObject({
      ended: 'open',
      lifetime: undefined,
      expires: NaN,
    });
  });

  it('an Update that is answered 4.04 shows a registration that was lost', () => {
    const story = new Story();
    story.exchange(Operation.update, '4.04', { path: '/rd/x' });
    expect(story.registrations.registrations[0]).toMatchObject({ ended: 'lost', startSeen: false });
  });

  it('a location that a client makes up after its Register was refused is no registration', () => {
    const story = new Story();
    story.exchange(Operation.register, '4.00', { query: 'lt=60' });
    story.exchange(Operation.update, '4.04', { path: '/rd/doesNotExist' });
    story.exchange(Operation.deregister, '4.04', { path: '/rd/doesNotExist' });
    expect(story.registrations.registrations.map(({ ended }) => ended)).toEqual(['refused']);
  });

  it('a De-register that is answered 2.02 shows that there was one', () => {
    const story = new Story();
    story.exchange(Operation.deregister, '2.02', { path: '/rd/x' });
    expect(story.registrations.registrations[0]).toMatchObject({ ended: 'deregistered', startSeen: false });
  });

  it('is over with the Register of the same conversation; whether its lifetime was, nobody knows', () => {
    const story = new Story();
    story.exchange(Operation.update, '2.04', { path: '/rd/x' });
    story.at(10).register('ep=a&lt=60', '/rd/y');
    expect(story.registrations.registrations.map(({ ended }) => ended)).toEqual(['unknown', 'open']);
  });

  it('is replaced by it where an Update told its lifetime', () => {
    const story = new Story();
    story.exchange(Operation.update, '2.04', { path: '/rd/x', query: 'lt=60' });
    story.at(10).register('ep=a&lt=60', '/rd/y');
    expect(story.registrations.registrations.map(({ ended }) => ended)).toEqual(['replaced', 'open']);
  });
});

describe('Register and Update in blocks', () => {
  it('is one registration, and the objects are those of the whole body', () => {
    const story = new Story();
    const query = 'ep=a&lt=60';
    const first = story.ask(Operation.register, {
      query,
      body: '</1/0>,</',
      block1: [0, true, 16],
      transfer: 0,
    });
    story.answer(Operation.register, first, '2.31', { block1: [0, true, 16] });
    const second = story.ask(Operation.register, {
      query,
      body: '3/0>',
      block1: [1, false, 16],
      transfer: 0,
    });
    story.answer(Operation.register, second, '2.01', {
      location: '/rd/1',
      block1: [1, false, 16],
      transfer: 0,
      transferComplete: true,
      body: '</1/0>,</3/0>',
    });
    expect(story.registrations.registrations).toHaveLength(1);
    const [registration] = story.registrations.registrations;
    expect(registration).toMatchObject({ live: true, location: '/rd/1' });
    expect(registration!.objects.map(({ path }) => path)).toEqual(['/1/0', '/3/0']);
    expect(registration!.evidence.rows()).toEqual([0, 3]);
    expect(registration!.evidence.count).toBe(3);
  });

  it('an Update counts once, when its last block is answered', () => {
    const story = new Story();
    story.register('ep=a&lt=60', '/rd/1');
    const path = '/rd/1';
    const first = story.ask(Operation.update, { path, body: '</1/0>,</', block1: [0, true, 16] });
    story.answer(Operation.update, first, '2.31', { path, block1: [0, true, 16] });
    const [registration] = story.registrations.registrations;
    expect(registration!.updates).toBe(0);
    const second = story.ask(Operation.update, {
      path,
      body: '</1/0>,</5/0>',
      block1: [1, false, 16],
      transferComplete: true,
    });
    story.answer(Operation.update, second, '2.04', { path, block1: [1, false, 16] });
    expect(registration!.updates).toBe(1);
    expect(registration!.objects.map((object) => object.path)).toEqual(['/1/0', '/5/0']);
  });
});

describe('address translation between two capture points', () => {
  it('two views of one Register are one registration', () => {
    const story = new Story();
    const inside = story.ask(Operation.register, { query: 'ep=a&lt=60', conversation: 1, device: 101 });
    const outside = story.ask(Operation.register, { query: 'ep=a&lt=60', conversation: 2, device: 301 });
    story.answer(Operation.register, outside, '2.01', { location: '/rd/1', conversation: 2, device: 301 });
    story.answer(Operation.register, inside, '2.01', { location: '/rd/1', conversation: 1, device: 101 });
    const [first, second] = story.registrations.registrations;
    expect(first!.duplicateOf).toBe(1);
    expect(second).toMatchObject({ duplicateOf: -1, live: true, ended: 'open', deviceEndpoints: [301, 101] });
    const a = story.ask(Operation.update, { path: '/rd/1', conversation: 1, device: 101 });
    const b = story.ask(Operation.update, { path: '/rd/1', conversation: 2, device: 301 });
    story.answer(Operation.update, b, '2.04', { path: '/rd/1', conversation: 2, device: 301 });
    story.answer(Operation.update, a, '2.04', { path: '/rd/1', conversation: 1, device: 101 });
    expect(second!.updates).toBe(1);
  });

  it('an Update seen on both sides, each with its answer, is one; the next one counts', () => {
    const story = new Story();
    const inside = story.ask(Operation.register, { query: 'ep=a&lt=60', conversation: 1, device: 101 });
    const outside = story.ask(Operation.register, { query: 'ep=a&lt=60', conversation: 2, device: 301 });
    story.answer(Operation.register, inside, '2.01', { location: '/rd/1', conversation: 1, device: 101 });
    story.answer(Operation.register, outside, '2.01', { location: '/rd/1', conversation: 2, device: 301 });
    const [first] = story.registrations.registrations;
    // The side of the server comes later in the file, though not in time; its address has changed meanwhile.
    const within = { path: '/rd/1', conversation: 1, device: 101 };
    const beyond = { path: '/rd/1', conversation: 3, device: 302 };
    story.at(10).exchange(Operation.update, '2.04', within, within);
    const again = story.back(1).ask(Operation.update, beyond);
    story.back(0).answer(Operation.update, again, '2.04', beyond);
    expect(first).toMatchObject({ updates: 1, live: true });
    expect(first!.deviceEndpoints).toEqual([101, 301, 302]);
    story.at(20).exchange(Operation.update, '2.04', beyond, beyond);
    expect(first!.updates).toBe(2);
  });
});

describe('any order of messages', () => {
  it('never throws, keeps the evidence bounded, and ends only what began', () => {
    const step = fc.record({
      operation: fc.constantFrom(Operation.register, Operation.update, Operation.deregister, Operation.read),
      code: fc.constantFrom('2.01', '2.02', '2.04', '2.05', '2.31', '4.00', '4.04', '5.00', 'none'),
      location: fc.constantFrom('/rd/1', '/rd/2', ''),
      name: fc.constantFrom('ep=a', 'ep=b', 'lt=x', 'ep=a&lt=5', ''),
      conversation: fc.integer({ min: 1, max: 3 }),
      wait: fc.constantFrom(0, 0.1, 3, 100, 300),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const story = new Story();
        let time = 0;
        for (const { operation, code, location, name, conversation, wait } of steps) {
          time += wait;
          story.at(time);
          const path =
            operation === Operation.register ? '/rd' : operation === Operation.read ? '/3/0' : location;
          const asked = { path, query: name, conversation, device: 100 + conversation };
          if (code === 'none') story.ask(operation, asked);
          else story.exchange(operation, code, asked, { location });
        }
        for (const registration of story.registrations.registrations) {
          expect(registration.evidence.rows().length).toBeLessThanOrEqual(34);
          expect(registration.to).toBeGreaterThanOrEqual(registration.from);
          if (registration.live) expect(registration.ended).toBe('open');
          for (const span of registration.spans) expect(span.to).toBeGreaterThanOrEqual(span.from);
          expect(story.devices.resolve(registration.device)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
