import { describe, expect, it } from 'vitest';
import { passesFilter } from '../../../src/analysis/filter/compile.ts';
import { compileMessageFilter } from '../../../src/analysis/message-filter.ts';
import { captureOfDescription } from '../../described/described-capture.ts';
import { readDescription } from '../../described/description.ts';
import { analyseBytes } from '../analyse.ts';

/** The five examples of RFC 8613 §6.3, and flags that §6.1 reserves. */
const written = analyseBytes(
  'oscore.pcap',
  captureOfDescription(
    readDescription(`
1 0.0 srv > dev CON POST 0001 token=a1 oscore=090525 hex:aea0155667924dff8a24e4cb35b9
2 0.1 srv > dev CON POST 0002 token=a2 oscore=0900 hex:aea0155667924dff8a24e4cb35b9
3 0.2 srv > dev CON POST 0003 token=a3 oscore=19050544616c656b hex:aea0155667924dff8a24e4cb35b9
4 0.3 dev > srv ACK 2.04 0003 token=a3 oscore= hex:aea0155667924dff8a24e4cb35b9
5 0.4 dev > srv ACK 2.04 0002 token=a2 oscore=0107 hex:aea0155667924dff8a24e4cb35b9
6 0.5 srv > dev CON POST 0004 token=a4 oscore=06000102030405 hex:aea0155667924dff8a24e4cb35b9
7 0.6 srv > dev CON POST 0005 token=a5 oscore=2900 hex:aea0155667924dff8a24e4cb35b9
`),
  ),
);

describe('OSCORE options that RFC 8613 prints', () => {
  it.each<[string, number[]]>([
    ['coap.oscore_kid == 25', [0]],
    ['coap.oscore_piv == 05', [0, 2]],
    ['coap.oscore_piv == 00', [1, 6]],
    ['coap.oscore_piv == 07', [4]],
    ['coap.oscore_kid', [0, 1, 2, 6]],
    ['coap.oscore_kid == ""', [1, 2, 6]],
    ['coap.oscore_kid_context == 44616c656b', [2]],
    ['coap.opt.object_security_kid_context_len == 5', [2]],
    ['coap.opt.object_security_piv_len == 1', [0, 1, 2, 4, 6]],
    ['coap.opt.object_security_kid_present == 0', [4, 5]],
    ['coap.option_oscore_bad', [5, 6]],
    // The outer code says nothing of the operation (§4.1.3.5).
    ['lwm2m.operation', []],
  ])('%s', async (text, rows) => {
    const analysis = await written;
    const filter = compileMessageFilter(text, analysis);
    if (!filter.ok) throw new Error(filter.message);
    const passing: number[] = [];
    for (let row = 0; row < analysis.tracking.messages.count; row++)
      if (await passesFilter(filter, row)) passing.push(row);
    expect(passing).toEqual(rows);
  });
});
