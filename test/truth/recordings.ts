import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURES, RECORDED } from '../captures.ts';
import { capturesBelow } from '../analysis/analyse.ts';
import { aiocoapClaims, type AiocoapTruth } from './aiocoap.ts';
import { anjayClaims } from './anjay.ts';
import type { Claim } from './claim.ts';
import { leshanClaims, type LeshanTruth } from './leshan.ts';
import { libcoapClaims, type LibcoapTruth } from './libcoap.ts';
import { opensslClaims, type OpensslTruth } from './openssl.ts';
import { wakaamaClaims, type WakaamaTruth } from './wakaama.ts';

/** A capture and what its stacks say of it. */
export interface Recording {
  name: string;
  stack: string;
  file: string;
  claims: () => Claim[];
  /** True for a claim about messages that the capture has sealed. */
  isSealed: (claim: Claim) => boolean;
  /** Why messages of the stacks may be missing in the capture; empty where none may. */
  cut: string;
}

type Truth = LeshanTruth &
  WakaamaTruth &
  LibcoapTruth &
  OpensslTruth & { keys?: unknown; security?: string; derived_from?: string[]; how?: string };

const FOLDERS = [FIXTURES, ...(RECORDED === undefined ? [] : [RECORDED])];

/** Reads a file that stands beside a capture, in the project or among the recordings. */
function textBeside(folder: string, name: string): string | undefined {
  const place = FOLDERS.map((one) => join(one, folder, name)).find((one) => existsSync(one));
  return place === undefined ? undefined : readFileSync(place, 'utf8');
}

/** A truth file; numbers with more digits than a double holds become text, as in the records. */
function truthOf(folder: string, name: string): Truth | undefined {
  const text = textBeside(folder, `${name}.truth.json`);
  if (text === undefined) return undefined;
  return JSON.parse(text.replace(/:\s*(-?\d{16,})(?=[,}\s])/g, ':"$1"')) as Truth;
}

/** What INDEX.tsv says of the captures, by their paths: the columns keys, truth and what it shows. */
function indexLines(): ReadonlyMap<string, string> {
  if (RECORDED === undefined) return new Map();
  const lines = readFileSync(join(RECORDED, 'INDEX.tsv'), 'utf8').split('\n').slice(1);
  return new Map(lines.map((line) => [line.split('\t')[0]!, line.split('\t')[10] ?? '']));
}

/** Devices of Leshan's mixed fleet that speak through DTLS: those that have a key. */
function sealedDevices({ keys }: Truth): ReadonlySet<string> {
  const { psk = [] } = (keys ?? {}) as { psk?: { endpoint?: string }[] };
  return new Set(psk.flatMap(({ endpoint }) => endpoint ?? []));
}

function sealedIn(name: string, truth: Truth): Recording['isSealed'] {
  if (name === 'leshan-fleet-mixed-a') {
    const devices = sealedDevices(truth);
    return ({ device }) => device !== undefined && devices.has(device);
  }
  // Only the bootstrap server of this capture speaks OSCORE.
  if (name === 'leshan-oscore-bootstrap-a') return ({ said }) => /^(client: )?bootstrap/i.test(said);
  const isSecured = /dtls|psk|tls|oscore|cid/.test(`${name} ${truth.security ?? ''}`.toLowerCase());
  return () => isSecured;
}

/** What a capture lacks of what its stacks tell. */
function cutOf(name: string, truth: Truth): string {
  const { how = '' } = truth;
  if (/cut|first \d+ packets|-s \d+/.test(how)) return `cut on purpose (${how})`;
  if (name === 'der-bigendian-pcapng-a') return 'cut on purpose (first 80 packets of 127)';
  if (name.includes('snaplen')) return 'cut on purpose (snap length 64)';
  return '';
}

function claimsOf(truth: Truth): Claim[] {
  const isLeshan = 'operations' in truth || 'registrations' in truth;
  if (isLeshan) return leshanClaims(truth);
  return [
    ...wakaamaClaims(truth),
    ...libcoapClaims(truth),
    ...aiocoapClaims(truth as AiocoapTruth),
    ...opensslClaims(truth),
  ];
}

/** The name of a stack as the folders and the names of the recordings have it. */
function stackOf(folder: string, name: string): string {
  if (folder !== 'other') return folder;
  const prefix = name.split('-')[0]!;
  return (
    { wk: 'wakaama', aio: 'aiocoap', lc: 'libcoap', ossl: 'openssl', net: 'networks', der: 'derived' }[
      prefix
    ] ?? prefix
  );
}

/** All recordings that this machine has, each with what its stacks say. */
export function recordings(): Recording[] {
  const index = indexLines();
  return capturesBelow(FIXTURES, RECORDED).flatMap(({ folder, path }) => {
    const [stack, base] = path.split('/') as [string, string];
    const name = base.replace(/(\.nsec)?\.pcap(ng)?(\.gz)?$/, '');
    const common = { name, stack: stackOf(stack, name), file: join(folder, path) };
    if (stack === 'anjay') {
      const shows = index.get(path);
      if (shows === undefined) return [];
      const hasKeys = textBeside(stack, `${name}.keys.json`) !== undefined;
      const log = textBeside(stack, `${name}.log`) ?? '';
      return [{ ...common, claims: () => anjayClaims({ shows, log }), isSealed: () => hasKeys, cut: '' }];
    }
    const own = truthOf(stack, name);
    if (own === undefined) return [];
    // A derived capture has the truth of what it was made of.
    const sources = (own.derived_from ?? []).map((one) =>
      one.replace(/\.pcap(ng)?(\.gz)?$/, '').replace(/^.*\//, ''),
    );
    const truths = sources.length === 0 ? [own] : sources.flatMap((one) => truthOf(stack, one) ?? []);
    const sealed = truths.map((truth, at) => sealedIn(sources[at] ?? name, truth));
    return [
      {
        ...common,
        claims: () => truths.flatMap((truth) => claimsOf(truth)),
        isSealed: (claim: Claim) => sealed.some((one) => one(claim)),
        cut: cutOf(name, own),
      },
    ];
  });
}
