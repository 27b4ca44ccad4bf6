import { describe, expect, it } from 'vitest';
import { RECORD_KINDS } from '../../src/analysis/records/records.ts';
import { COMMAND_NAMES, helpText } from '../../src/bin/help.ts';

describe('help', () => {
  it('names each command that exists, and no other', () => {
    expect([...COMMAND_NAMES].sort()).toEqual([...RECORD_KINDS, 'serve', 'tap'].sort());
    for (const name of COMMAND_NAMES) expect(helpText(undefined)).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it.each([...COMMAND_NAMES])('says what %s takes', (name) => {
    expect(helpText(name)).toMatch(new RegExp(`^lwm2m-scope ${name} .*OPTIONS`));
    expect(helpText(name)).toMatch(/^Options:\n {2}-/m);
  });

  it('fits a terminal of 100 columns', () => {
    for (const name of [undefined, ...COMMAND_NAMES])
      for (const line of helpText(name).split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  it('is of all commands where a name is unknown', () => {
    expect(helpText('constructor')).toBe(helpText(undefined));
  });
});
