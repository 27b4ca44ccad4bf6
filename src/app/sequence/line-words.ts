import { type SequenceLane, type SequenceLine, SequenceMark } from '../../analysis/sequence-protocol.ts';
import { countText, plural } from '../number-text.ts';
import { durationText } from '../time-text.ts';

/** Number of a message as its list has it: the frame, with the file where there are several. */
export function numberText(id: string, files: number): string {
  const [file, frame, ordinal] = id.split('.');
  return (files > 1 ? `${file}.` : '') + frame + (ordinal === '0' ? '' : `.${ordinal}`);
}

/** What is special about a message, each in a few words. */
export function notesOf(line: SequenceLine): string[] {
  const { marks, first } = line;
  const notes: string[] = [];
  if (first !== undefined) notes.push(`copy ${first.copy} after ${durationText(first.since)}`);
  if (marks & SequenceMark.notAnsweredInTime) notes.push('nothing came back before it was sent again');
  if (marks & SequenceMark.unanswered) notes.push('no answer');
  if (marks & SequenceMark.notAcknowledged) notes.push('no ACK');
  if (marks & SequenceMark.withoutRequest) notes.push('request not seen');
  if (marks & SequenceMark.icmp) notes.push(`ICMP: ${line.icmp ?? 'error'}`);
  if (marks & SequenceMark.faulty) notes.push('damaged or cut');
  if (marks & SequenceMark.sighted) notes.push('seen at several points');
  return notes;
}

/** What a transfer was, in a few words. */
export function transferText(line: SequenceLine): string {
  const { transfer } = line;
  if (transfer === undefined) return '';
  const parts = [
    line.detail,
    `${countText(transfer.bytes)} B`,
    `${transfer.direction === 'block1' ? 'Block1' : 'Block2'} ${countText(transfer.blocks)} × ${countText(transfer.size)} B`,
    durationText(transfer.lastTime - line.time),
  ];
  if (transfer.repeats > 0) parts.push(plural(transfer.repeats, 'repeat'));
  if (transfer.longestWait >= 1e9) parts.push(`waited ${durationText(transfer.longestWait)}`);
  if (transfer.ended !== 'complete') parts.push(transfer.ended);
  return parts.filter((part) => part !== '').join(' · ');
}

/** What a wait or a gap says. */
export function pauseText(line: SequenceLine, isFiltered: boolean): string {
  const length = durationText(line.since);
  if (line.kind === 'wait') return length;
  return isFiltered ? `nothing shown for ${length}` : `silent for ${length}`;
}

/** A lifeline in words. */
export function laneText(lane: SequenceLane | undefined): string {
  if (lane === undefined) return 'unknown';
  if (lane.device >= 0) return lane.name;
  return lane.roles[0] === 'peer' ? lane.name : `${lane.roles.join(' and ')} ${lane.name}`;
}

const FORMS: Readonly<Record<SequenceLine['form'], string>> = {
  request: 'request',
  answer: 'answer',
  notification: 'notification',
  empty: 'empty message',
  signal: 'signal',
};

/** A whole line in words, for those who do not see the drawing. */
export function lineWords(line: SequenceLine, lanes: readonly SequenceLane[], isFiltered: boolean): string {
  if (line.kind === 'wait') return `Wait of ${pauseText(line, isFiltered)}`;
  if (line.kind === 'gap') return `Gap: ${pauseText(line, isFiltered)}`;
  const way = `from ${laneText(lanes[line.from])} to ${laneText(lanes[line.to])}`;
  if (line.transfer !== undefined) {
    const state = line.transfer.isUnfolded
      ? 'unfolded'
      : `${plural(line.transfer.messages, 'message')} folded`;
    return `Transfer ${line.label} ${transferText(line)}, ${state}, ${way}`;
  }
  const notes = notesOf(line);
  const told = [
    `${FORMS[line.form]} ${line.type} ${line.label} ${line.detail}`.replace(/ +/g, ' ').trim(),
    way,
    ...notes,
  ];
  if (line.firmware !== '')
    told.push(`update ${line.firmware}${line.isFirmwareInferred ? ', inferred' : ''}`);
  return told.join(', ');
}

/** Sign of an update's state where its name does not fit: its number where it has one. */
export function stateSign(state: string): string {
  const number = ['Idle', 'Downloading', 'Downloaded', 'Updating'].indexOf(state);
  return number >= 0 ? String(number) : state.slice(0, 1);
}
