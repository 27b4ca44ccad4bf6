import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { captureOf, registrationAt, type SentMessage } from '../analysis/written-capture.ts';
import { zipOf } from '../capture/write-zip.ts';
import { path } from '../coap/coap-message.ts';
import { cli, recordsIn } from './cli-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-objects-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const at = join(folder, name);
  writeFileSync(at, content);
  return at;
}

const ACME = `<?xml version="1.0"?>
<LWM2M><Object ObjectType="MODefinition">
<Name>Acme Pump</Name><ObjectID>26300</ObjectID><ObjectVersion>1.0</ObjectVersion>
<MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
<Resources>
<Item ID="1"><Name>Flow</Name><Operations>R</Operations><Type>Float</Type><RangeEnumeration>0..9</RangeEnumeration><Units>l/s</Units></Item>
<Item ID="2"><Name>Mode</Name><Operations>RW</Operations><Type>Integer</Type><RangeEnumeration>0: OFF 1: ON</RangeEnumeration></Item>
<Item ID="3"><Name>Service PIN</Name><Operations>RW</Operations><Type>String</Type></Item>
</Resources>
</Object></LWM2M>
`;

/** A text answer, or a text written. */
function exchange(
  at: number,
  code: string,
  resource: string,
  payload: string,
  answer?: string,
): SentMessage[] {
  const token = (at - 1000).toString(16).padStart(2, '0');
  const [asked, answered] = answer === undefined ? [payload, undefined] : [undefined, answer];
  return [
    {
      at,
      code,
      mid: at,
      token,
      options: [...path(resource), ...(asked === undefined ? [] : ([[12, 0]] as [number, number][]))],
      ...(asked === undefined ? {} : { payload: asked }),
    },
    {
      at,
      nanoseconds: 5_000_000,
      up: true,
      type: 'ACK',
      code: answered === undefined ? '2.04' : '2.05',
      mid: at,
      token,
      ...(answered === undefined ? {} : { options: [[12, 0]], payload: answered }),
    },
  ];
}

const CAPTURE = file(
  'acme.pcap',
  captureOf([
    ...registrationAt(1000),
    ...exchange(1001, '0.01', '/26300/0/1', '', '3.5'),
    ...exchange(1002, '0.01', '/26300/0/1', '', '12'),
    ...exchange(1003, '0.01', '/26300/0/2', '', '1'),
    ...exchange(1004, '0.03', '/26300/0/1', '2'),
    ...exchange(1005, '0.03', '/26300/0/3', '4711'),
    ...exchange(1006, '0.03', '/26300/0/2', '7'),
  ]).slice(),
);

async function valuesOf(...options: string[]): Promise<unknown[]> {
  const { out, code, err } = await cli(['messages', ...options, CAPTURE]);
  expect(err).toBe('');
  expect(code).toBe(0);
  return recordsIn(out).flatMap(
    (record) => (record.lwm2m as { values?: unknown[] } | undefined)?.values ?? [],
  );
}

describe('--objects', () => {
  const xml = file('acme.xml', ACME);
  const named = [
    { path: '/26300/0/1', name: 'Flow', type: 'Float', value: 3.5, unit: 'l/s' },
    {
      path: '/26300/0/1',
      name: 'Flow',
      type: 'Float',
      value: 12,
      unit: 'l/s',
      doubt: 'outside of the range of the registry',
    },
    { path: '/26300/0/2', name: 'Mode', type: 'Integer', value: 1 },
    {
      path: '/26300/0/1',
      name: 'Flow',
      type: 'Float',
      value: 2,
      unit: 'l/s',
      doubt: 'the registry does not allow the operation on the resource',
    },
    { path: '/26300/0/3', name: 'Service PIN', type: 'String', value: '4711' },
    {
      path: '/26300/0/2',
      name: 'Mode',
      type: 'Integer',
      value: 7,
      doubt: 'outside of the range of the registry',
    },
  ];

  it('names and types what a file defines', async () => {
    expect(await valuesOf('--objects', xml)).toEqual(named);
    expect(await valuesOf()).toEqual(
      named.map((value) =>
        expect.objectContaining({
          path: value.path,
          type: 'unknown',
          doubt: 'no definition of the resource is known',
        }),
      ),
    );
  });

  it('reads archives and folders', async () => {
    const zip = file('acme.zip', zipOf([{ name: 'x/26300.xml', bytes: Buffer.from(ACME), deflate: true }]));
    mkdirSync(join(folder, 'objects/below'), { recursive: true });
    file('objects/below/26300.xml', ACME);
    file('objects/notes.txt', 'no definition');
    expect(await valuesOf('--objects', zip)).toEqual(named);
    expect(await valuesOf('--objects', join(folder, 'objects'))).toEqual(named);
  });

  it('takes the later definition and says so', async () => {
    const later = file('later.xml', ACME.replace('>Flow<', '>Stream<'));
    const { out, err, code } = await cli(['messages', '--objects', xml, '--objects', later, CAPTURE]);
    expect(code).toBe(0);
    expect(err).toBe(`lwm2m-scope: ${later}: /26300 1.0 takes the place of the one in ${xml}\n`);
    expect(out).toContain('"name":"Stream"');
  });

  it('says what is wrong in a file and where, and reads nothing', async () => {
    const broken = file('broken.xml', ACME.replace('>Float<', '>Flaot<').replace('ID="2"', 'ID="1"'));
    const { out, err, code } = await cli(['info', '--objects', broken, CAPTURE]);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err.split('\n')).toEqual([
      expect.stringMatching(
        /^lwm2m-scope: --objects .*broken\.xml:6:\d+: the Type 'Flaot' of resource 1 is not/,
      ),
      expect.stringMatching(/broken\.xml:7:1: resource 1 \(Mode\) was defined already in line 6/),
      '',
    ]);
  });

  it.each([
    ['nothing.xml', /there is no such file or folder/],
    ['acme.pcap', /acme\.pcap:1:1: the bytes are no text in utf-8/],
  ])('refuses %s', async (name, text) => {
    const { err, code } = await cli(['devices', '--objects', join(folder, name), CAPTURE]);
    expect(code).toBe(2);
    expect(err).toMatch(text);
  });
});

describe('--redact', () => {
  const xml = file('secret.xml', ACME);

  it('leaves out secrets of all forms of output', async () => {
    expect(await valuesOf('--objects', xml, '--redact')).toContainEqual({
      path: '/26300/0/3',
      name: 'Service PIN',
      type: 'String',
      value: '',
      redacted: true,
      length: 4,
    });
    for (const format of ['text', 'ndjson', 'json', 'csv'])
      expect(
        (await cli(['messages', '--objects', xml, '--redact', '--format', format, CAPTURE])).out,
      ).not.toContain('4711');
    const { out } = await cli(['messages', '--objects', xml, '--redact', '--format', 'text', CAPTURE]);
    expect(out).toContain('Service PIN = redacted');
  });

  it('leaves out credentials of addresses and queries', async () => {
    const secret = file(
      'uri.pcap',
      captureOf([
        ...registrationAt(1000),
        ...exchange(1001, '0.03', '/5/0/1', 'coap://joe:s3cret@10.0.0.1/fw.bin?token=s3cret'),
        {
          at: 1002,
          up: true,
          code: '0.01',
          mid: 77,
          token: 'f1',
          options: [
            [11, 'fw.bin'],
            [15, 'token=s3cret'],
          ],
        },
      ]).slice(),
    );
    for (const kind of ['messages', 'firmware', 'transfers', 'devices', 'sessions', 'observations', 'info']) {
      const { out, code } = await cli([kind, '--redact', secret]);
      expect(code).toBe(0);
      expect(out, kind).not.toContain('s3cret');
    }
    expect((await cli(['messages', secret])).out).toContain('s3cret');
  });
});
