import type { ServiceHost } from '../../analysis/service.ts';
import { createOriginStore } from './origin-store.ts';
import { createRecording } from './recording-store.ts';
import { tapStream } from './tap-stream.ts';

/** What a worker of the page gives the analysis: its clock, turns for waiting messages, storage, the live tap. */
export function createServiceHost(): ServiceHost {
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return {
    now: () => performance.now(),
    // A message to oneself comes after those that wait; a timer would add four milliseconds.
    yieldTurn: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        channel.port2.postMessage(undefined);
      }),
    after: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    createSpool: createOriginStore,
    createRecording,
    connect: tapStream,
  };
}
