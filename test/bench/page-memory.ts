import type { Page } from '@playwright/test';

/** What V8 says of one heap (Chrome DevTools protocol, Runtime.getHeapUsage). */
interface HeapUsage {
  usedSize: number;
  /** Memory of array buffers and the like, outside the heap proper. */
  backingStorageSize?: number;
}

/** Measures the memory of a page and its dedicated workers. */
export interface MemoryMeter {
  /**
   * Bytes in use after a forced collection: what the heaps hold and the array buffers outside them, of the page and
   * of each dedicated worker it started. Undefined where the browser does not tell of array buffers.
   */
  bytes(): Promise<number | undefined>;
}

/** Sees from now on which workers the page starts; to be called before the page is opened. */
export async function watchMemory(page: Page): Promise<MemoryMeter> {
  const session = await page.context().newCDPSession(page);
  const workers = new Set<string>();
  const answers = new Map<number, (usage: HeapUsage | undefined) => void>();
  let lastId = 0;
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') workers.add(sessionId);
  });
  session.on('Target.detachedFromTarget', ({ sessionId }) => workers.delete(sessionId));
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as { id?: number; result?: HeapUsage };
    if (id !== undefined) answers.get(id)?.(result);
  });
  // Not flattened: the page's session is the only one that Playwright opens, and the workers' messages go through it.
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });

  const ask = async (sessionId: string, method: string): Promise<HeapUsage | undefined> => {
    const id = ++lastId;
    const answer = new Promise<HeapUsage | undefined>((resolve) => answers.set(id, resolve));
    await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    const usage = await answer;
    answers.delete(id);
    return usage;
  };

  return {
    async bytes() {
      // Twice, as what one heap lets go of may have held something in another.
      for (let round = 0; round < 2; round++) {
        await session.send('HeapProfiler.collectGarbage');
        for (const worker of workers) await ask(worker, 'HeapProfiler.collectGarbage');
      }
      const usages: (HeapUsage | undefined)[] = [await session.send('Runtime.getHeapUsage')];
      for (const worker of workers) usages.push(await ask(worker, 'Runtime.getHeapUsage'));
      let bytes = 0;
      for (const usage of usages) {
        if (usage?.backingStorageSize === undefined) return undefined;
        bytes += usage.usedSize + usage.backingStorageSize;
      }
      return bytes;
    },
  };
}
