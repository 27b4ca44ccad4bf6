import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTapCommand } from '../../src/relay/tap-command.ts';

describe('readTapCommand', () => {
  it('reads what the page asks', () => {
    expect(readTapCommand('{"type":"stop"}')).toEqual({ type: 'stop' });
    expect(readTapCommand('{"type":"start","interfaces":["lo","eth0","lo"],"filter":" udp "}')).toEqual({
      type: 'start',
      interfaces: ['lo', 'eth0'],
      filter: 'udp',
    });
  });

  it.each([
    ['', /JSON/],
    ['start', /JSON/],
    ['null', /type/],
    ['[]', /type/],
    ['{"type":"exec","command":"id"}', /start and stop/],
    ['{"type":"start"}', /interfaces/],
    ['{"type":"start","interfaces":"lo","filter":""}', /interfaces/],
    ['{"type":"start","interfaces":[1],"filter":""}', /interfaces/],
    ['{"type":"start","interfaces":[],"filter":""}', /no interface/],
    ['{"type":"start","interfaces":["lo"]}', /filter/],
    ['{"type":"start","interfaces":["lo"],"filter":{}}', /filter/],
    [JSON.stringify({ type: 'start', interfaces: ['lo'], filter: 'x'.repeat(1001) }), /1000 characters/],
    [JSON.stringify({ type: 'start', interfaces: Array.from({ length: 17 }, String), filter: '' }), /16/],
  ])('says what is wrong with %s', (text, words) => {
    expect(readTapCommand(text)).toMatch(words);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void readTapCommand(text)));
  });
});
