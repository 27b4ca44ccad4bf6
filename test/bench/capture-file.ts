import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GENERATOR_VERSION, generateCapture, type GeneratorTotals } from './generator.ts';

/** A generated capture on disk. */
export interface CaptureFile {
  path: string;
  totals: GeneratorTotals;
  /** How long it took to generate, or undefined where an earlier run left it. */
  milliseconds: number | undefined;
}

/** Gives the capture of this size and seed, from an earlier run where one left it in the system's folder for temporary files. */
export function captureFile(packets: number, seed: number, devices?: number): CaptureFile {
  const folder = join(tmpdir(), 'lwm2m-scope-bench');
  const path = join(
    folder,
    `v${GENERATOR_VERSION}-${packets}-${seed}${devices === undefined ? '' : `-${devices}`}.pcap`,
  );
  const totalsPath = `${path}.json`;
  if (existsSync(path) && existsSync(totalsPath)) {
    const totals = JSON.parse(readFileSync(totalsPath, 'utf8')) as GeneratorTotals;
    if (statSync(path).size === totals.bytes) return { path, totals, milliseconds: undefined };
  }
  mkdirSync(folder, { recursive: true });
  const begin = performance.now();
  const unfinished = `${path}.${process.pid}`;
  const descriptor = openSync(unfinished, 'w');
  let totals: GeneratorTotals;
  try {
    totals = generateCapture({
      packets,
      seed,
      ...(devices === undefined ? {} : { devices }),
      write: (chunk) => {
        for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk, at);
      },
    });
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, path);
  writeFileSync(totalsPath, JSON.stringify(totals, undefined, 2));
  return { path, totals, milliseconds: performance.now() - begin };
}
