import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Frame } from '../../src/capture/frame.ts';
import { concat, pcapHeader, pcapRecord } from '../capture/write-capture.ts';
import { readCapture } from '../capture/read-capture.ts';

/** Paths of the captures in a folder and the folders in it, relative to it, sorted. */
export function capturesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(pcap|pcapng|cap)(\.gz)?$/.test(name))
    .sort();
}

/** All frames of a capture, each with bytes of its own. None where the file is no capture. */
export function framesOf(path: string): Frame[] {
  const stored = readFileSync(path);
  const file = path.endsWith('.gz') ? gunzipSync(stored) : stored;
  return readCapture(new Uint8Array(file)).frames.map((copied) => {
    const frame = new Frame();
    frame.number = copied.number;
    frame.bytes = new Uint8Array(Buffer.from(copied.data, 'hex'));
    frame.end = frame.bytes.length;
    frame.originalLength = copied.original;
    frame.fileOffset = copied.fileOffset;
    frame.hasTime = copied.time !== undefined;
    const [seconds, nanoseconds] = (copied.time ?? '0.0').split('.');
    frame.seconds = Number(seconds);
    frame.nanoseconds = Number(nanoseconds);
    frame.interfaceIndex = copied.interfaceIndex;
    frame.linkType = copied.linkType;
    return frame;
  });
}

/**
 * Writes frames of one link type into a pcap file in a folder of its own and gives its path to `use`: one run of
 * a tool over many captures is faster than many runs.
 */
export function withPcap<T>(frames: readonly Frame[], use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'lwm2m-scope-frames-'));
  try {
    const path = join(folder, 'frames.pcap');
    const records = frames.map((frame) =>
      pcapRecord(
        frame.seconds >>> 0,
        Math.floor(frame.nanoseconds / 1000),
        frame.bytes.subarray(frame.start, frame.end),
        { original: frame.originalLength },
      ),
    );
    writeFileSync(path, concat(pcapHeader({ link: frames[0]?.linkType ?? 1, snap: 262_144 }), ...records));
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
