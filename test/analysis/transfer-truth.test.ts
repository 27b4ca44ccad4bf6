import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MessageBytes } from '../../src/analysis/message-bytes.ts';
import { isWhole } from '../../src/coap/transfer.ts';
import { FIXTURES, RECORDED } from '../captures.ts';
import { analyseFile, capturesBelow, recordsOf } from './analyse.ts';

/** TLV (LwM2M Core §7.4.3): a resource of a long value has its type, id and length in front of it. */
const TLV = 11542;
/** Captures whose messages are sealed, or come over what is not read. */
const NOT_READ = /dtls|tls|psk|oscore|cid/;

/** A body that a stack says it sent or got: its length, its SHA-256, and whether it was taken. */
interface Told {
  length: number;
  sha256: string;
  taken: boolean;
}

/** Bodies that a truth file names: packages as the device got them, opaque values that were written or read alone. */
function toldBy(truth: unknown): Told[] {
  const told: Told[] = [];
  const add = (value: unknown, code: unknown): void => {
    const { len, sha256 } = (value ?? {}) as { len?: number; sha256?: string };
    if (len !== undefined && sha256 !== undefined)
      told.push({ length: len, sha256, taken: code === undefined || String(code).startsWith('2.') });
  };
  const { operations = [], client_events: events = [] } = truth as Record<string, Record<string, unknown>[]>;
  for (const { package: parcel } of events) add(parcel, undefined);
  for (const { written, value, code } of operations) {
    add((written as { value?: unknown } | null | undefined)?.value, code);
    add((value as { value?: unknown } | null | undefined)?.value, code);
  }
  return told;
}

const found = capturesBelow(FIXTURES, RECORDED).flatMap(({ folder, path }) => {
  const file = join(folder, path);
  const truthFile = file.replace(/\.pcap(ng)?(\.gz)?$/, '.truth.json');
  if (!path.startsWith('leshan') || NOT_READ.test(path) || !existsSync(truthFile)) return [];
  const told = toldBy(JSON.parse(readFileSync(truthFile, 'utf8')));
  return told.length === 0 ? [] : [{ name: path, file, told }];
});

describe('bodies as the stacks had them', () => {
  it.skipIf(RECORDED === undefined)('are named by the truth of at least nine captures', () => {
    expect(found.length).toBeGreaterThanOrEqual(9);
  });

  it.each(found)('$name', async ({ file, told }) => {
    const analysis = await analyseFile(file);
    const bytes = new MessageBytes(analysis);
    const { transfers, messages } = analysis.tracking;
    const seen = new Set<string>();
    for (const transfer of transfers.transfers) {
      if (!isWhole(transfer) || transfer.ended !== 'complete') continue;
      const body = (await bytes.transferBody(transfer))!;
      expect(body.length).toBe(transfer.length);
      seen.add(createHash('sha256').update(body).digest('hex'));
      if (transfer.contentFormat !== TLV) continue;
      for (const { length } of told)
        if (length < body.length) seen.add(createHash('sha256').update(body.subarray(-length)).digest('hex'));
    }
    // A body of one message is no transfer.
    for (let row = 0; row < messages.count; row++)
      if (messages.payloadLength.get(row) > 0)
        seen.add(
          createHash('sha256')
            .update((await bytes.payload(row))!)
            .digest('hex'),
        );
    for (const { sha256, taken, length } of told)
      expect([length, sha256, seen.has(sha256)]).toEqual([length, sha256, taken]);
  });

  it.each(found)('$name: the records give the same sums', async ({ file }) => {
    const analysis = await analyseFile(file);
    const bytes = new MessageBytes(analysis);
    const sums: (string | undefined)[] = [];
    for (const transfer of analysis.tracking.transfers.transfers) {
      const body =
        isWhole(transfer) && transfer.ended === 'complete' ? await bytes.transferBody(transfer) : undefined;
      sums.push(body && createHash('sha256').update(body).digest('hex'));
    }
    expect((await recordsOf(analysis, 'transfers')).map(({ sha256 }) => sha256)).toEqual(sums);
    const ended = (await recordsOf(analysis, 'messages')).flatMap(({ transfer }) => {
      const { sha256 } = (transfer ?? {}) as { sha256?: string };
      return sha256 === undefined ? [] : [sha256];
    });
    expect(ended.sort()).toEqual(sums.filter((sum) => sum !== undefined).sort());
  });
});
