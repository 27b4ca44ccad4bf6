import type { CaptureInterface, CaptureReader, Frame, FrameSink } from '../../src/capture/frame.ts';
import type { Fault } from '../../src/capture/outcome.ts';
import { detectContainer, openReader } from '../../src/capture/container.ts';

/** A frame copied out of the reader. */
export interface CopiedFrame {
  number: number;
  /** Seconds and nanoseconds as `1600000000.000000001`; undefined where the container gives no time. */
  time: string | undefined;
  data: string;
  captured: number;
  original: number;
  fileOffset: number;
  interfaceIndex: number;
  linkType: number;
}

export interface ReadCapture {
  frames: CopiedFrame[];
  ticks: string[];
  secrets: string[];
  interfaces: readonly CaptureInterface[];
  fault: Fault | undefined;
  reader: CaptureReader;
}

function timeText(seconds: number, nanoseconds: number): string {
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}

/** Collects what a reader gives; every frame is copied while it is valid. */
export class Collector implements FrameSink {
  readonly frames: CopiedFrame[] = [];
  readonly ticks: string[] = [];
  readonly secretTexts: string[] = [];
  frame(frame: Frame): void {
    this.frames.push({
      number: frame.number,
      time: frame.hasTime ? timeText(frame.seconds, frame.nanoseconds) : undefined,
      data: Buffer.from(frame.bytes.subarray(frame.start, frame.end)).toString('hex'),
      captured: frame.end - frame.start,
      original: frame.originalLength,
      fileOffset: frame.fileOffset,
      interfaceIndex: frame.interfaceIndex,
      linkType: frame.linkType,
    });
  }
  tick(seconds: number, nanoseconds: number): void {
    this.ticks.push(timeText(seconds, nanoseconds));
  }
  secrets(type: number, bytes: Uint8Array): void {
    this.secretTexts.push(`${type.toString(16)} ${new TextDecoder().decode(bytes)}`);
  }
}

/** Reads a capture in pieces of `size` bytes, or whole. */
export function readCapture(file: Uint8Array, size: number = file.length): ReadCapture {
  const kind = detectContainer(file.subarray(0, 12));
  if (kind === 'gzip' || kind === 'unknown') throw new Error(`not a capture: ${kind}`);
  const collector = new Collector();
  const reader = openReader(kind, collector);
  pushPieces(reader, file, size);
  reader.end();
  return {
    frames: collector.frames,
    ticks: collector.ticks,
    secrets: collector.secretTexts,
    interfaces: reader.interfaces,
    fault: reader.fault,
    reader,
  };
}

/** Pushes a file in pieces of `size` bytes. */
export function pushPieces(reader: CaptureReader, file: Uint8Array, size: number): void {
  for (let at = 0; at < file.length; at += Math.max(size, 1))
    reader.push(file.slice(at, at + Math.max(size, 1)));
}
