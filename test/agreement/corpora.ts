import { join } from 'node:path';
import { analyseFile, capturesBelow, recordsOf } from '../analysis/analyse.ts';
import { coapPortsOf } from './coap-ports.ts';
import { FIXTURES, PUBLIC, RECORDED } from '../captures.ts';
import type { BothReadings, OurMessage } from './compare.ts';
import { wiresharkMessages } from './wireshark-messages.ts';

/** The bodies of captures that are compared; the fixtures are recordings as well. */
export const CORPORA = ['fixtures', 'recorded', 'public'] as const;
export type Corpus = (typeof CORPORA)[number];

const FOLDERS: Record<Corpus, string | undefined> = {
  fixtures: FIXTURES,
  recorded: RECORDED,
  public: PUBLIC,
};

/** Paths of a corpus's captures below its folder; none where this machine lacks it. */
export function capturesOf(corpus: Corpus): string[] {
  return capturesBelow(FOLDERS[corpus]).map(({ path }) => path);
}

/**
 * Reads a capture both ways. tshark is told to read CoAP on the ports that the capture's papers name and on those that
 * the first message of a conversation went to, so that what either finds is compared. Undefined where
 * tshark does not know the capture's link type.
 */
export async function readBoth(corpus: Corpus, capture: string): Promise<BothReadings | undefined> {
  const folder = FOLDERS[corpus]!;
  const path = join(folder, capture);
  const ports = new Set(coapPortsOf(folder, capture));
  const ours = new Map<number, OurMessage>();
  const analysis = await analyseFile(path);
  for (const record of await recordsOf(analysis, 'messages')) {
    // tshark reads only the first message of a segment: streams are compared in a test of their own.
    if (record.transport !== 'udp') continue;
    const message = record as unknown as OurMessage;
    const { srcport, dstport } = message.udp;
    if (!ports.has(srcport) && !ports.has(dstport)) ports.add(dstport);
    ours.set(message.frame.number, message);
  }
  const theirs = wiresharkMessages(path, [...ports]);
  return theirs === undefined ? undefined : { capture, ours, theirs };
}
