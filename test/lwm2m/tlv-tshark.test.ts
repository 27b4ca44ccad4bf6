import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTlv } from '../../src/lwm2m/content/tlv.ts';
import { parsePath } from '../../src/lwm2m/path.ts';
import { FIXTURES } from '../captures.ts';
import { available, tsharkFields } from '../tshark.ts';
import { contextOf, hex } from './collected-content.ts';
import { payloadOf } from './message-payload.ts';

/** Recordings of Leshan with much TLV in the clear. */
const CAPTURES = ['leshan-read-formats-a', 'leshan-write-formats-a', 'leshan-read-oldformats-a'];
/** Ports of the servers in the recordings. */
const PORTS = '25683-25799';

const KINDS = ['Object Instance', 'Resource Instance', 'Multiple Resource', 'Resource'];

/** Kinds and ids of the elements, and the bytes of the values, as tshark prints them. */
function shapeOf(path: string, payload: Uint8Array): [string, string, string] {
  const kinds: number[] = [];
  const ids: string[] = [];
  const values: string[] = [];
  readTlv(payload, 0, payload.length, contextOf(path), {
    open(label) {
      const kind = KINDS.findIndex((name) => label.startsWith(`${name} `));
      if (kind >= 0 && !label.includes(':')) kinds.push(kind);
      if (kind >= 0 && !label.includes(':')) ids.push(label.slice(label.lastIndexOf(' ') + 1));
    },
    value(_object, _instance, _resource, _resourceInstance, _type, _number, start, end) {
      if (end > start) values.push(Buffer.from(payload.subarray(start, end)).toString('hex'));
    },
  });
  return [kinds.join(','), ids.join(','), values.join(',')];
}

describe.skipIf(!available)('TLV by tshark (skipped where it is absent)', () => {
  it.each(CAPTURES)('%s', (name) => {
    const rows = tsharkFields(
      join(FIXTURES, `leshan/${name}.pcapng`),
      [
        'udp.payload',
        'coap.opt.uri_path_recon',
        'lwm2mtlv.type.type',
        'lwm2mtlv.identifier',
        'lwm2mtlv.value',
      ],
      ['-d', `udp.port==${PORTS},coap`, '-Y', 'lwm2mtlv && !coap.opt.block_number'],
    );
    expect(rows.length).toBeGreaterThan(1);
    for (const [message = '', path = '', ...shape] of rows) {
      expect(parsePath(path).depth).toBeGreaterThan(0);
      expect(shapeOf(path, payloadOf(hex(message))), `${path} ${message}`).toEqual(shape);
    }
  });
});
