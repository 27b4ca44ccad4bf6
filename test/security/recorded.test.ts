import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/capture/frame.ts';
import { Datagram, DatagramKind } from '../../src/network/datagram.ts';
import { FlowTable, Transport } from '../../src/network/flow.ts';
import { NetworkReader } from '../../src/network/network-reader.ts';
import { SecurityKind, SecurityReader } from '../../src/security/association.ts';
import { PUBLIC, RECORDED } from '../captures.ts';
import { capturesIn, framesOf, withPcap } from '../network/recorded-frames.ts';
import { available, tsharkFields } from '../tshark.ts';

const ETHERNET = 1;
const FIELDS = ['frame.number', 'frame.protocols', 'dtls.record.content_type', 'dtls.record.special_type'];

interface Seen {
  where: string;
  frame: Frame;
}

function recorded(folder: string, names: readonly string[]): Seen[] {
  return names.flatMap((name) =>
    framesOf(join(folder, name))
      .filter((frame) => frame.linkType === ETHERNET)
      .map((frame) => ({ where: `${name} ${frame.number}`, frame })),
  );
}

/** Frames with DTLS and how many records each has, as read here; and the reader that knows the associations. */
function ours(seen: readonly Seen[]): { dtls: Map<string, number>; reader: SecurityReader } {
  const network = new NetworkReader();
  const flows = new FlowTable();
  const reader = new SecurityReader();
  const datagram = new Datagram();
  const dtls = new Map<string, number>();
  for (const { where, frame } of seen) {
    network.read(frame, datagram);
    if (datagram.kind !== DatagramKind.udp) continue;
    const flow = flows.lookup(datagram, Transport.udp);
    const before = reader.records(flow);
    if (reader.classify(datagram, flow) === SecurityKind.dtls) dtls.set(where, reader.records(flow) - before);
  }
  return { dtls, reader };
}

/** The same as tshark says; records are 0 where it does not take them apart. Datagrams that ICMP quotes are left out. */
function theirs(seen: readonly Seen[]): Map<string, number> {
  const rows = withPcap(
    seen.map(({ frame }) => frame),
    (path) => tsharkFields(path, FIELDS, ['-Y', 'dtls and not icmp and not icmpv6']),
  );
  return new Map(
    rows.map(([number, , types, special]) => [
      seen[Number(number) - 1]!.where,
      [...types!.split(','), ...special!.split(',')].filter((type) => type !== '').length,
    ]),
  );
}

describe.skipIf(!available || RECORDED === undefined)(
  'recorded captures (skipped without them or without tshark)',
  () => {
    it('hold DTLS just where tshark finds it, with as many records', () => {
      const seen = recorded(RECORDED!, capturesIn(RECORDED!));
      const { dtls } = ours(seen);
      const expected = theirs(seen);
      expect([...dtls.keys()]).toEqual([...expected.keys()]);
      expect(dtls.size).toBeGreaterThan(2000);
      // Ports come again in other captures, and tshark then expects the connection ids of the former: where it
      // counts otherwise, the capture is asked for alone.
      const differing = new Set<string>();
      for (const [where, records] of dtls)
        if (expected.get(where) !== records) differing.add(where.split(' ')[0]!);
      for (const name of differing) {
        // tshark 4.0 finds DTLS 1.3 but does not take its records apart.
        if (name.includes('dtls13')) continue;
        const alone = recorded(RECORDED!, [name]);
        expect(ours(alone).dtls).toEqual(theirs(alone));
      }
    });

    it('have the version that was recorded', () => {
      const index = readFileSync(join(RECORDED!, 'INDEX.tsv'), 'utf8');
      let checked = 0;
      for (const line of index.split('\n')) {
        const [name, , , , security = ''] = line.split('\t');
        const version = /DTLS ?(1\.\d)/.exec(security)?.[1];
        if (version === undefined) continue;
        const { reader } = ours(recorded(RECORDED!, [name!]));
        const sealed = reader.sealed();
        for (const { what } of sealed) expect([name, what]).toEqual([name, `DTLS ${version}`]);
        // GnuTLS and the client never agreed in one of them.
        if (!name!.includes('lc-dtls-gnutls')) expect(sealed.length).toBeGreaterThan(0);
        checked++;
      }
      expect(checked).toBeGreaterThan(25);
    });

    it('cut before the handshake hold sealed records without one', () => {
      const { reader } = ours(recorded(RECORDED!, ['other/der-dtls-nohandshake-a.pcapng']));
      expect(reader.sealed()).toEqual([
        { what: 'DTLS 1.2', records: expect.any(Number) as number, handshake: false },
      ]);
    });
  },
);

describe.skipIf(!available || PUBLIC === undefined)(
  'public captures (skipped without them or without tshark)',
  () => {
    it('hold DTLS just where tshark finds it', () => {
      const names = capturesIn(PUBLIC!).filter((name) => {
        // Two sniffers heard its fragments, and tshark mixes them; the network stage's tests compare the datagrams.
        if (name.includes('ieee802154-coaps-fetch')) return false;
        try {
          return framesOf(join(PUBLIC!, name)).length > 0;
        } catch {
          // The folder holds files that are no captures.
          return false;
        }
      });
      const seen = recorded(PUBLIC!, names);
      expect([...ours(seen).dtls.keys()]).toEqual([...theirs(seen).keys()]);
    });
  },
);
