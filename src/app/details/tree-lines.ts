import type { FieldNode } from '../../analysis/protocol.ts';

/** Children of one field shown before the rest is asked for. */
const FIRST_CHILDREN = 200;

/** One line of the field tree as it is shown. */
export interface TreeLine {
  /** Labels from the root, with a number where siblings share one; the same field of another message has the same. */
  path: string;
  node: FieldNode;
  depth: number;
  expanded: boolean | undefined;
  /** Place among its siblings, from 1. */
  position: number;
  siblings: number;
  /** On a line that stands for the children not shown: path of the field that has them. */
  restOf?: string;
}

/** What the person opened, closed and asked to see in full, by path; it holds for the next message too. */
export interface TreeShape {
  expanded: ReadonlyMap<string, boolean>;
  full: ReadonlySet<string>;
}

/** Layers below CoAP: closed until someone opens them. */
const LOWER_LAYERS =
  /^(Frame|Ethernet|Linux|Loopback|Null|802|IEEE|Raw|IPv?[46]|UDP|TCP|DTLS|TLS|6LoWPAN|VLAN|PPP|MPLS)/i;

function expandedAtFirst(node: FieldNode, depth: number, parent: string): boolean {
  if (depth === 0) return !LOWER_LAYERS.test(node.label);
  // An option's line says what matters; the parts of its encoding are for those who look closer.
  return depth < 3 && !parent.startsWith('/CoAP');
}

/** Name of a field in paths: a layer's own number (`Frame 7`) differs from message to message and is left out. */
function nameOf(node: FieldNode, depth: number): string {
  return depth === 0 ? node.label.replace(/ \d+$/, '') : node.label;
}

/** The lines of a field tree, as far as it is open, in the order in which they are shown. */
export function treeLines(fields: readonly FieldNode[], shape: TreeShape): TreeLine[] {
  const lines: TreeLine[] = [];
  const add = (nodes: readonly FieldNode[], parent: string, depth: number): void => {
    const seen = new Map<string, number>();
    const most = shape.full.has(parent) ? nodes.length : Math.min(nodes.length, FIRST_CHILDREN);
    for (let index = 0; index < most; index++) {
      const node = nodes[index]!;
      const name = nameOf(node, depth);
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const path = `${parent}/${name}${count > 1 ? `#${count}` : ''}`;
      const parentNode = node.children !== undefined && node.children.length > 0;
      const expanded = parentNode
        ? (shape.expanded.get(path) ?? expandedAtFirst(node, depth, parent))
        : undefined;
      const line: TreeLine = { path, node, depth, expanded, position: index + 1, siblings: nodes.length };
      lines.push(line);
      if (expanded) add(node.children!, path, depth + 1);
    }
    if (most === nodes.length) return;
    lines.push({
      path: `${parent}/…`,
      node: { label: `${nodes.length - most} more`, view: 0, start: 0, length: 0 },
      depth,
      expanded: undefined,
      position: most + 1,
      siblings: nodes.length,
      restOf: parent,
    });
  };
  add(fields, '', 0);
  return lines;
}

/** Index of the line that holds the one at `at`; -1 for a line of the first level. */
export function parentLine(lines: readonly TreeLine[], at: number): number {
  const depth = lines[at]?.depth ?? 0;
  for (let index = at - 1; index >= 0; index--) if (lines[index]!.depth < depth) return index;
  return -1;
}

/** Paths of all fields above `field`, outermost first, or undefined where it is not in the tree. */
export function pathsTo(fields: readonly FieldNode[], field: FieldNode): string[] | undefined {
  const search = (nodes: readonly FieldNode[], parent: string, depth: number): string[] | undefined => {
    const seen = new Map<string, number>();
    for (const node of nodes) {
      const name = nameOf(node, depth);
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const path = `${parent}/${name}${count > 1 ? `#${count}` : ''}`;
      if (node === field) return [path];
      const below = node.children && search(node.children, path, depth + 1);
      if (below) return [path, ...below];
    }
    return undefined;
  };
  return search(fields, '', 0);
}
