import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECORDED } from '../captures.ts';

/** Ports of CoAP over UDP in the clear that a recording's own papers name, beside the default. */
export function coapPortsOf(capture: string): number[] {
  const ports = new Set([5683]);
  if (RECORDED === undefined) return [...ports];
  if (capture.startsWith('anjay/')) {
    const table = readFileSync(join(RECORDED, 'anjay/PORTS.tsv'), 'utf8');
    const row = table.split('\n').find((line) => line.startsWith(`${capture.slice('anjay/'.length)}\t`));
    for (const match of row?.matchAll(/(?<=[\t ])(\d{4,5})(?=[\t ]|$)/g) ?? []) ports.add(Number(match[1]));
    return [...ports];
  }
  const truth = readFileSync(
    join(RECORDED, capture.replace(/(\.nsec)?\.pcap(ng)?(\.gz)?$/, '.truth.json')),
    'utf8',
  );
  for (const match of truth.matchAll(/\bcoap:(?:\/\/(?:\[[^\]]*\]|[\w.-]+):)?(\d{2,5})\b/g))
    ports.add(Number(match[1]));
  return [...ports];
}
