import {
  MOST_CAPTURED_INTERFACES,
  MOST_FILTER_LENGTH,
  type TapCommand,
} from '../analysis/live-tap-protocol.ts';

/** Reads a command from the text of a message; gives what is wrong with it, as one line, where it is none. */
export function readTapCommand(text: string): TapCommand | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'a command is JSON; this is not';
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return 'a command has a type';
  if (value.type === 'stop') return { type: 'stop' };
  if (value.type !== 'start') return 'the commands are start and stop';
  const { interfaces, filter } = value as { interfaces?: unknown; filter?: unknown };
  if (!Array.isArray(interfaces) || !interfaces.every((name) => typeof name === 'string'))
    return 'start needs interfaces, a list of names';
  if (interfaces.length === 0) return 'no interface is chosen';
  if (interfaces.length > MOST_CAPTURED_INTERFACES)
    return `at most ${MOST_CAPTURED_INTERFACES} interfaces are captured at one time`;
  if (typeof filter !== 'string') return 'start needs a filter, which may be empty';
  if (filter.length > MOST_FILTER_LENGTH)
    return `a filter has at most ${MOST_FILTER_LENGTH} characters; this one has ${filter.length}`;
  return { type: 'start', interfaces: [...new Set<string>(interfaces)], filter: filter.trim() };
}
