import { describe, expect, test } from 'vitest';
import type { FieldNode } from '../../src/analysis/protocol.ts';
import { parentLine, pathsTo, treeLines } from '../../src/app/details/tree-lines.ts';

function field(label: string, children?: FieldNode[]): FieldNode {
  return { label, view: 0, start: 0, length: 1, children };
}

const FIELDS = [
  field('Frame 7', [field('Ethernet')]),
  field('CoAP', [field('Option', [field('Length')]), field('Option')]),
];
const SHAPE = { expanded: new Map<string, boolean>(), full: new Set<string>() };

describe('treeLines', () => {
  test('shows CoAP open, what lies below it closed, and the encoding of its options closed', () => {
    expect(treeLines(FIELDS, SHAPE).map((line) => [line.path, line.depth, line.expanded])).toEqual([
      ['/Frame', 0, false],
      ['/CoAP', 0, true],
      ['/CoAP/Option', 1, false],
      ['/CoAP/Option#2', 1, undefined],
    ]);
  });

  test('keeps what was opened and closed', () => {
    const lines = treeLines(FIELDS, {
      expanded: new Map([
        ['/Frame', true],
        ['/CoAP', false],
      ]),
      full: new Set(),
    });
    expect(lines.map((line) => line.path)).toEqual(['/Frame', '/Frame/Ethernet', '/CoAP']);
    expect(parentLine(lines, 1)).toBe(0);
    expect(parentLine(lines, 2)).toBe(-1);
  });

  test('shows the rest of very many children when asked', () => {
    const many = [
      field(
        'LwM2M',
        Array.from({ length: 1000 }, (_, index) => field(`/3/0/${index}`)),
      ),
    ];
    const first = treeLines(many, SHAPE);
    expect(first.length).toBe(202);
    expect(first[201]).toMatchObject({ restOf: '/LwM2M', node: { label: '800 more' } });
    expect(treeLines(many, { expanded: new Map(), full: new Set(['/LwM2M']) }).length).toBe(1001);
  });

  test('finds the way to a field', () => {
    expect(pathsTo(FIELDS, FIELDS[1]!.children![0]!.children![0]!)).toEqual([
      '/CoAP',
      '/CoAP/Option',
      '/CoAP/Option/Length',
    ]);
    expect(pathsTo(FIELDS, field('Elsewhere'))).toBeUndefined();
  });
});
