import type { FrameNumber } from '../capture/units.ts';
import { parseAddress } from '../network/address-text.ts';
import type { AnalysedFile } from './analysis.ts';

/** Frame numbers have 32 bits. */
const FRAMES = 0x100000000;

/** Stands between the comments of one frame, as the filter keeps them in one text. */
export const COMMENT_SEPARATOR = '\u0000';

/** Finds the comments of frames in the files of an analysis; follows files that grow. */
export class FrameComments {
  readonly #ids = new Map<number, number>();
  readonly #comments: string[][] = [];
  /** By file: how many of its comments were taken. */
  readonly #taken: number[] = [];

  constructor(private readonly files: readonly AnalysedFile[]) {}

  /** Number of the commented frame, from 0; −1 where a frame has no comment. */
  idOf(file: number, frame: FrameNumber): number {
    const comments = this.files[file]?.reader?.comments;
    if (comments === undefined || comments.length === 0) return -1;
    for (let next = this.#taken[file] ?? 0; next < comments.length; next++) {
      const { frame: on, text } = comments[next]!;
      this.#taken[file] = next + 1;
      if (on === undefined) continue;
      const key = file * FRAMES + on;
      const known = this.#ids.get(key);
      if (known === undefined) this.#ids.set(key, this.#comments.push([text]) - 1);
      else this.#comments[known]!.push(text);
    }
    return this.#ids.get(file * FRAMES + frame) ?? -1;
  }

  /** The comments of a commented frame, at least one. */
  of(id: number): readonly string[] {
    return this.#comments[id] ?? [];
  }
}

/** Name that a file's Name Resolution Blocks give an address; undefined where they give none. */
export function nameOfAddress(file: AnalysedFile | undefined, address: string): string | undefined {
  const names = file?.reader?.names;
  if (names === undefined || names.size === 0) return undefined;
  const bytes = parseAddress(address)?.bytes;
  if (bytes === undefined) return undefined;
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return names.get(hex);
}
