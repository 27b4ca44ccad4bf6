import type { CaptureComment } from './frame.ts';
import { hasComment, readComments, readNames } from './pcapng-options.ts';
import type { FrameNumber } from './units.ts';

/** Most comments kept of one file, and most characters of all of them together; what is beyond is counted. */
const MOST_COMMENTS = 65_536;
const MOST_CHARACTERS = 8_388_608;
/** Most names of addresses kept of one file. */
const MOST_NAMES = 65_536;
/** Longest name in characters: that of a host in the domain name system (RFC 1035 §2.3.4). */
const LONGEST_NAME = 255;

/** What people and tools noted in a capture file beside its frames: comments, and names of addresses. Bounded. */
export class CaptureNotes {
  readonly comments: CaptureComment[] = [];
  readonly names = new Map<string, string>();
  /** Comments that were not kept. */
  passedOver = 0;
  #characters = 0;

  /** Keeps the comments of a frame, from the options in `bytes[start..end)`; allocates nothing where there are none. */
  readFrame(bytes: Uint8Array, start: number, end: number, bigEndian: boolean, frame: FrameNumber): void {
    if (!hasComment(bytes, start, end, bigEndian)) return;
    readComments(bytes, start, end, bigEndian, (text) => this.#add({ frame, text }));
  }

  /** Keeps the comments of the interface with this index, from its options. */
  readInterface(bytes: Uint8Array, start: number, end: number, bigEndian: boolean, index: number): void {
    readComments(bytes, start, end, bigEndian, (text) => this.#add({ interface: index, text }));
  }

  /** Keeps the comments of the section with this number, from its options. */
  readSection(bytes: Uint8Array, start: number, end: number, bigEndian: boolean, section: number): void {
    readComments(bytes, start, end, bigEndian, (text) => this.#add({ section, text }));
  }

  /** Keeps a mark: a comment on a moment of the interface with this index. */
  addMark(index: number, seconds: number, nanoseconds: number, text: string): void {
    this.#add({ interface: index, moment: { seconds, nanoseconds }, text });
  }

  /** Keeps the first name of each address in the records of a Name Resolution Block. */
  readNames(bytes: Uint8Array, start: number, end: number, bigEndian: boolean): void {
    readNames(bytes, start, end, bigEndian, (address, name) => {
      if (this.names.size < MOST_NAMES && !this.names.has(address))
        this.names.set(address, name.slice(0, LONGEST_NAME));
    });
  }

  /** Keeps a comment; an empty one says nothing. */
  #add(comment: CaptureComment): void {
    const { length } = comment.text;
    if (length === 0) return;
    if (this.comments.length >= MOST_COMMENTS || this.#characters + length > MOST_CHARACTERS) {
      this.passedOver++;
      return;
    }
    this.#characters += length;
    this.comments.push(comment);
  }
}
