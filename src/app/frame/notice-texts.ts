import type { AnalysisStatus, FileStatus } from '../../analysis/protocol.ts';
import { bytesText, countText, plural } from '../number-text.ts';
import { clockText } from '../time-text.ts';

/** One thing a person should know of what is open: what it is and what follows from it. */
export interface Notice {
  id: string;
  level: 'note' | 'warning' | 'error';
  title: string;
  text: string;
}

/** Kinds of things not read that a person can do something about: they get a notice, the rest a number. */
const UNKNOWN_LINK = /^link type/i;

/** Times in seconds below this are times of day of a log without dates, which may run over some days. */
const NO_DATE_BELOW = 366 * 86_400;

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, '');
}

function faultNotice(file: FileStatus): Notice {
  const fault = file.fault!;
  const place = fault.offset === undefined ? '' : `, at byte ${countText(fault.offset)}`;
  const read = file.frames === 1 ? 'was read and is' : 'were read and are';
  return {
    id: `fault ${file.name}`,
    level: 'warning',
    title: `${file.name} cannot be read to its end.`,
    text: `${sentence(fault.text)}${place}. ${plural(file.frames, 'frame')} before it ${read} shown.`,
  };
}

function droppedNotice(file: FileStatus): Notice {
  const points = file.dropped!.map(
    ({ name, frames }) =>
      `${plural(frames, 'frame was', 'frames were')} dropped by the capture point ${name}`,
  );
  return {
    id: `dropped ${file.name}`,
    level: 'warning',
    title: `${file.name} lacks frames.`,
    text: `${points.join(', ')}. What looks lost may have been sent.`,
  };
}

function unkeptNotice(file: FileStatus, status: AnalysisStatus): Notice {
  const { since, why } = file.unkept!;
  return {
    id: `unkept ${file.name}`,
    level: 'warning',
    title: `The bytes of ${file.name} are no longer kept since ${clockText(status, since)}.`,
    text: `${sentence(why)}. The analysis goes on; messages from then on have no bytes, and decode-as and object definitions cannot be changed for this stream.`,
  };
}

/** A log may lack times, or the dates of its times; the page has to put its messages somewhere all the same. */
function logTimeNotice(status: AnalysisStatus): Notice | undefined {
  const isLog = status.files.some((file) => file.container === 'hex dump');
  if (!isLog || status.messages === 0 || status.epochSeconds >= NO_DATE_BELOW) return undefined;
  const none = status.epochSeconds === 0 && status.epochNanoseconds === 0 && status.lastTime === 0;
  return none
    ? {
        id: 'log-times',
        level: 'note',
        title: 'The log has no times.',
        text: 'Its messages are shown in their order, all at one moment.',
      }
    : {
        id: 'log-times',
        level: 'note',
        title: 'The log has times of day without a date.',
        text: 'They are counted from 1970-01-01.',
      };
}

/** What is to be said of an open capture, most severe first. */
export function noticesOf(status: AnalysisStatus): Notice[] {
  const notices: Notice[] = [];
  if (status.state === 'failed' && status.failure !== undefined) {
    notices.push({ id: 'failure', level: 'error', title: 'The analysis failed.', text: status.failure });
  }
  for (const file of status.files) {
    if (file.unreadable !== undefined) {
      notices.push({
        id: `unreadable ${file.name}`,
        level: 'error',
        title: `${file.name} is not a capture.`,
        text: file.unreadable,
      });
    } else if (file.fault && status.state !== 'loading') notices.push(faultNotice(file));
    if (file.dropped !== undefined) notices.push(droppedNotice(file));
    if (file.unkept !== undefined) notices.push(unkeptNotice(file, status));
  }
  if (status.textsFull === true)
    notices.push({
      id: 'texts',
      level: 'warning',
      title: 'There are too many different paths.',
      text: 'Further paths and queries are not shown in lists; a message that is selected has its own.',
    });
  const dated = logTimeNotice(status);
  if (dated !== undefined) notices.push(dated);
  if (status.state === 'stopped') {
    const bytes = status.files.reduce((sum, file) => sum + file.bytes, 0);
    const read = status.files.reduce((sum, file) => sum + file.bytesRead, 0);
    notices.push({
      id: 'stopped',
      level: 'note',
      title: 'Stopped.',
      text:
        bytes > 0
          ? `${bytesText(read)} of ${bytesText(bytes)} were read; what was read is shown.`
          : 'What was read is shown.',
    });
  }
  if (status.state === 'done' || status.state === 'stopped') {
    const links = status.notRead.filter((other) => UNKNOWN_LINK.test(other.what));
    if (links.length > 0) {
      notices.push({
        id: 'links',
        level: 'warning',
        title: 'Some frames are of a kind that is not read here:',
        text: `${links.map((link) => `${link.what} (${plural(link.frames, 'frame')})`).join(', ')}. Capture on an interface with IP, or convert the file.`,
      });
    }
    // Without any message the empty list says it.
    if (status.sealed.length > 0 && status.messages > 0) {
      const records = status.sealed.reduce((sum, sealed) => sum + sealed.records, 0);
      notices.push({
        id: 'sealed',
        level: 'note',
        title: `${plural(records, 'record is', 'records are')} sealed:`,
        text: `${status.sealed
          .map(
            (sealed) =>
              `${sealed.what} (${countText(sealed.records)}${sealed.handshake ? '' : ', its handshake is not in the capture'})`,
          )
          .join(', ')}. What is inside is not shown.`,
      });
    }
  }
  return notices;
}
