import { SvelteSet } from 'svelte/reactivity';
import type { Dissection, FieldNode } from '../../analysis/protocol.ts';
import type { Session } from '../session.svelte.ts';

/** Covers the values that are secrets, and their bytes, until the person asks for one of them or for all. */
export class SecretCover {
  readonly #asked = new SvelteSet<FieldNode>();
  #secrets = $state.raw<readonly FieldNode[]>([]);

  constructor(private readonly session: Session) {}

  /** Another message is shown; what was asked for in the one before is covered again. */
  reset(dissection: Dissection | undefined): void {
    this.#asked.clear();
    const secrets: FieldNode[] = [];
    const collect = (nodes: readonly FieldNode[]): void => {
      for (const node of nodes) {
        if (node.sensitive !== undefined) secrets.push(node);
        if (node.children) collect(node.children);
      }
    };
    collect(dissection?.fields ?? []);
    this.#secrets = secrets;
  }

  /** Whether a field's value is not to be seen. */
  covers(node: FieldNode): boolean {
    return node.sensitive !== undefined && !this.session.showSecrets && !this.#asked.has(node);
  }

  /** Whether a byte is part of a value that is not to be seen. */
  coversByte(view: number, offset: number): boolean {
    return this.#secrets.some(
      (node) =>
        node.view === view && offset >= node.start && offset < node.start + node.length && this.covers(node),
    );
  }

  /** Shows one value, or covers it again. */
  toggle(node: FieldNode): void {
    if (!this.#asked.delete(node)) this.#asked.add(node);
  }
}
