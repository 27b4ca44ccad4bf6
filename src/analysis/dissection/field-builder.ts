import type { MessageRow } from '../../capture/units.ts';
import type { FieldNode } from '../protocol.ts';

/** What a field may have beside its label and bytes. */
export interface FieldDetail {
  value?: string;
  filter?: string;
  clause?: string;
  severity?: FieldNode['severity'];
  link?: MessageRow;
  sensitive?: FieldNode['sensitive'];
}

/** Builds a field tree over one byte view; ranges count from the view's first byte. */
export class FieldBuilder {
  readonly roots: FieldNode[] = [];
  readonly #open: FieldNode[] = [];

  /** `shift` is added to every range, where what is read stands inside the view. */
  constructor(
    private readonly view: number,
    private readonly shift = 0,
  ) {}

  /** Adds a field that may have children until `close`. */
  open(label: string, start: number, end: number, detail: FieldDetail = {}): FieldNode {
    const node = this.add(label, start, end, detail);
    node.children = [];
    this.#open.push(node);
    return node;
  }

  close(): void {
    this.#open.pop();
  }

  /** Adds a field without children; `start === end` for one that has no bytes of its own. */
  add(label: string, start: number, end: number, detail: FieldDetail = {}): FieldNode {
    const node: FieldNode = {
      label,
      view: this.view,
      start: start + this.shift,
      length: end - start,
      ...detail,
    };
    const parent = this.#open.at(-1);
    (parent?.children ?? this.roots).push(node);
    return node;
  }
}
