import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeAsText, parseDecodeAs } from '../../src/analysis/settings.ts';
import { FIXTURES } from '../captures.ts';
import { cli, recordsIn } from '../cli/cli-run.ts';

describe('a rule', () => {
  it.each([
    ['6000=coap', { port: 6000, as: 'coap' }],
    ['udp.port==6000,dtls', { port: 6000, as: 'dtls' }],
    ['10.0.0.1:6000=none', { address: '10.0.0.1', port: 6000, as: 'none' }],
    ['[2001:DB8::1]:6000=coap', { address: '2001:db8::1', port: 6000, as: 'coap' }],
  ])('%s is read', (text, rule) => {
    const read = parseDecodeAs(text);
    expect(read).toEqual(rule);
    if (typeof read !== 'string') expect(parseDecodeAs(decodeAsText(read))).toEqual(read);
  });

  it.each(['', '6000', '6000=http', '70000=coap', '0=coap', 'port=coap'])(
    '%s is refused, with advice',
    (text) => {
      expect(parseDecodeAs(text)).toMatch(/PORT=coap/);
    },
  );
});

describe('--decode-as', () => {
  const capture = join(FIXTURES, 'leshan/leshan-read-formats-a.pcapng');

  it('leaves a port out, or takes it for DTLS', async () => {
    const whole = recordsIn((await cli(['messages', capture])).out);
    expect(whole.length).toBeGreaterThan(0);
    const { srcport, dstport } = whole[0]!['udp'] as { srcport: number; dstport: number };
    for (const as of ['none', 'dtls'])
      for (const port of [srcport, dstport])
        expect(recordsIn((await cli(['messages', '--decode-as', `${port}=${as}`, capture])).out)).toEqual([]);
    expect(
      recordsIn((await cli(['messages', '--decode-as', `192.0.2.1:${dstport}=none`, capture])).out),
    ).toEqual(whole);
  });

  it('says what is wrong in a rule', async () => {
    const { code, err } = await cli(['messages', '--decode-as', '6000=http', capture]);
    expect(code).toBe(2);
    expect(err).toMatch(/--decode-as: 'http' is nothing/);
  });
});
