import { VALUE_TYPE_NAMES, ValueType, type ValueTypeCode } from '../value.ts';
import { type CompactObject, type CompactResource, MANDATORY, MULTIPLE } from './object-definition.ts';
import { parseRange } from './value-range.ts';
import { isVersion } from './version-choice.ts';
import { readXml, type TextFault, type XmlElement } from './xml-reader.ts';

/** What a file of object definitions holds. Objects with a fault are left out; `faults` says what is wrong in them. */
export interface ObjectXml {
  objects: CompactObject[];
  faults: TextFault[];
}

/** Largest file, in bytes. */
export const MAX_XML_BYTES = 4 << 20;
/** Objects of one file. */
const MAX_OBJECTS = 1000;
/** Resources of one object; ids above 32767 are reserved, and no object of the OMA registry has more than 200. */
const MAX_RESOURCES = 10_000;
/** Faults that are told of one file. */
const MAX_FAULTS = 100;
/** 65535 is reserved (LwM2M Core §7.4). */
const MAX_ID = 65_534;
/** Names and units are not longer, in UTF-16 units. */
const MAX_TEXT = 500;

/** Operations of a resource (LwM2M Core appendix D.1); empty where only a bootstrap server may touch it. */
const OPERATIONS: ReadonlySet<string> = new Set(['', 'R', 'W', 'RW', 'E']);
const ENCODING = /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/;

/**
 * Reads the object definitions of a file in OMA's XML (schemas LWM2M.xsd of version 1.0 and 1.1; LwM2M Core appendix
 * D.2): an `LWM2M` element with `Object` elements. Elements may stand in any order; unknown ones are passed over. What
 * is wrong is told with line and column.
 */
export function readObjectXml(bytes: Uint8Array): ObjectXml {
  const text = decodeXml(bytes);
  if (typeof text !== 'string') return { objects: [], faults: [text] };
  const document = readXml(text);
  if (!document.ok) return { objects: [], faults: [document.fault] };
  return new ObjectReader().read(document.root);
}

/** The text of a document by its byte order mark or its declaration; UTF-8 without either (XML 1.0 §4.3.3). */
function decodeXml(bytes: Uint8Array): string | TextFault {
  const fault = (text: string): TextFault => ({ line: 1, column: 1, text });
  if (bytes.length > MAX_XML_BYTES) return fault(`the file is longer than ${MAX_XML_BYTES} bytes`);
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const declared = ENCODING.exec(new TextDecoder().decode(bytes.subarray(0, 200)))?.[1] ?? 'utf-8';
  const label = isUtf16 ? (first === 0xff ? 'utf-16le' : 'utf-16be') : declared;
  const decoder = decoderOf(label);
  if (decoder === undefined) return fault(`the encoding ${label} is not known here`);
  try {
    return decoder.decode(bytes);
  } catch {
    return fault(`the bytes are no text in ${label}`);
  }
}

function decoderOf(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    return undefined;
  }
}

/** Keeps the faults while the elements of one document are looked at. */
class ObjectReader {
  readonly #faults: TextFault[] = [];

  read(root: XmlElement): ObjectXml {
    if (root.name !== 'LWM2M') {
      this.#fault(root, `the document's element is <${root.name}>; object definitions stand in <LWM2M>`);
      return { objects: [], faults: this.#faults };
    }
    const elements = root.children.filter(({ name }) => name === 'Object');
    if (elements.length === 0) this.#fault(root, '<LWM2M> holds no <Object>');
    if (elements.length > MAX_OBJECTS)
      this.#fault(elements[MAX_OBJECTS]!, `more than ${MAX_OBJECTS} objects`);
    const objects: CompactObject[] = [];
    for (const element of elements.slice(0, MAX_OBJECTS)) {
      const before = this.#faults.length;
      const object = this.#object(element);
      if (object !== undefined && this.#faults.length === before) objects.push(object);
      if (this.#faults.length >= MAX_FAULTS) break;
    }
    return { objects, faults: this.#faults.slice(0, MAX_FAULTS) };
  }

  #fault({ line, column }: XmlElement, text: string): undefined {
    this.#faults.push({ line, column, text });
    return undefined;
  }

  #object(element: XmlElement): CompactObject | undefined {
    const kind = element.attributes.get('ObjectType');
    if (kind !== undefined && kind !== 'MODefinition')
      return this.#fault(element, `ObjectType is '${kind}'; definitions have MODefinition`);
    this.#refuseTwice(element);
    const id = this.#id(this.#child(element, 'ObjectID', true));
    const name = this.#text(element, 'Name', true);
    const version = this.#version(element, 'ObjectVersion');
    const enabler = this.#version(element, 'LWM2MVersion');
    const flags = this.#flags(element);
    const container = this.#child(element, 'Resources', true);
    const resources = container === undefined ? [] : this.#resources(container);
    return id === undefined ? undefined : [id, version, name, enabler, flags, resources];
  }

  #resources(container: XmlElement): CompactResource[] {
    const items = container.children.filter(({ name }) => name === 'Item');
    if (items.length > MAX_RESOURCES) {
      this.#fault(items[MAX_RESOURCES]!, `more than ${MAX_RESOURCES} resources`);
      return [];
    }
    const lines = new Map<number, number>();
    const resources: CompactResource[] = [];
    for (const item of items) {
      const given = item.attributes.get('ID');
      if (given === undefined) {
        this.#fault(item, 'a resource has no ID: <Item ID="…">');
        continue;
      }
      const id = this.#id(item, given);
      const name = this.#text(item, 'Name', true);
      if (id === undefined) continue;
      const earlier = lines.get(id);
      if (earlier !== undefined)
        this.#fault(item, `resource ${id} (${name}) was defined already in line ${earlier}`);
      lines.set(id, item.line);
      resources.push(this.#resource(item, id, name));
    }
    return resources;
  }

  #resource(item: XmlElement, id: number, name: string): CompactResource {
    this.#refuseTwice(item);
    const operations = this.#text(item, 'Operations', false).replaceAll(/[\s,]/g, '').toUpperCase();
    const known = operations === 'WR' ? 'RW' : operations;
    if (!OPERATIONS.has(known))
      this.#fault(
        this.#child(item, 'Operations') ?? item,
        `the operations '${operations}' of resource ${id} are not known; known are R, W, RW and E`,
      );
    const type = this.#type(item, id);
    const range = this.#text(item, 'RangeEnumeration', false, Number.POSITIVE_INFINITY);
    const limits = parseRange(range, type);
    if (typeof limits === 'string') this.#fault(this.#child(item, 'RangeEnumeration') ?? item, limits);
    return [id, name, known, this.#flags(item), type, range, this.#text(item, 'Units', false)];
  }

  #type(item: XmlElement, id: number): ValueTypeCode {
    const text = this.#text(item, 'Type', false);
    // One resource of the OMA registry can be read and has no type.
    if (text === '' || /^none$/i.test(text)) return ValueType.none;
    const wanted = text.replaceAll(/\s+/g, ' ').toLowerCase();
    const type = VALUE_TYPE_NAMES.findIndex((candidate) => candidate.toLowerCase() === wanted);
    if (type > ValueType.none && type < ValueType.unknown) return type as ValueTypeCode;
    this.#fault(
      this.#child(item, 'Type') ?? item,
      `the Type '${text}' of resource ${id} is not known; types are ${VALUE_TYPE_NAMES.slice(1, -1).join(', ')}`,
    );
    return ValueType.none;
  }

  #flags(element: XmlElement): number {
    return (
      this.#choice(element, 'MultipleInstances', 'Single', 'Multiple') * MULTIPLE +
      this.#choice(element, 'Mandatory', 'Optional', 'Mandatory') * MANDATORY
    );
  }

  /** 1 for `yes`, 0 for `no`, and for an element that is absent. */
  #choice(element: XmlElement, name: string, no: string, yes: string): 0 | 1 {
    const text = this.#text(element, name, false);
    const given = text.toLowerCase();
    if (given === yes.toLowerCase()) return 1;
    if (given !== '' && given !== no.toLowerCase())
      this.#fault(this.#child(element, name) ?? element, `<${name}> is '${text}'; it is ${no} or ${yes}`);
    return 0;
  }

  #version(element: XmlElement, name: string): string {
    const text = this.#text(element, name, false);
    if (text === '') return '1.0';
    if (!isVersion(text))
      this.#fault(this.#child(element, name) ?? element, `<${name}> is '${text}'; a version is such as 1.0`);
    return text;
  }

  /** The id of an object or a resource: the text of its element, or what an attribute says. */
  #id(element: XmlElement | undefined, given?: string): number | undefined {
    if (element === undefined) return undefined;
    const text = (given ?? element.text).trim();
    if (/^\d{1,5}$/.test(text) && Number(text) <= MAX_ID) return Number(text);
    return this.#fault(element, `'${text}' is no id; ids are 0 to ${MAX_ID}`);
  }

  /** An element inside an object or a resource says one thing. */
  #refuseTwice(element: XmlElement): void {
    const names = new Set<string>();
    for (const child of element.children) {
      if (names.has(child.name)) this.#fault(child, `<${child.name}> stands twice in <${element.name}>`);
      names.add(child.name);
    }
  }

  #text(element: XmlElement, name: string, isNeeded: boolean, longest = MAX_TEXT): string {
    const child = this.#child(element, name, isNeeded);
    const text = (child?.text ?? '').trim().replaceAll(/\s+/g, ' ');
    if (isNeeded && child !== undefined && text === '') this.#fault(child, `<${name}> is empty`);
    if (text.length > longest) this.#fault(child!, `<${name}> is longer than ${longest} characters`);
    return text.slice(0, longest);
  }

  #child(element: XmlElement, wanted: string, isNeeded = false): XmlElement | undefined {
    const found = element.children.filter(({ name }) => name === wanted);
    if (found.length === 0 && isNeeded) this.#fault(element, `<${element.name}> lacks <${wanted}>`);
    return found[0];
  }
}
