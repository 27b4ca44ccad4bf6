import type { ShownSpan } from './opened.ts';

/**
 * Whether a span that was shown may be shown like this later. What had ended stays as it was. What lasted up to the
 * capture clock goes on or ends. Of what a later message is part of, the text is completed: an exchange by its answer,
 * an event by what followed, a transfer by further blocks.
 */
function mayBecome(span: ShownSpan, later: ShownSpan, clock: number): boolean {
  if (later.track !== span.track || later.from !== span.from || later.row !== span.row) return false;
  // The answer may also show which operation the request was.
  if (span.track === 'exchanges') return !span.label.includes('→') || later.label === span.label;
  if (span.track === 'events')
    return span.label === later.label || (/ seen yet$/.test(span.label) && sameEvent(span, later));
  if (span.track === 'transfers')
    return / · open$/.test(span.label) ? later.to >= span.to : isSame(span, later);
  return span.to >= clock ? later.to >= span.to : isSame(span, later);
}

function isSame(span: ShownSpan, later: ShownSpan): boolean {
  return later.to === span.to && later.look === span.look && later.label === span.label;
}

function sameEvent(span: ShownSpan, later: ShownSpan): boolean {
  return later.label.split(':')[0] === span.label.split(':')[0];
}

/** Spans, as they were shown at `clock`, whose past is another one later. */
export function shrunk(before: readonly ShownSpan[], after: readonly ShownSpan[], clock: number): string[] {
  const byRow = new Map<number, ShownSpan[]>();
  for (const span of after) byRow.set(span.row, [...(byRow.get(span.row) ?? []), span]);
  return before
    .filter((span) => !(byRow.get(span.row) ?? []).some((later) => mayBecome(span, later, clock)))
    .map((span) => {
      const akin = (byRow.get(span.row) ?? []).filter(({ track }) => track === span.track);
      return `${textOf(span)} at ${clock / 1e9}: ${akin.map(textOf).join(' | ') || 'gone'}`;
    });
}

function textOf({ track, from, to, look, label }: ShownSpan): string {
  return `${track} ${from / 1e9}–${to / 1e9} s ${label} (${look})`;
}
