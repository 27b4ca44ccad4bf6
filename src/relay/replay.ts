import { openReader } from '../capture/container.ts';
import type { ByteOffset, Seconds } from '../capture/units.ts';
import type { CaptureFile } from './capture-file.ts';
import type { ReplayClock } from './replay-clock.ts';
import { type ReplayPace, ReplaySchedule } from './replay-schedule.ts';

/**
 * Plays a capture as if its frames came now: gives its bytes, unchanged and in order, to `send`, so that each
 * frame's record is complete when the frame is due. Frames that are due together go together. Bytes after a fault
 * of the container go at once. `send` resolves when it takes more. Resolves at the end of the capture or once
 * the signal is aborted; rejects where the file cannot be read.
 */
export async function playCapture(
  capture: CaptureFile,
  pace: ReplayPace,
  clock: ReplayClock,
  send: (bytes: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const schedule = new ReplaySchedule(capture.container === 'pcapng', pace);
  const reader = openReader(capture.container, schedule);
  const start = clock.now();
  const until = async (due: Seconds): Promise<void> => {
    for (let wait = start + due - clock.now(); wait > 0 && !signal.aborted; wait = start + due - clock.now())
      await clock.wait(wait, signal);
  };
  let origin: ByteOffset = 0;
  for await (const piece of capture.pieces()) {
    schedule.nextPiece();
    reader.push(piece);
    const { ends, dues } = schedule;
    let sent = 0;
    for (let index = 0; index < ends.length;) {
      await until(dues[index]!);
      if (signal.aborted) return;
      const elapsed = Math.max(dues[index]!, clock.now() - start);
      while (index + 1 < ends.length && dues[index + 1]! <= elapsed) index++;
      const end = ends[index]! - origin;
      await send(piece.subarray(sent, end));
      sent = end;
      index++;
    }
    // What follows the last frame may be the beginning of the next, which harms nothing, or a tick of the clock.
    await until(schedule.due);
    if (signal.aborted) return;
    if (sent < piece.length) await send(piece.subarray(sent));
    if (signal.aborted) return;
    origin += piece.length;
  }
}
