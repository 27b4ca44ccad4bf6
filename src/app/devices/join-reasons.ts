import type { DeviceJoin } from '../../analysis/span-protocol.ts';

/** Reasons of one kind: how many there are, and the messages of all of them, each once. */
export interface JoinReasons {
  by: string;
  count: number;
  messages: DeviceJoin['messages'];
}

/** Puts reasons of one kind together, in the order in which kinds first came. */
export function reasonsOf(joins: readonly DeviceJoin[]): JoinReasons[] {
  const reasons: JoinReasons[] = [];
  for (const { by, messages } of joins) {
    let known = reasons.find((one) => one.by === by);
    if (known === undefined) reasons.push((known = { by, count: 0, messages: [] }));
    known.count++;
    for (const message of messages)
      if (!known.messages.some(({ row }) => row === message.row)) known.messages.push(message);
  }
  return reasons;
}
