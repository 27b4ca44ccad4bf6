import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Ports of CoAP over UDP in the clear that a recording's own papers name, beside the default: the table of ports of
 * the Anjay recordings, and of others the file that says what their stacks did. Where there are no papers, the default.
 */
export function coapPortsOf(folder: string, capture: string): number[] {
  const ports = new Set([5683]);
  const paper = (path: string): string => {
    const whole = join(folder, path);
    return existsSync(whole) ? readFileSync(whole, 'utf8') : '';
  };
  if (capture.startsWith('anjay/')) {
    const table = paper('anjay/PORTS.tsv');
    const row = table.split('\n').find((line) => line.startsWith(`${capture.slice('anjay/'.length)}\t`));
    for (const match of row?.matchAll(/(?<=[\t ])(\d{4,5})(?=[\t ]|$)/g) ?? []) ports.add(Number(match[1]));
  } else {
    const truth = paper(capture.replace(/(\.nsec)?\.pcap(ng)?(\.gz)?$/, '.truth.json'));
    for (const match of truth.matchAll(/\bcoap:(?:\/\/(?:\[[^\]]*\]|[\w.-]+):)?(\d{2,5})\b/g))
      ports.add(Number(match[1]));
  }
  return [...ports];
}
