import type { JsonObject } from '../../../src/analysis/records/json.ts';
import { type Facts, type LifeRecords, resultsOf, statesOf } from './life-facts.ts';

const STATES = ['Idle', 'Downloading', 'Downloaded', 'Updating'];
/** States of Software Management as the resource has them, by the state of Anjay's own machine. */
const SOFTWARE_STATES = [
  'Initial',
  'Download Started',
  'Downloaded',
  'Delivered',
  'Delivered',
  'Installed',
  'Installed',
];

/** Facts of the log of Anjay's demo client. It tells of states that no message shows, too. */
export function anjayFacts(log: string, records: LifeRecords, facts: Facts): void {
  const accepted = records.registrations.filter(({ code }) => code === '2.01');
  const count = (pattern: RegExp): number => log.match(pattern)?.length ?? 0;
  facts.add('registered', count(/registration successful, location = /g), accepted.length);
  facts.add(
    'locations',
    [...new Set([...log.matchAll(/registration successful, location = (\S+)/g)].map((match) => match[1]))],
    [...new Set(accepted.map(({ location }) => location))],
  );
  facts.add(
    'updated',
    count(/registration successfully updated/g),
    accepted.reduce((sum, { updates }) => sum + Number(updates), 0),
  );
  for (const object of new Set(records.firmware.map((one) => String(one.object)))) {
    const [, id, instance] = object.split('/');
    const attempts = records.firmware.filter((one) => one.object === object);
    const said = id === '9' ? softwareSays(log, instance!) : firmwareSays(log, id!, instance!);
    updateFacts(object, said, attempts, facts);
  }
}

/** Values that `pattern` finds changes to, in order. */
function changes(log: string, pattern: RegExp): number[] {
  return [...log.matchAll(pattern)].map((match) => Number(match[1]));
}

interface Said {
  states: string[];
  results: string[];
}

function firmwareSays(log: string, id: string, instance: string): Said {
  const name = id === '5' ? 'Firmware Update' : `Advanced Firmware Update Instance ${instance}`;
  const states = changes(log, new RegExp(`(?:${name} State|user->state) change: \\d -> (\\d)`, 'g'));
  const results = changes(log, new RegExp(`${name} Result change: \\d+ -> (\\d+)`, 'g'));
  return { states: states.map((state) => STATES[state]!), results: results.map(String) };
}

function softwareSays(log: string, instance: string): Said {
  const pattern = (states: string): RegExp =>
    new RegExp(`\\[iid=${instance}\\] fsm state and update result change from \\d+, \\d+ to ${states}`, 'g');
  return {
    states: changes(log, pattern('(\\d+), \\d+')).map((state) => SOFTWARE_STATES[state]!),
    results: changes(log, pattern('\\d+, (\\d+)')).map(String),
  };
}

/** Of what the log tells a message may show a part only; nothing may be shown that the log does not tell. */
function updateFacts(object: string, said: Said, attempts: readonly JsonObject[], facts: Facts): void {
  const states = statesOf(attempts).match(/[A-Z][a-z]+( Started)?/g) ?? [];
  const results = resultsOf(attempts).match(/\d+/g) ?? [];
  const text = (part: readonly string[], whole: readonly string[]): string =>
    (isPartOf(part, whole) ? part : whole).join(' ');
  facts.add(`update of ${object}: states told`, text(states, said.states), states.join(' '));
  facts.add(`update of ${object}: results told`, text(results, said.results), results.join(' '));
}

/** Whether all of `part` come in `whole` in their order. */
function isPartOf(part: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const one of whole) if (one === part[at]) at++;
  return at === part.length;
}
