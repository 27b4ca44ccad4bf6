import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/analysis/records/json.ts';
import { compileMessageFilter } from '../../src/analysis/message-filter.ts';
import { RECORDED } from '../captures.ts';
import { analyseFile, recordsOf } from './analyse.ts';

interface Truth {
  registrations: { endpoint: string; location: string; lifetime: number; ended: string }[];
  notifications?: unknown[];
}

function pathOf(capture: string): string {
  return join(RECORDED!, capture);
}

describe.skipIf(RECORDED === undefined)('what messages over TCP mean (skipped without recordings)', () => {
  it.each(['leshan/leshan-tcp-a.pcapng', 'leshan/leshan-tcp-block-a.pcapng'])(
    '%s: registrations and notifications are those the server logged',
    async (capture) => {
      const truth = JSON.parse(
        readFileSync(pathOf(capture.replace('.pcapng', '.truth.json')), 'utf8'),
      ) as Truth;
      const analysis = await analyseFile(pathOf(capture));
      const sessions = await recordsOf(analysis, 'sessions');
      const said = sessions.map(({ device, location, lifetime, ended }) => ({
        endpoint: device,
        location,
        lifetime,
        ended,
      }));
      expect(said).toEqual(
        truth.registrations.map(({ endpoint, location, lifetime, ended }) => ({
          endpoint,
          location,
          lifetime,
          ended,
        })),
      );
      const observations = await recordsOf(analysis, 'observations');
      const count = observations.reduce((sum, { notifications }) => sum + (notifications as number), 0);
      expect(count).toBe(truth.notifications?.length ?? 0);
    },
  );

  it('every answer finds its request by token, and no message is a repeat', async () => {
    const analysis = await analyseFile(pathOf('other/aio-ws-a.pcapng'));
    const records = await recordsOf(analysis, 'messages');
    for (const { transport, coap, udp, tcp } of records) {
      const { code, request_in: request, type, mid, duplicate_of: repeat } = coap as JsonObject;
      expect([transport, udp, type, mid, repeat]).toEqual(['ws', undefined, undefined, undefined, undefined]);
      expect(tcp).toBeDefined();
      if (/^[245]\./.test(String(code))) expect(request).toBeDefined();
    }
    const filter = compileMessageFilter('transport == "ws" && tcp.port == 8683 && !udp', analysis);
    if ('message' in filter) throw new Error(String(filter.message));
  });

  it('observations end with their connection (RFC 8323 §3.4)', async () => {
    const analysis = await analyseFile(pathOf('other/net-tcp-loss-a.pcapng'));
    const ended = (await recordsOf(analysis, 'observations')).map((record) => record.ended);
    expect(ended).not.toContain('open');
  });
});
