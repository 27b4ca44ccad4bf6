import type { Dissection, FieldNode } from '../../analysis/protocol.ts';

/** The deepest field that holds a byte, or undefined. Of fields alike in length the later, deeper one. */
export function fieldAt(fields: readonly FieldNode[], view: number, offset: number): FieldNode | undefined {
  let best: FieldNode | undefined;
  const search = (nodes: readonly FieldNode[]): void => {
    for (const node of nodes) {
      const holds = node.view === view && offset >= node.start && offset < node.start + node.length;
      if (holds && (!best || node.length <= best.length)) best = node;
      if (node.children) search(node.children);
    }
  };
  search(fields);
  return best;
}

/** What field tree and bytes light in each other: where the pointer is, else what was chosen. */
export class ByteLight {
  hovered = $state.raw<FieldNode | undefined>();
  chosen = $state.raw<FieldNode | undefined>();
  /** Index of the byte view that is shown. */
  view = $state(0);

  readonly lit: FieldNode | undefined = $derived(this.hovered ?? this.chosen);

  /** Chooses a field and shows the bytes it lies in. */
  choose(field: FieldNode | undefined): void {
    this.chosen = field;
    if (field && field.length > 0) this.view = field.view;
  }

  /** Another message is shown. */
  reset(dissection: Dissection | undefined): void {
    this.hovered = undefined;
    this.chosen = undefined;
    if (this.view >= (dissection?.views.length ?? 0)) this.view = 0;
  }
}
