import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outcome } from '../../src/capture/outcome.ts';
import { MAX_LINKS, MAX_PARAMETERS, readLinks } from '../../src/lwm2m/content/link-format.ts';
import { readObjectLinks } from '../../src/lwm2m/content/object-links.ts';
import { utf8 } from './collected-content.ts';

function links(text: string) {
  const bytes = utf8(`;;${text},</beyond>`);
  return readLinks(bytes, 2, 2 + utf8(text).length);
}

function objects(text: string) {
  const bytes = utf8(text);
  return readObjectLinks(bytes, 0, bytes.length);
}

/** Targets, and parameters as name or name=value. */
function shape(text: string): [string, string[]][] {
  return links(text).links.map(({ target, parameters }) => [
    target,
    parameters.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)),
  ]);
}

describe('readLinks', () => {
  it.each<[string, [string, string[]][]]>([
    ['</3/0>', [['/3/0', []]]],
    [
      '</1/0>,</3/0>',
      [
        ['/1/0', []],
        ['/3/0', []],
      ],
    ],
    // LwM2M Core §6.2.1 and §6.3.2, examples in their form.
    [
      '</>;rt="oma.lwm2m";ct="110 112",</1>;ver=1.1,</1/0>',
      [
        ['/', ['rt=oma.lwm2m', 'ct=110 112']],
        ['/1', ['ver=1.1']],
        ['/1/0', []],
      ],
    ],
    [
      '</3/0>;pmin=10;pmax=60,</3/0/6>;dim=8',
      [
        ['/3/0', ['pmin=10', 'pmax=60']],
        ['/3/0/6', ['dim=8']],
      ],
    ],
    ['</0/1>;ssid=101;uri="coaps://a,b;c>:5684"', [['/0/1', ['ssid=101', 'uri=coaps://a,b;c>:5684']]]],
    ['</a>;title="say \\"x\\""', [['/a', ['title=say "x"']]]],
    [
      '</3> ; ver = "1.1" , </4>',
      [
        ['/3', ['ver="1.1"']],
        ['/4', []],
      ],
    ],
    [
      '</3>, </4>,',
      [
        ['/3', []],
        ['/4', []],
      ],
    ],
    [
      '</3>;;pmin,</4>;',
      [
        ['/3', ['pmin']],
        ['/4', []],
      ],
    ],
    [
      'lwm2m=1.0,</0/0>',
      [
        ['', ['lwm2m=1.0']],
        ['/0/0', []],
      ],
    ],
    [
      '</3>,,</4>',
      [
        ['/3', []],
        ['/4', []],
      ],
    ],
    ['</ä/ö>;é=ü', [['/ä/ö', ['é=ü']]]],
    ['', []],
    ['  ', []],
  ])('%s', (text, expected) => {
    expect(links(text).outcome).toBe(Outcome.ok);
    expect(shape(text)).toEqual(expected);
  });

  it.each<[string, number, number]>([
    ['</3', 0, 0],
    ['</3>,</4', 5, 1],
    ['</3>;uri="coap', 9, 1],
    ['</3></4>', 4, 1],
    ['</3>;=5', 5, 1],
    ['</3>;ver=1.1</4>', 12, 1],
  ])('says where %s is wrong', (text, offset, whole) => {
    const result = links(text);
    expect(result).toMatchObject({ outcome: Outcome.malformed, fault: { offset, clause: 'RFC 6690 §2' } });
    expect(result.links.length).toBe(whole);
  });

  it('gives positions that select the text', () => {
    const text = '</>;rt="oma.lwm2m", </3/0>;ver=1.1';
    const [, second] = links(text).links;
    expect(text.slice(second!.start, second!.end)).toBe('</3/0>;ver=1.1');
    const [version] = second!.parameters;
    expect(text.slice(version!.start, version!.end)).toBe('ver=1.1');
  });

  it('gives the links before a cut at every byte', () => {
    const text = '</>;rt="oma.lwm2m";ct="60 110",</1/0>,</3>;ver=1.2,</3/0>';
    const whole = links(text).links;
    for (let length = 0; length < text.length; length++) {
      const cut = links(text.slice(0, length));
      cut.links.slice(0, -1).forEach((link, index) => expect(link).toEqual(whole[index]));
      for (const { end } of cut.links) expect(end).toBeLessThanOrEqual(length);
    }
  });

  it('stops at named numbers of links and parameters', () => {
    expect(links('<>,'.repeat(MAX_LINKS + 5))).toMatchObject({ outcome: Outcome.unsupported });
    expect(links(`<>${';a'.repeat(MAX_PARAMETERS + 5)}`)).toMatchObject({ outcome: Outcome.unsupported });
  });

  it('ends for every text, and reads what a writer wrote', () => {
    const alphabet = fc.constantFrom(...'<>;,="\\ /3a');
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 40 }), (text) => {
        const { fault } = links(text);
        if (fault !== undefined) expect(fault.offset).toBeLessThanOrEqual(utf8(text).length);
      }),
    );
    const name = fc.string({ unit: fc.constantFrom(...'abcxyz'), minLength: 1, maxLength: 5 });
    const value = fc.string({ maxLength: 10 });
    const target = fc.string({ unit: fc.constantFrom(...'/0123456789abc'), maxLength: 10 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(target, fc.array(fc.tuple(name, value), { maxLength: 3 }))),
        (written) => {
          const text = written
            .map(([to, pairs]) => {
              const parameters = pairs.map(([key, one]) => `;${key}="${one.replace(/["\\]/g, '\\$&')}"`);
              return `<${to}>${parameters.join('')}`;
            })
            .join(',');
          expect(shape(text)).toEqual(
            written.map(([to, pairs]) => [to, pairs.map(([key, one]) => `${key}=${one}`)]),
          );
        },
      ),
    );
  });
});

describe('readObjectLinks', () => {
  it('reads a registration', () => {
    const found = objects(
      '</>;rt="oma.lwm2m";ct="60 110 112",</1/0>,</3>;ver=1.2,</3/0>,</3303>;ver="1.1",</3303/1>',
    );
    expect(found).toMatchObject({
      paths: ['/1/0', '/3', '/3/0', '/3303', '/3303/1'],
      rootPath: '/',
      formats: [60, 110, 112],
      others: [],
      outcome: Outcome.ok,
    });
    expect([...found.versions]).toEqual([
      [3, '1.2'],
      [3303, '1.1'],
    ]);
  });

  it('strips an alternate root', () => {
    expect(objects('</lwm2m>;rt="oma.lwm2m";ct=11543,</lwm2m/1/0>,</lwm2m/3/0>,</other/3/0>')).toMatchObject({
      paths: ['/1/0', '/3/0'],
      rootPath: '/lwm2m',
      formats: [11543],
      others: [{ target: '/other/3/0' }],
    });
  });

  it('reads attributes, dimensions and versions of a Discover', () => {
    const { links: found } = objects(
      '</3>;ver=1.1,</3/0>;pmin=10;pmax=60,</3/0/6>;dim=8,</3/0/9>;gt=50;lt;st=-1.5',
    );
    expect(found.map(({ path, attributes, dimension }) => [path, attributes, dimension])).toEqual([
      ['/3', {}, undefined],
      ['/3/0', { pmin: 10, pmax: 60 }, undefined],
      ['/3/0/6', {}, 8],
      ['/3/0/9', { gt: 50, lt: null, st: -1.5 }, undefined],
    ]);
  });

  it('reads the answer to a Bootstrap-Discover, root link or not', () => {
    for (const text of [
      '</>;lwm2m=1.1,</0/0>;ssid=101;uri="coaps://x",</0/1>',
      'lwm2m=1.1,</0/0>;ssid=101;uri="coaps://x",</0/1>',
    ]) {
      expect(objects(text)).toMatchObject({
        enabler: '1.1',
        paths: ['/0/0', '/0/1'],
        links: [{ shortServerId: 101, uri: 'coaps://x' }, {}],
      });
    }
  });

  it('accepts targets with a slash at the end and without one in front', () => {
    expect(objects('</3/0/>,<4/0>').paths).toEqual(['/3/0', '/4/0']);
  });

  it('gives what stands before a fault', () => {
    expect(objects('</3/0>,</4')).toMatchObject({ paths: ['/3/0'], outcome: Outcome.malformed });
  });
});
