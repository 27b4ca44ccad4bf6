import { describe, expect, it } from 'vitest';
import { Operation } from '../../src/lwm2m/operation.ts';
import { Story } from './story.ts';

const NANO = 1e9;
const LINKS = '</1/0>,</3>;ver=1.1,</3/0>';

function registered(query = 'ep=a&lt=60&b=U'): Story {
  const story = new Story();
  story.register(query, '/rd/1', { body: LINKS });
  return story;
}

function update(story: Story, query: string, body = '', code = '2.04'): number {
  return story.exchange(Operation.update, code, { path: '/rd/1', query, body });
}

const changes = (story: Story) => story.registrations.registrations[0]!.changes;

describe('what an Update changes', () => {
  it('is kept with its rows', () => {
    const story = registered().at(10);
    const answerRow = update(story, 'lt=120&b=UQ&sms=4917', `${LINKS},</3303/0>`);
    expect(changes(story)).toEqual([
      {
        row: answerRow - 1,
        answerRow,
        time: 10 * NANO,
        lifetime: { from: 60, to: 120 },
        binding: { from: 'U', to: 'UQ' },
        sms: { from: undefined, to: '4917' },
        added: ['/3303/0'],
      },
    ]);
    expect(story.registrations.registrations[0]).toMatchObject({
      lifetime: 120,
      binding: 'UQ',
      queue: true,
      sms: '4917',
    });
  });

  it('is nothing where parameters and list are as before', () => {
    const story = registered();
    update(story, '');
    update(story, 'lt=60&b=U', LINKS);
    expect(changes(story)).toEqual([]);
  });

  it('is nothing where the server refused it', () => {
    const story = registered();
    update(story, 'lt=120', '', '4.00');
    update(story, 'lt=120', '', '4.04');
    expect(changes(story)).toEqual([]);
  });

  it('is nothing where the answer was not seen', () => {
    const story = registered();
    story.ask(Operation.update, { path: '/rd/1', query: 'lt=120' });
    expect(changes(story)).toEqual([]);
  });

  it('tells of objects that went, and of versions', () => {
    const story = registered();
    update(story, '', '</1/0>,</3>;ver=1.2');
    expect(changes(story)).toMatchObject([{ removed: ['/3/0'], versions: [{ path: '/3', version: '1.2' }] }]);
    expect(changes(story)[0]).not.toHaveProperty('added');
  });

  it('the flag Q counts as a change of the binding', () => {
    const story = registered('ep=a&lt=60&lwm2m=1.1&b=U');
    update(story, 'b=U&Q');
    expect(changes(story)[0]!.binding).toEqual({ from: 'U', to: 'U + Q' });
    update(story, 'b=U');
    expect(changes(story)[1]!.binding).toEqual({ from: 'U + Q', to: 'U' });
  });

  it('one after the end of the lifetime says how late it was', () => {
    const story = registered().at(75);
    expect(story.registrations.registrations[0]!.ended).toBe('expired');
    update(story, '');
    expect(changes(story)).toMatchObject([{ late: 15 * NANO }]);
    expect(story.registrations.registrations[0]).toMatchObject({ ended: 'open', expires: 135 * NANO });
  });

  it('one in time is not late, nor one whose lifetime is not known', () => {
    const story = registered().at(59);
    update(story, '');
    const late = new Story();
    late.at(1e5).exchange(Operation.update, '2.04', { path: '/rd/9' });
    late.at(2e5).exchange(Operation.update, '2.04', { path: '/rd/9' });
    expect(changes(story)).toEqual([]);
    expect(changes(late)).toEqual([]);
  });

  it('of a registration from before the capture, what is told first changes nothing', () => {
    const story = new Story();
    update(story, 'lt=120&b=UQ&sms=1', LINKS);
    expect(changes(story)).toEqual([]);
    update(story, 'lt=60', `${LINKS},</5/0>`);
    expect(changes(story)).toMatchObject([{ lifetime: { from: 120, to: 60 }, added: ['/5/0'] }]);
  });

  it('at most 64 are kept, all are counted', () => {
    const story = registered();
    for (let index = 0; index < 100; index++) update(story, `lt=${1000 + index}`);
    expect(changes(story)).toHaveLength(64);
    expect(story.registrations.registrations[0]!.changeCount).toBe(100);
  });
});
