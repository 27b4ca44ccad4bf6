import { transfer } from 'comlink';
import type { AnalysisProtocol } from '../../analysis/protocol.ts';

/** Levels of an answer that are searched for arrays; answers are flat. */
const SEARCHED_LEVELS = 4;

/** The same service, whose answers hand their typed arrays over instead of copying them. */
export function transferring(service: AnalysisProtocol): AnalysisProtocol {
  return new Proxy(service, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]): Promise<unknown> => {
        const answer: unknown = await member.apply(target, args);
        if (typeof answer !== 'object' || answer === null) return answer;
        const buffers = new Set<ArrayBuffer>();
        collect(answer, buffers, 0);
        return transfer(answer, [...buffers]);
      };
    },
  });
}

function collect(value: unknown, buffers: Set<ArrayBuffer>, level: number): void {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer && value.byteLength > 0) buffers.add(value.buffer);
    return;
  }
  if (typeof value !== 'object' || value === null || value instanceof Blob || level === SEARCHED_LEVELS)
    return;
  for (const member of Object.values(value)) collect(member, buffers, level + 1);
}
