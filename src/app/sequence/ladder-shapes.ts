import { type SequenceLine, SequenceMark } from '../../analysis/sequence-protocol.ts';
import { operationColour } from '../messages/operation-look.ts';
import { fitText, textWidth } from './fit-text.ts';
import { ARROW_AT, arrowSpan, boxSpan, type LadderPlaces, seenPart } from './ladder-places.ts';
import { notesOf, transferText } from './line-words.ts';

/** How far a bracket stands from the end of its arrow, and how far one goes up whose other end is not in sight. */
const BRACKET = 16;
const STUB = 14;

/** Marks whose words are warnings. */
export const WARNED =
  SequenceMark.repeat |
  SequenceMark.notAnsweredInTime |
  SequenceMark.unanswered |
  SequenceMark.notAcknowledged |
  SequenceMark.icmp |
  SequenceMark.faulty;

/** A line in sight: its index in the ladder, and where it begins in the drawing. */
export interface PlacedLine {
  index: number;
  line: SequenceLine;
  y: number;
}

/** The words on an arrow: what it is, what it says, what is special about it. */
interface ArrowWords {
  label: string;
  detail: string;
  note: string;
}

/** A message as an arrow from its sender to its receiver. */
export interface Arrow extends PlacedLine {
  from: number;
  to: number;
  /** Direction: 1 to the right, -1 to the left. */
  sign: 1 | -1;
  /** CSS variables with the colour of what is drawn, and of what is read: marks are brighter than words may be. */
  tone: string;
  wordTone: string;
  isLost: boolean;
  words: ArrowWords;
  /** Where the middle of its words is. */
  middle: number;
}

function toneOf(line: SequenceLine): string {
  const isRefusal = (line.marks & (SequenceMark.errorAnswer | SequenceMark.reset)) !== 0;
  if (isRefusal && line.form !== 'request') return '--error';
  if (line.marks & (SequenceMark.repeat | SequenceMark.notAnsweredInTime)) return '--warning-mark';
  if (line.form === 'request' || line.form === 'notification') return operationColour(line.operation);
  return '--edge';
}

function wordsOf(line: SequenceLine, room: number, sans: string): ArrowWords {
  // That nothing came back is what the cross says.
  const note = notesOf(line)
    .filter((text) => !text.startsWith('nothing came back'))
    .join(' · ');
  const { label } = line;
  const left = room - textWidth(label, `600 11px ${sans}`) - 8;
  const fitNote = note === '' ? '' : fitText(note, Math.max(60, left * 0.8), `11px ${sans}`);
  // What the marks say need not be said twice.
  const said = line.detail
    .replace(/(^| · )(Repeat of \d+|no answer|sent \d+ times)(?= · |$)/g, '')
    .replace(/^ · /, '');
  const used = fitNote === '' ? 0 : textWidth(fitNote, `11px ${sans}`) + 12;
  return { label, detail: fitText(said, Math.max(0, left - used), `11px ${sans}`), note: fitNote };
}

/** The arrows of messages in sight; `seen` is what is seen of the drawing from left to right. */
export function arrowsOf(
  placed: readonly PlacedLine[],
  places: LadderPlaces,
  seen: { left: number; right: number },
  sans: string,
): Arrow[] {
  return placed.flatMap(({ index, line, y }): Arrow[] => {
    if (line.kind !== 'message' || places.x.length === 0) return [];
    const { from, to } = arrowSpan(places, line);
    const part = seenPart(from, to, seen);
    const tone = toneOf(line);
    return [
      {
        index,
        y,
        line,
        from,
        to,
        sign: to > from ? 1 : -1,
        tone,
        wordTone: tone === '--warning-mark' ? '--warning' : tone,
        isLost: (line.marks & (SequenceMark.notAnsweredInTime | SequenceMark.unanswered)) !== 0,
        words: wordsOf(line, part.right - part.left - 24, sans),
        middle: (part.left + part.right) / 2,
      },
    ];
  });
}

/** A transfer as a box across its lifelines. */
export interface TransferBox {
  index: number;
  y: number;
  left: number;
  width: number;
  label: string;
  detail: string;
  tone: string;
  isBad: boolean;
}

/** The boxes of transfers in sight. */
export function boxesOf(placed: readonly PlacedLine[], places: LadderPlaces, sans: string): TransferBox[] {
  return placed.flatMap(({ index, line, y }) => {
    if (line.transfer === undefined || places.x.length === 0) return [];
    const { left, width } = boxSpan(places, line);
    const label = `${line.transfer.isUnfolded ? '▾' : '▸'} ${line.label}`;
    const room = width - 20 - textWidth(label, `600 11px ${sans}`);
    return [
      {
        index,
        y,
        left,
        width,
        label,
        detail: fitText(transferText(line), room, `11px ${sans}`),
        tone: operationColour(line.operation),
        isBad: line.transfer.ended === 'abandoned' || line.transfer.ended === 'refused',
      },
    ];
  });
}

/** Brackets that lead from repeats to the copy before, as paths: a stub where that is not in sight. */
export function bracketsOf(arrows: readonly Arrow[]): { index: number; path: string }[] {
  return arrows.flatMap((arrow) => {
    const { first } = arrow.line;
    if (first === undefined) return [];
    const before = arrows.findLast(
      ({ line, index }) => index < arrow.index && (line.row === first.row || line.first?.row === first.row),
    );
    const x = arrow.from - arrow.sign * BRACKET;
    const inner = arrow.from - arrow.sign * 4;
    const end = arrow.y + ARROW_AT;
    const start = before ? `M${inner} ${before.y + ARROW_AT}H${x}` : `M${x} ${end - STUB}`;
    return [{ index: arrow.index, path: `${start}V${end}H${inner}` }];
  });
}
