import { type Facts, type LifeRecords, secondsOf } from './life-facts.ts';

/** What libcoap's command line client printed; times are seconds since `start_epoch`. */
export interface LibcoapTruth {
  start_epoch: number;
  steps?: { t: number; dur?: number; cmd?: string; stdout?: string }[];
}

/** Facts on the observations that libcoap's client made: answers and notifications that it printed. */
export function libcoapFacts(truth: LibcoapTruth, { observations }: LifeRecords, facts: Facts): void {
  for (const { t, dur = 0, cmd = '', stdout = '' } of truth.steps ?? []) {
    const lines = stdout.split('\n');
    const asked = lines.find((line) => /c:GET .*Observe:(0|,)/.test(line));
    if (asked === undefined) continue;
    const path = /Uri-Path:(\S+?)[, ]/.exec(asked)?.[1] ?? '';
    // What is printed twice, and a repeat, has the same message ID and the same number.
    const answers = new Set(
      lines.flatMap((line) => /c:2\.05 (i:[0-9a-f]+) .*(Observe:\d*)/.exec(line)?.slice(1).join(' ') ?? []),
    );
    // What goes through a proxy is asked by the first one that observes.
    const isProxied = /Proxy-Uri/.test(asked);
    const found = observations
      .filter(({ from, observation }) => {
        const at = secondsOf(from) - truth.start_epoch;
        return at >= t - 0.5 && at <= t + dur + 0.5 && (isProxied || observation === `/${path}`);
      })
      .slice(0, 1);
    const own = found.reduce((sum, { notifications }) => sum + Number(notifications) + 1, 0);
    const name = /coap[+a-z]*:\/\/\S*/.exec(cmd)?.[0] ?? path;
    facts.add(`observation of ${name} ${t.toFixed(1)} s: answers and notifications`, answers.size, own);
  }
}
