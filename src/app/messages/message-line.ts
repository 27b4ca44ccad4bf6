import { ROW_TEXT_COLUMNS, type RowTextColumn, type RowWindow } from '../../analysis/protocol.ts';
import type { FrameNumber, MessageRow, Nanoseconds } from '../../capture/units.ts';

/** One line of the message list, ready to show. */
export type MessageLine = Record<RowTextColumn, string> & {
  row: MessageRow;
  time: Nanoseconds;
  /** NaN for the first line of the list. */
  previousTime: Nanoseconds;
  frame: FrameNumber;
  type: number;
  code: number;
  operation: number;
  direction: number;
  outcome: number;
  marks: number;
  length: number;
};

const decoder = new TextDecoder();

/** Reads the line at `index` of a window; the window must hold it. */
export function readLine(window: RowWindow, index: number): MessageLine {
  const line = {
    row: window.rows[index]!,
    time: window.time[index]!,
    previousTime: window.previousTime[index]!,
    frame: window.frame[index]!,
    type: window.type[index]!,
    code: window.code[index]!,
    operation: window.operation[index]!,
    direction: window.direction[index]!,
    outcome: window.outcome[index]!,
    marks: window.marks[index]!,
    length: window.length[index]!,
  } as MessageLine;
  let text = index * ROW_TEXT_COLUMNS.length;
  for (const column of ROW_TEXT_COLUMNS) {
    line[column] = decoder.decode(
      window.texts.subarray(window.textOffsets[text]!, window.textOffsets[text + 1]!),
    );
    text++;
  }
  return line;
}
