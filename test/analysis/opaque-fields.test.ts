import { describe, expect, it } from 'vitest';
import type { FieldNode } from '../../src/analysis/protocol.ts';
import { captureOfDescription } from '../described/described-capture.ts';
import { readDescription } from '../described/description.ts';
import { dissectorOf } from '../described/dissect-all.ts';
import { analyseBytes } from './analyse.ts';

const METER = '8319281a00831a664d27701a000151808100';
const METER_READ = '[10266, 0, [1716332400, 86400, [0]]]';

/** Readings below each value of the last message of a description: `/10262/0/2/0: CBOR [1, 2, 3]`. */
async function readingsOf(description: string): Promise<string[]> {
  const analysis = await analyseBytes('x.pcap', captureOfDescription(readDescription(description)));
  const { fields } = (await dissectorOf(analysis).dissect(analysis.tracking.messages.count - 1))!;
  const found: string[] = [];
  const visit = (node: FieldNode, above: FieldNode | undefined): void => {
    const [, as] = /^Reading as (.*)$/.exec(node.label) ?? [];
    if (as !== undefined) {
      // A reading is of the very bytes of its value.
      expect([node.view, node.start, node.length]).toEqual([above!.view, above!.start, above!.length]);
      found.push(`${above!.label.split(' ')[0]}: ${as} ${node.value}`);
    }
    for (const child of node.children ?? []) visit(child, node);
  };
  for (const field of fields) visit(field, undefined);
  return found;
}

const answer = (path: string, format: number, payload: string): string => `
1 0.0 srv > dev CON GET 0001 token=a1 ${path}
2 0.1 dev > srv ACK 2.05 ct=${format} ${payload}
`;

describe('readings of opaque values in the tree', () => {
  it.each([
    ['octet-stream', answer('/10262/0/2/0', 42, `hex:${METER}`)],
    ['TLV', answer('/10262/0/2/0', 11542, `hex:48 00 12 ${METER}`)],
    ['SenML CBOR', answer('/10262/0/2/0', 112, `hex:81 a2 21 6c ${Buffer.from('/10262/0/2/0').toString('hex')} 08 52 ${METER}`)],
    ['SenML JSON', answer('/10262/0/2/0', 110, `"[{\\"n\\":\\"/10262/0/2/0\\",\\"vd\\":\\"${Buffer.from(METER, 'hex').toString('base64url')}\\"}]"`)],
    ['CBOR', answer('/10262/0/2/0', 60, `hex:52 ${METER}`)],
    ['text', answer('/10262/0/2/0', 0, `"${Buffer.from(METER, 'hex').toString('base64')}"`)],
  ])('in %s', async (_format, description) => {
    expect(await readingsOf(description)).toEqual([`/10262/0/2/0: CBOR ${METER_READ}`]);
  }); // prettier-ignore

  it('of resources that no definition has', async () => {
    expect(await readingsOf(answer('/65/0', 11542, 'hex:c8 01 0d 38363133383030373535353030 c4 02 12345678'))).toEqual(
      ['/65/0/1: text 8613800755500'],
    ); // prettier-ignore
  });

  it('of no secret', async () => {
    // Identity and secret key of an account (LwM2M Core appendix E.1); the server's public key is none.
    const account = 'hex:c8 03 08 6964656e74697479 c8 04 08 7075626c69632121 c8 05 08 7365637265746b65';
    expect(await readingsOf(`1 0.0 srv > dev CON PUT 0001 token=a1 /0/1 ct=11542 ${account}`)).toEqual([
      '/0/1/4: text public!!',
    ]);
  });

  it('of no text, number or value whose bytes do not fit', async () => {
    expect(await readingsOf(answer('/3/0', 11542, 'hex:c3 00 616263 c1 09 57'))).toEqual([]);
    expect(await readingsOf(answer('/10262/0/2/0', 112, `hex:81 a2 21 6c ${Buffer.from('/10262/0/2/0').toString('hex')} 03 63 616263`))).toEqual([]); // prettier-ignore
  });
});
