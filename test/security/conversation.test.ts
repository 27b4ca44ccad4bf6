import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SecurityKind } from '../../src/security/association.ts';
import { ConversationTable } from '../../src/security/conversation.ts';

const { clear, dtls, undecided } = SecurityKind;

it('a flow has one clear conversation and one of DTLS', () => {
  const table = new ConversationTable();
  const ids = [
    table.conversationOf(0, clear),
    table.conversationOf(0, dtls),
    table.conversationOf(7, dtls),
    table.conversationOf(0, clear),
    table.conversationOf(0, undecided),
    table.conversationOf(7, undecided),
  ];
  expect(ids).toEqual([0, 1, 2, 0, 0, 3]);
  expect(table.length).toBe(4);
  expect([0, 1, 2, 3].map((id) => [table.flowOf(id), table.securityOf(id)])).toEqual([
    [0, 'none'],
    [0, 'dtls'],
    [7, 'dtls'],
    [7, 'none'],
  ]);
});

it('conversations are dense, and lead back to their flow and kind', () => {
  const seen = fc.tuple(fc.nat(500), fc.constantFrom(clear, dtls));
  fc.assert(
    fc.property(fc.array(seen, { maxLength: 400 }), (list) => {
      const table = new ConversationTable();
      const model = new Map<string, number>();
      for (const [flow, kind] of list) {
        const key = `${flow} ${kind}`;
        const conversation = table.conversationOf(flow, kind);
        expect(conversation).toBe(model.get(key) ?? model.size);
        model.set(key, conversation);
        expect(table.flowOf(conversation)).toBe(flow);
        expect(table.securityOf(conversation)).toBe(kind === dtls ? 'dtls' : 'none');
      }
      expect(table.length).toBe(model.size);
    }),
    { numRuns: 50 },
  );
});

it('takes at most 24 bytes a flow with one conversation', () => {
  const table = new ConversationTable();
  for (let flow = 0; flow < 50_000; flow++) table.conversationOf(flow, clear);
  expect(table.byteLength / 50_000).toBeLessThanOrEqual(24);
});
