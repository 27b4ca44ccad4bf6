/** An element of an XML document. */
export interface XmlElement {
  /** Name without its namespace prefix. */
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, of all places in it together, entities resolved. */
  readonly text: string;
  /** Place of its `<` in the document, both from 1; the column counts UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

/** What is wrong in a text and where; line and column count from 1. */
export interface TextFault {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export type XmlResult = { ok: true; root: XmlElement } | { ok: false; fault: TextFault };

/** Longest document, in UTF-16 units. The largest definition of the OMA registry has about 100,000. */
const MAX_LENGTH = 4 << 20;
/** Elements of one document. */
const MAX_ELEMENTS = 200_000;
/** Elements inside each other; object definitions have 5. */
const MAX_DEPTH = 32;
/** Attributes of one element. */
const MAX_ATTRIBUTES = 64;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

const NAME = /[\p{L}_:][\p{L}\p{N}\p{M}_:.\u00b7-]*/uy;
const SPACE = /[ \t\r\n]*/y;
const NUMERIC = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i;
/** Characters that XML does not allow, also not by number (XML 1.0 §2.2). */
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** An element whose end was not read yet. */
interface OpenElement {
  name: string;
  fullName: string;
  attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
  text: string;
  at: number;
}

/** Leaves the reading of one document with the place and the reason; never leaves `readXml`. */
class Stop extends Error {
  constructor(
    readonly at: number,
    reason: string,
  ) {
    super(reason);
  }
}

/**
 * Reads an XML document (XML 1.0, without validation): declaration, comments, CDATA, processing instructions,
 * attributes, the five entities and character references. A document type is refused, since it can define entities
 * that grow without limit. Length, depth and counts are bounded. The first fault ends the reading.
 */
export function readXml(text: string): XmlResult {
  if (text.length > MAX_LENGTH)
    return {
      ok: false,
      fault: { line: 1, column: 1, text: `the document is longer than ${MAX_LENGTH} characters` },
    };
  const lines = new Lines(text);
  try {
    return { ok: true, root: new Reader(text, lines).document() };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { ok: false, fault: { ...lines.placeOf(error.at), text: error.message } };
  }
}

/** Where the lines of a text begin. */
class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  /** Line and column of an offset, both from 1. */
  placeOf(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 };
  }
}

class Reader {
  #at = 0;
  #elements = 0;

  constructor(
    private readonly text: string,
    private readonly lines: Lines,
  ) {}

  document(): XmlElement {
    const { text } = this;
    if (text.startsWith('\ufeff')) this.#at = 1;
    const open: OpenElement[] = [];
    let root: XmlElement | undefined;
    while (this.#at < text.length) {
      const top = open.at(-1);
      const next = text.indexOf('<', this.#at);
      const end = next < 0 ? text.length : next;
      if (end > this.#at) this.#characters(end, top);
      if (next < 0) break;
      if (text.startsWith('<!--', next)) this.#pass('-->', 4, 'a comment');
      else if (text.startsWith('<![CDATA[', next)) this.#cdata(top);
      else if (text.startsWith('<?', next)) this.#pass('?>', 2, 'a processing instruction');
      else if (text.startsWith('<!', next))
        throw new Stop(next, 'document types (<!DOCTYPE …>) are not accepted, for they may define entities');
      else if (text.startsWith('</', next)) {
        const ended = this.#endTag(open);
        const parent = open.at(-1);
        if (parent === undefined) root = ended;
        else parent.children.push(ended);
      } else {
        if (root !== undefined) throw new Stop(next, 'a second element stands beside the document’s own');
        if (open.length === MAX_DEPTH) throw new Stop(next, `elements are nested deeper than ${MAX_DEPTH}`);
        if (++this.#elements > MAX_ELEMENTS)
          throw new Stop(next, `there are more than ${MAX_ELEMENTS} elements`);
        const { element, isEmpty } = this.#startTag();
        if (!isEmpty) open.push(element);
        else if (top === undefined) root = this.#finished(element);
        else top.children.push(this.#finished(element));
      }
    }
    const unclosed = open.at(-1);
    if (unclosed !== undefined) throw new Stop(unclosed.at, `<${unclosed.fullName}> is not closed`);
    if (root === undefined) throw new Stop(0, 'there is no element: this is no XML document');
    return root;
  }

  #finished({ name, attributes, children, text, at }: OpenElement): XmlElement {
    return { name, attributes, children, text, ...this.lines.placeOf(at) };
  }

  #characters(end: number, top: OpenElement | undefined): void {
    const raw = this.text.slice(this.#at, end);
    if (top === undefined) {
      const first = raw.search(/[^ \t\r\n]/);
      if (first >= 0) throw new Stop(this.#at + first, 'text stands outside of the document’s element');
    } else top.text += this.#resolved(raw, this.#at);
    this.#at = end;
  }

  /** Text with its references resolved. */
  #resolved(raw: string, at: number): string {
    const forbidden = raw.search(FORBIDDEN);
    if (forbidden >= 0) throw new Stop(at + forbidden, 'a control character is not allowed in XML');
    if (!raw.includes('&')) return raw;
    return raw.replace(/&([^;&\s]{0,32});?/g, (whole, name: string, offset: number) => {
      const isReference = whole.endsWith(';') && name !== '';
      const resolved = isReference ? (ENTITIES.get(name) ?? characterOf(name)) : undefined;
      if (resolved === undefined)
        throw new Stop(
          at + offset,
          isReference ? `the entity ${whole} is not known` : 'an & begins no entity; it is written &amp;',
        );
      return resolved;
    });
  }

  #pass(end: string, length: number, what: string): void {
    const found = this.text.indexOf(end, this.#at + length);
    if (found < 0) throw new Stop(this.#at, `${what} does not end`);
    this.#at = found + end.length;
  }

  #cdata(top: OpenElement | undefined): void {
    const start = this.#at;
    this.#pass(']]>', 9, 'a CDATA section');
    if (top === undefined) throw new Stop(start, 'text stands outside of the document’s element');
    top.text += this.text.slice(start + 9, this.#at - 3);
  }

  #endTag(open: OpenElement[]): XmlElement {
    const start = this.#at;
    this.#at += 2;
    const name = this.#name(start, 'an end tag has no name');
    this.#space();
    if (this.text[this.#at] !== '>') throw new Stop(start, `the end tag </${name}> does not end`);
    this.#at++;
    const element = open.pop();
    if (element === undefined) throw new Stop(start, `</${name}> closes nothing`);
    if (element.fullName !== name) {
      const { line } = this.lines.placeOf(element.at);
      throw new Stop(start, `</${name}> stands where <${element.fullName}> of line ${line} is to be closed`);
    }
    return this.#finished(element);
  }

  #startTag(): { element: OpenElement; isEmpty: boolean } {
    const at = this.#at++;
    const fullName = this.#name(at, 'a < begins no tag; it is written &lt;');
    const attributes = new Map<string, string>();
    for (;;) {
      const hadSpace = this.#space();
      const isEmpty = this.text.startsWith('/>', this.#at);
      if (isEmpty || this.text[this.#at] === '>') {
        this.#at += isEmpty ? 2 : 1;
        const name = fullName.slice(fullName.indexOf(':') + 1);
        return { element: { name, fullName, attributes, children: [], text: '', at }, isEmpty };
      }
      if (!hadSpace || this.#at >= this.text.length) throw new Stop(at, `the tag <${fullName}> does not end`);
      this.#attribute(attributes);
    }
  }

  #attribute(attributes: Map<string, string>): void {
    const at = this.#at;
    const name = this.#name(at, 'an attribute has no name');
    this.#space();
    if (this.text[this.#at] !== '=') throw new Stop(at, `the attribute ${name} has no value`);
    this.#at++;
    this.#space();
    const quote = this.text[this.#at];
    const end = quote === '"' || quote === "'" ? this.text.indexOf(quote, this.#at + 1) : -1;
    if (end < 0) throw new Stop(at, `the value of the attribute ${name} stands not in quotes`);
    const raw = this.text.slice(this.#at + 1, end);
    if (raw.includes('<')) throw new Stop(at, `the value of the attribute ${name} holds a <`);
    if (attributes.has(name)) throw new Stop(at, `the attribute ${name} stands twice`);
    if (attributes.size === MAX_ATTRIBUTES)
      throw new Stop(at, `an element has more than ${MAX_ATTRIBUTES} attributes`);
    attributes.set(name, this.#resolved(raw, this.#at + 1));
    this.#at = end + 1;
  }

  #name(at: number, otherwise: string): string {
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.text)?.[0];
    if (name === undefined) throw new Stop(at, otherwise);
    this.#at += name.length;
    return name;
  }

  /** Passes white space; gives whether there was any. */
  #space(): boolean {
    SPACE.lastIndex = this.#at;
    const length = SPACE.exec(this.text)![0].length;
    this.#at += length;
    return length > 0;
  }
}

/** The character of a reference by number; undefined where it is none that XML allows. */
function characterOf(name: string): string | undefined {
  const match = NUMERIC.exec(name);
  if (match === null) return undefined;
  const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  const character = String.fromCodePoint(code);
  return FORBIDDEN.test(character) ? undefined : character;
}
