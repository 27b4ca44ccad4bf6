import { type Fault, Outcome, type OutcomeCode } from '../../capture/outcome.ts';

/** Links that one content may hold; more are not read. */
export const MAX_LINKS = 16_384;
/** Parameters that one link may have; more are not read. */
export const MAX_PARAMETERS = 64;

const CLAUSE = 'RFC 6690 §2';

/** A parameter of a link; `value` is undefined where it has none. Positions count from the content's first byte. */
export interface LinkParameter {
  name: string;
  /** Without the quotes. */
  value: string | undefined;
  start: number;
  end: number;
}

/** A link: a target and what is said of it. Positions count from the content's first byte. */
export interface Link {
  /** What stands between `<` and `>`; empty for parameters without a target. */
  target: string;
  parameters: LinkParameter[];
  start: number;
  end: number;
}

/** The links of a content; those before a fault are there. */
export interface LinkList {
  links: Link[];
  outcome: OutcomeCode;
  fault?: Fault;
}

const decoder = new TextDecoder();

/** Bytes that divide; ASCII never occurs inside a longer UTF-8 sequence. */
const Sign = {
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  semicolon: 0x3b,
  less: 0x3c,
  greater: 0x3e,
  equals: 0x3d,
};

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** Reads one content; a cursor over its bytes. */
class LinkReader {
  readonly links: Link[] = [];
  outcome: OutcomeCode = Outcome.ok;
  #position: number;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly start: number,
    private readonly end: number,
  ) {
    this.#position = start;
  }

  read(): Fault | undefined {
    this.#skipSpace();
    while (this.#position < this.end) {
      if (this.links.length === MAX_LINKS) return this.#beyondLimit(`more than ${MAX_LINKS} links`);
      const fault = this.#readLink();
      if (fault !== undefined) return fault;
      this.#skipSpace();
      if (this.#position === this.end) break;
      if (this.bytes[this.#position] !== Sign.comma) return this.#fault('a comma is missing between links');
      this.#position++;
      this.#skipSpace();
      // A comma at the end, as some stacks write it, ends the list.
    }
    return undefined;
  }

  #readLink(): Fault | undefined {
    const start = this.#position;
    const link: Link = { target: '', parameters: [], start: start - this.start, end: start - this.start };
    let hasTarget = false;
    if (this.bytes[start] === Sign.less) {
      const close = this.bytes.indexOf(Sign.greater, start);
      if (close < 0 || close >= this.end) return this.#fault('a link target is not closed');
      link.target = this.#text(start + 1, close);
      this.#position = close + 1;
      hasTarget = true;
    }
    // Parameters without a target, such as `lwm2m=1.0,</0>`, come from answers to Bootstrap-Discover.
    if (!hasTarget) {
      const fault = this.#readParameter(link);
      if (fault !== undefined) return fault;
    }
    for (;;) {
      this.#skipSpace();
      if (this.bytes[this.#position] !== Sign.semicolon || this.#position >= this.end) break;
      this.#position++;
      this.#skipSpace();
      const fault = this.#readParameter(link);
      if (fault !== undefined) {
        link.end = fault.offset ?? link.end;
        this.links.push(link);
        return fault;
      }
    }
    link.end = this.#position - this.start;
    if (hasTarget || link.parameters.length > 0) this.links.push(link);
    return undefined;
  }

  #readParameter(link: Link): Fault | undefined {
    const start = this.#position;
    if (link.parameters.length === MAX_PARAMETERS) {
      return this.#beyondLimit(`more than ${MAX_PARAMETERS} parameters`);
    }
    while (this.#position < this.end && !this.#endsToken() && this.bytes[this.#position] !== Sign.equals) {
      this.#position++;
    }
    const name = this.#text(start, this.#position).trim();
    const hasValue = this.#position < this.end && this.bytes[this.#position] === Sign.equals;
    if (name === '') {
      // Two semicolons, or one at the end, mean nothing.
      return hasValue ? this.#fault('a parameter has no name') : undefined;
    }
    let value: string | undefined;
    if (hasValue) {
      this.#position++;
      if (this.#position < this.end && this.bytes[this.#position] === Sign.quote) {
        value = this.#readQuoted();
        if (value === undefined) return this.#fault('a quoted string is not closed');
      } else {
        const from = this.#position;
        while (this.#position < this.end && !this.#endsToken()) this.#position++;
        value = this.#text(from, this.#position).trim();
      }
    }
    link.parameters.push({ name, value, start: start - this.start, end: this.#position - this.start });
    return undefined;
  }

  /** The string behind the quote at the position; undefined, with the position kept, where it is not closed. */
  #readQuoted(): string | undefined {
    const from = this.#position + 1;
    let escaped = false;
    for (let position = from; position < this.end; position++) {
      const byte = this.bytes[position];
      if (byte === Sign.backslash) {
        escaped = true;
        position++;
      } else if (byte === Sign.quote) {
        this.#position = position + 1;
        const text = this.#text(from, position);
        return escaped ? text.replace(/\\(.)/gs, '$1') : text;
      }
    }
    return undefined;
  }

  #endsToken(): boolean {
    const byte = this.bytes[this.#position];
    return byte === Sign.comma || byte === Sign.semicolon || byte === Sign.less;
  }

  #skipSpace(): void {
    while (this.#position < this.end && isSpace(this.bytes[this.#position]!)) this.#position++;
  }

  #text(start: number, end: number): string {
    return decoder.decode(this.bytes.subarray(start, end));
  }

  #beyondLimit(text: string): Fault {
    this.outcome = Outcome.unsupported;
    return { text, offset: this.#position - this.start };
  }

  #fault(text: string): Fault {
    this.outcome = Outcome.malformed;
    return { text, offset: this.#position - this.start, clause: CLAUSE };
  }
}

/**
 * Reads CoRE link format (content format 40; RFC 6690 §2, LwM2M Core §7.3). Tolerated: spaces around separators,
 * parameters without value or without target, a comma or semicolon too much. What stood before a fault is given.
 */
export function readLinks(bytes: Uint8Array, start: number, end: number): LinkList {
  const reader = new LinkReader(bytes, start, end);
  const fault = reader.read();
  return fault === undefined
    ? { links: reader.links, outcome: reader.outcome }
    : { links: reader.links, outcome: reader.outcome, fault };
}
