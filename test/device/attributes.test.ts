import { describe, expect, it } from 'vitest';
import type { AttributesInForce } from '../../src/device/attributes.ts';
import { Operation } from '../../src/lwm2m/operation.ts';
import { Story } from './story.ts';

type Ids = readonly [number, number, number, number];

function values(attributes: AttributesInForce): Record<string, number> {
  return Object.fromEntries(Object.entries(attributes).map(([name, { value }]) => [name, value]));
}

function inForce(story: Story, ids: Ids, seconds: number, observation = -1): Record<string, number> {
  return values(story.attributes.inForce(new Set([story.conversation]), ids, seconds * 1e9, observation));
}

function write(story: Story, path: string, query: string, code = '2.04'): number {
  return story.exchange(Operation.writeAttributes, code, { path, query });
}

describe('NOTIFICATION attributes (LwM2M Core §7.3)', () => {
  it('are in force from the answer that accepts them', () => {
    const story = new Story();
    const row = write(story.at(10), '/3303/0/5700', 'pmin=1&pmax=30');
    expect(inForce(story, [3303, 0, 5700, -1], 9)).toEqual({});
    expect(inForce(story, [3303, 0, 5700, -1], 10)).toEqual({ pmin: 1, pmax: 30 });
    expect(story.attributes.settingsOf([story.conversation])[0]).toMatchObject({ source: 'written', row });
  });

  it('are not set by what was refused', () => {
    const story = new Story();
    write(story, '/3303/0/5700', 'pmin=30&pmax=1', '4.00');
    expect(inForce(story, [3303, 0, 5700, -1], 1)).toEqual({});
  });

  it('of a deeper level win over those above, one by one', () => {
    const story = new Story();
    write(story.at(1), '/3303', 'pmin=5&pmax=60');
    write(story.at(2), '/3303/0/5700', 'pmax=10');
    expect(inForce(story, [3303, 0, 5700, -1], 3)).toEqual({ pmin: 5, pmax: 10 });
    expect(inForce(story, [3303, 0, 5701, -1], 3)).toEqual({ pmin: 5, pmax: 60 });
    expect(inForce(story, [3, 0, 9, -1], 3)).toEqual({});
  });

  it('are taken away by their name without a value', () => {
    const story = new Story();
    write(story.at(1), '/3303/0/5700', 'pmin=5&gt=25.5');
    write(story.at(2), '/3303/0/5700', 'gt');
    expect(inForce(story, [3303, 0, 5700, -1], 2)).toEqual({ pmin: 5 });
  });

  it('are what a Discover tells, also where it tells that they are gone', () => {
    const story = new Story();
    write(story.at(1), '/3/0/9', 'pmin=5');
    const answer = (seconds: number, body: string): number =>
      story.at(seconds).exchange(Operation.discover, '2.05', { path: '/3/0' }, { body, format: 40 });
    answer(2, '</3/0>;pmax=90,</3/0/9>;gt=20,</3/0/1>');
    expect(inForce(story, [3, 0, 9, -1], 2)).toEqual({ pmax: 90, gt: 20 });
    expect(inForce(story, [3, 0, 1, -1], 2)).toEqual({ pmax: 90 });
    answer(3, '</3/0>,</3/0/9>,</3/0/1>');
    expect(inForce(story, [3, 0, 9, -1], 3)).toEqual({});
  });

  it('belong to the server that set them', () => {
    const story = new Story();
    write(story, '/3/0/9', 'pmin=5');
    story.conversation = 2;
    expect(inForce(story, [3, 0, 9, -1], 1)).toEqual({});
  });
});
