import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultLine, readDefinitionFiles } from '../../src/lwm2m/registry/definition-files.ts';
import { readObjectXml } from '../../src/lwm2m/registry/object-xml.ts';
import { readXml } from '../../src/lwm2m/registry/xml-reader.ts';
import { ValueType } from '../../src/lwm2m/value.ts';
import { zipOf } from '../capture/write-zip.ts';
import { SOURCE, type SourceObject } from './registry-source.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A definition as OMA's files write it (LwM2M Core appendix D.2). */
function xmlOf(object: SourceObject): string {
  const instances = (multiple: number): string => (multiple === 1 ? 'Multiple' : 'Single');
  const mandatory = (value: number): string => (value === 1 ? 'Mandatory' : 'Optional');
  const items = object.resources.map(
    ([id, name, operations, multiple, needed, type, range, units]) => `<Item ID="${id}">
        <Name>${escaped(name)}</Name><Operations>${operations}</Operations>
        <MultipleInstances>${instances(multiple)}</MultipleInstances>
        <Mandatory>${mandatory(needed)}</Mandatory><Type>${type}</Type>
        <RangeEnumeration>${escaped(range)}</RangeEnumeration><Units>${escaped(units)}</Units>
        <Description><![CDATA[a < b & c]]></Description>
      </Item>`,
  );
  return `<Object ObjectType="MODefinition">
    <Name>${escaped(object.name)}</Name><Description1>x</Description1>
    <ObjectID>${object.id}</ObjectID><ObjectURN>urn:oma:lwm2m:x:${object.id}</ObjectURN>
    <LWM2MVersion>${object.lwm2m}</LWM2MVersion><ObjectVersion>${object.version}</ObjectVersion>
    <MultipleInstances>${instances(object.multiple)}</MultipleInstances>
    <Mandatory>${mandatory(object.mandatory)}</Mandatory>
    <Resources>${items.join('')}</Resources><Description2/>
  </Object>`;
}

const document = (...objects: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<!-- a comment -->\n<LWM2M xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="LWM2M.xsd">\n${objects.join('\n')}\n</LWM2M>\n`;

const ACME = `<Object ObjectType="MODefinition">
<Name>Acme Pump</Name>
<ObjectID>26300</ObjectID>
<ObjectVersion>1.1</ObjectVersion>
<MultipleInstances>Multiple</MultipleInstances>
<Mandatory>Optional</Mandatory>
<Resources>
<Item ID="1"><Name>Flow</Name><Operations>R</Operations><Type>Float</Type><RangeEnumeration>0..9</RangeEnumeration><Units>l/s</Units></Item>
<Item ID="2"><Name>Start</Name><Operations>E</Operations><Type></Type></Item>
</Resources>
</Object>`;

describe('readObjectXml', () => {
  it('reads a definition', () => {
    expect(readObjectXml(utf8(document(ACME)))).toEqual({
      faults: [],
      objects: [
        [
          26300,
          '1.1',
          'Acme Pump',
          '1.0',
          1,
          [
            [1, 'Flow', 'R', 0, ValueType.float, '0..9', 'l/s'],
            [2, 'Start', 'E', 0, ValueType.none, '', ''],
          ],
        ],
      ],
    });
  });

  it.skipIf(SOURCE === undefined)('reads all definitions of the registry (skipped where absent)', () => {
    const flat = (text: string): string => text.trim().replaceAll(/\s+/g, ' ');
    for (const object of SOURCE!) {
      const { objects, faults } = readObjectXml(utf8(document(xmlOf(object))));
      expect(faults).toEqual([]);
      expect(objects).toHaveLength(1);
      const [id, version, name, enabler, flags, resources] = objects[0]!;
      expect([id, version, name, enabler]).toEqual([
        object.id,
        object.version,
        flat(object.name),
        object.lwm2m,
      ]);
      expect(flags).toBe(object.multiple + 2 * object.mandatory);
      expect(resources.map(([one, title, operations]) => [one, title, operations])).toEqual(
        object.resources.map(([one, title, operations]) => [one, flat(title), operations]),
      );
      expect(resources.map(([, , , bits, , range, unit]) => [bits, range, unit])).toEqual(
        object.resources.map(([, , , multiple, mandatory, , range, unit]) => [
          multiple + 2 * mandatory,
          flat(range),
          flat(unit),
        ]),
      );
    }
  });

  it('reads UTF-16 and Latin-1 by what the file says', () => {
    const text = document(ACME.replace('Acme Pump', 'Pümpe'));
    const utf16 = new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));
    const latin = new Uint8Array(Buffer.from(text.replace('UTF-8', 'ISO-8859-1'), 'latin1'));
    for (const bytes of [utf8(text), utf8(`\ufeff${text}`), utf16, latin])
      expect(readObjectXml(bytes).objects[0]?.[2]).toBe('Pümpe');
  });

  // Line 4 of the document is the first of the object.
  it.each([
    ['<Type>Float</Type>', '<Type>Int</Type>', 11, /Type 'Int' of resource 1 is not known; types are String/],
    ['<Item ID="1">', '<Item>', 11, /a resource has no ID/],
    ['<Item ID="2">', '<Item ID="1">', 12, /resource 1 \(Start\) was defined already in line 11/],
    ['<Item ID="2">', '<Item ID="x">', 12, /'x' is no id/],
    ['<Item ID="2">', '<Item ID="65535">', 12, /'65535' is no id; ids are 0 to 65534/],
    ['0..9', '9..0', 11, /the range 9\.\.0 ends before it begins/],
    ['<Operations>R<', '<Operations>RX<', 11, /operations 'RX' of resource 1/],
    ['>Multiple<', '>Many<', 8, /<MultipleInstances> is 'Many'; it is Single or Multiple/],
    ['>1.1<', '>one<', 7, /<ObjectVersion> is 'one'/],
    ['<ObjectID>26300</ObjectID>', '', 4, /<Object> lacks <ObjectID>/],
    ['<Name>Flow</Name>', '', 11, /<Item> lacks <Name>/],
    ['<Name>Flow</Name>', '<Name>Flow</Name><Name>x</Name>', 11, /<Name> stands twice in <Item>/],
    ['MODefinition', 'Other', 4, /ObjectType is 'Other'/],
    ['</Resources>', '', 14, /<\/Object> stands where <Resources> of line 10 is to be closed/],
    ['Acme Pump', 'Acme & Pump', 5, /an & begins no entity/],
    ['Acme Pump', '&acme;', 5, /the entity &acme; is not known/],
    ['Acme Pump', 'Acme &#0; Pump', 5, /the entity &#0; is not known/],
  ] as [string, string, number, RegExp][])('says where %s as %s is wrong', (right, wrong, line, text) => {
    const { objects, faults } = readObjectXml(utf8(document(ACME.replace(right, wrong))));
    expect(objects).toEqual([]);
    expect(faults[0]!.line).toBe(line);
    expect(faults[0]!.column).toBeGreaterThan(0);
    expect(faults[0]!.text).toMatch(text);
  });

  it('reads the other objects of a file with a broken one', () => {
    const other = ACME.replace('26300', '26301');
    const { objects, faults } = readObjectXml(utf8(document(ACME.replace('Float', 'Int'), other)));
    expect(objects.map(([id]) => id)).toEqual([26301]);
    expect(faults).toHaveLength(1);
  });

  it.each([
    ['', /no element/],
    ['{"a":1}', /text stands outside/],
    ['<a/>', /the document's element is <a>/],
    ['<LWM2M/>', /holds no <Object>/],
    ['<LWM2M>', /<LWM2M> is not closed/],
    ['<LWM2M/><LWM2M/>', /a second element/],
    ['<!DOCTYPE LWM2M [<!ENTITY a "aaaa">]><LWM2M/>', /document types .* are not accepted/],
    ['<?xml version="1.0" encoding="klingon"?><LWM2M/>', /encoding klingon is not known/],
    ['<a>'.repeat(40), /nested deeper than 32/],
    ['<LWM2M a="1" a="2"/>', /attribute a stands twice/],
    ['<LWM2M a=1/>', /not in quotes/],
    ['<!-- <LWM2M/>', /a comment does not end/],
  ])('refuses %j', (text, reason) => {
    const { objects, faults } = readObjectXml(utf8(text));
    expect(objects).toEqual([]);
    expect(faults[0]!.text).toMatch(reason);
  });

  it('refuses bytes that are no text, and files that are too long', () => {
    expect(readObjectXml(new Uint8Array([0x3c, 0xff, 0x3e])).faults[0]!.text).toMatch(/no text in utf-8/);
    expect(readObjectXml(new Uint8Array((4 << 20) + 1)).faults[0]!.text).toMatch(/longer than/);
  });

  it('says of a document cut anywhere what is wrong', () => {
    const text = document(ACME).trimEnd();
    for (let length = 0; length < text.length; length++) {
      const result = readXml(text.slice(0, length));
      expect(result.ok, String(length)).toBe(false);
    }
  });

  it('takes anything without throwing', () => {
    const piece = fc.constantFrom(
      ...[
        '<',
        '>',
        '</',
        '/>',
        '<LWM2M>',
        '<Object>',
        '<Item ID="',
        '"',
        '&#x41;',
        '&',
        ';',
        ']]>',
        '<![CDATA[',
      ],
      ...['<!--', '-->', '<?', '?>', '<!', 'Name', '=', ' ', '\n', 'ObjectID', '1', '\u0000', 'é'],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (parts) => {
        const result = readXml(parts.join(''));
        if (!result.ok) expect(result.fault.line).toBeGreaterThan(0);
      }),
    );
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), (at, byte) => {
        const bytes = utf8(document(ACME));
        bytes[at % bytes.length] = byte;
        readObjectXml(bytes);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readObjectXml(bytes)));
  });
});

describe('readDefinitionFiles', () => {
  const file = (name: string, text: string): { name: string; bytes: Uint8Array } => ({
    name,
    bytes: utf8(document(text)),
  });

  it('takes the later of two definitions and says so', () => {
    const { definitions, notes } = readDefinitionFiles([
      file('a.xml', ACME),
      file('b.xml', ACME.replace('Acme', 'Other')),
    ]);
    expect(definitions).toHaveLength(1);
    expect(definitions[0]).toMatchObject({ source: 'b.xml' });
    expect(notes).toEqual(['b.xml: /26300 1.1 takes the place of the one in a.xml']);
  });

  it('reads an archive', () => {
    const bytes = zipOf([
      { name: 'one/26300.xml', bytes: utf8(document(ACME)), deflate: true },
      { name: '__MACOSX/one/._26300.xml', bytes: utf8('x'), deflate: false },
      { name: 'README', bytes: utf8('x'), deflate: false },
    ]);
    const { definitions, faults } = readDefinitionFiles([{ name: 'acme.zip', bytes }]);
    expect(faults).toEqual([]);
    expect(definitions[0]).toMatchObject({ source: 'acme.zip/one/26300.xml' });
  });

  it('says in which file something is wrong', () => {
    const broken = file('a.xml', ACME.replace('Float', 'Int'));
    const inside = zipOf([{ name: 'b.xml', bytes: broken.bytes, deflate: true }]);
    const empty = zipOf([{ name: 'README', bytes: utf8('x'), deflate: false }]);
    const { faults } = readDefinitionFiles([
      broken,
      { name: 'c.zip', bytes: inside },
      { name: 'd.zip', bytes: empty },
    ]);
    expect(faults.map(faultLine)).toEqual([
      expect.stringMatching(/^a\.xml:11:\d+: the Type 'Int'/),
      expect.stringMatching(/^c\.zip\/b\.xml:11:\d+: the Type 'Int'/),
      'd.zip: the archive holds no .xml file',
    ]);
  });
});
