import type { MessageRow } from '../../capture/units.ts';
import type { Analysis } from '../analysis.ts';
import type { MessageFacts } from '../message-facts.ts';
import { durationText } from '../message-summary.ts';
import type { FieldBuilder } from './field-builder.ts';

/** Says how many bytes of which frames a message was joined from, with their file where it is another one. */
export function piecesText(analysis: Analysis, row: MessageRow): string {
  const { messages } = analysis.tracking;
  const source = messages.source.get(row);
  if (source >= 0) return `${messages.length.get(row)} B of frame ${messages.frame.get(row)}`;
  const own = messages.file.get(row);
  const pieces = analysis.frames.joined.pieces(source).filter((piece) => piece.length > 0);
  return pieces
    .map(({ length, frame, file = own }) => {
      const of = file === own ? '' : ` of ${analysis.files[file]!.name}`;
      return `${length} B of frame ${frame}${of}`;
    })
    .join(', ');
}

/** Adds where else a message was seen, when, and how much later than where it was seen first. */
export function addSightingFields(
  analysis: Analysis,
  facts: MessageFacts,
  row: MessageRow,
  builder: FieldBuilder,
): void {
  const { messages, sightings } = analysis.tracking;
  for (const { file, frame, interfaceIndex, time } of sightings.of(row)) {
    const { name, reader } = analysis.files[file]!;
    const point = reader?.interfaces[interfaceIndex]?.name ?? '';
    const seconds = (time - messages.time.get(row)) / 1e9;
    const later = `${seconds < 0 ? '−' : '+'}${durationText(Math.abs(seconds))}`;
    builder.add('Also seen', 0, 0, {
      value: `${point === '' ? 'in' : `at ${point} of`} ${name}, frame ${frame}, ${facts.timeText(time)} (${later})`,
      filter: 'sightings > 1',
    });
  }
}
