import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ValueType } from '../../src/lwm2m/value.ts';
import { FIXTURES } from '../captures.ts';
import { available, tsharkFields } from '../tshark.ts';
import { collect, type CollectedValue, hex } from './collected-content.ts';
import { payloadOf } from './message-payload.ts';

/** Recordings of Leshan with much SenML and LwM2M JSON in the clear. */
const CAPTURES = ['leshan-read-formats-a', 'leshan-write-formats-a', 'leshan-read-oldformats-a'];
/** Ports of the servers in the recordings. */
const PORTS = '25683-25799';
const MESSAGE = ['udp.payload', 'coap.opt.uri_path_recon', 'coap.opt.ctype'];

function rowsOf(name: string, filter: string, fields: string[]): string[][] {
  return tsharkFields(
    join(FIXTURES, `leshan/${name}.pcapng`),
    [...MESSAGE, ...fields],
    ['-d', `udp.port==${PORTS},coap`, '-Y', `${filter} && !coap.opt.block_number && coap.code < 96`],
  );
}

/** The number of the content format from the name that tshark prints. */
function formatOf(type: string): number {
  if (type.includes('senml+json')) return 110;
  if (type.includes('senml+cbor')) return 112;
  return type.includes('lwm2m+json') ? 11543 : -1;
}

function read(
  message: string,
  path: string,
  type: string,
): { values: CollectedValue[]; content: Uint8Array } {
  const content = payloadOf(hex(message));
  return { values: collect(formatOf(type), path, content).values, content };
}

const listed = (text: string): string[] => (text === '' ? [] : text.split(','));

/** Whether all of `parts` stand in `all` in this order. */
function standIn(parts: string[], all: string[]): boolean {
  let at = 0;
  for (const one of all) if (one === parts[at]) at++;
  return at === parts.length;
}

describe.skipIf(!available)('SenML and LwM2M JSON by tshark (skipped where it is absent)', () => {
  it.each(CAPTURES)('JSON in %s', (name) => {
    let compared = 0;
    for (const [message = '', path = '', type = '', numbers = '', texts = ''] of rowsOf(name, 'json', [
      'json.value.number',
      'json.value.string',
    ])) {
      if (formatOf(type) < 0) continue;
      const { values, content } = read(message, path, type);
      const sent = values.map(({ start, end }) => Buffer.from(content.subarray(start, end)).toString());
      expect(
        sent.filter((text) => /^[-0-9]/.test(text)),
        path,
      ).toEqual(listed(numbers));
      const strings = sent.filter((text) => text.startsWith('"')).map((text) => text.slice(1, -1));
      expect(standIn(strings, listed(texts)), `${texts} has ${strings.join()}`).toBe(true);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });

  it.each(CAPTURES.slice(0, 2))('CBOR in %s', (name) => {
    let compared = 0;
    for (const [message = '', path = '', type = '', texts = '', bytes = '', ...floats] of rowsOf(
      name,
      'cbor',
      [
        'cbor.type.textstring',
        'cbor.type.bytestring',
        'cbor.type.float16',
        'cbor.type.float32',
        'cbor.type.float64',
      ],
    )) {
      if (formatOf(type) < 0) continue;
      const { values, content } = read(message, path, type);
      const ofKind = (initial: number): CollectedValue[] =>
        values.filter(({ start }) => (initial < 8 ? content[start]! >> 5 : content[start]) === initial);
      for (const [index, initial] of [0xf9, 0xfa, 0xfb].entries())
        expect(ofKind(initial).map(({ number }) => number)).toEqual(listed(floats[index] ?? '').map(Number));
      expect(ofKind(2).map(({ value }) => value)).toEqual(listed(bytes));
      expect(
        standIn(
          ofKind(3).map(({ value }) => String(value)),
          listed(texts),
        ),
        texts,
      ).toBe(true);
      expect(values.filter(({ type: one }) => one === ValueType.unknown)).toEqual([]);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });
});
