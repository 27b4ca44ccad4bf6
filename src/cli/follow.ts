import type { Analysis } from '../analysis/analysis.ts';
import { type CompiledFilter, passesFilter } from '../analysis/filter/compile.ts';
import { readSources, type ReadingHost, type Source } from '../analysis/open.ts';
import type { JsonObject } from '../analysis/records/json.ts';
import type { Records } from '../analysis/records/records.ts';

/**
 * Reads the sources and gives the record of each message as soon as it was read, without the keys that only later
 * frames decide. Reading waits while records are taken. Rejects as the reading does.
 */
export async function* followMessages(
  analysis: Analysis,
  records: Records,
  sources: readonly Source[],
  host: ReadingHost,
  filter: CompiledFilter | undefined,
): AsyncGenerator<JsonObject> {
  let given = 0;
  let ended = false;
  let goOn: (() => void) | undefined;
  let wake: () => void = () => {};
  const { messages } = analysis.tracking;
  const reading = readSources(analysis, sources, {
    ...host,
    breathe: () => {
      analysis.flush();
      if (messages.count === given) return undefined;
      wake();
      return new Promise((resolve) => {
        goOn = resolve;
      });
    },
  }).finally(() => {
    ended = true;
    wake();
  });
  // Told where it is awaited, at the end.
  reading.catch(() => {});
  for (;;) {
    if (messages.count === given && !ended && goOn === undefined)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    for (; given < messages.count; given++)
      if (filter === undefined || (await passesFilter(filter, given))) yield await records.message(given);
    goOn?.();
    goOn = undefined;
    if (ended && messages.count === given) break;
  }
  await reading;
}
