import type { Fault } from './outcome.ts';
import type { ByteCount, ByteOffset } from './units.ts';
import { Frame, type CaptureInterface, type CaptureReader, type FrameSink } from './frame.ts';
import { mostCaptured } from './link-types.ts';
import { RecordReader, STOPPED, readUint16, readUint32 } from './record-reader.ts';

/** Times in microseconds (draft-ietf-opsawg-pcap §4). */
export const MAGIC_MICROSECONDS = 0xa1b2c3d4;
/** Times in nanoseconds (draft-ietf-opsawg-pcap §4). */
export const MAGIC_NANOSECONDS = 0xa1b23c4d;
/** Kuznetzov's modified pcap, with an interface index in each record (wiretap, PCAP_MODIFIED_MAGIC). */
export const MAGIC_MODIFIED = 0xa1b2cd34;

/** Length of the file header in bytes (draft-ietf-opsawg-pcap §4). */
const FILE_HEADER_LENGTH: ByteCount = 24;
/** Length of a record's header in bytes (draft-ietf-opsawg-pcap §5). */
const RECORD_HEADER_LENGTH: ByteCount = 16;
/** The same in modified pcap: interface index, protocol, packet type and padding follow. */
const MODIFIED_RECORD_HEADER_LENGTH: ByteCount = 24;

/** Link type without the FCS length and the reserved bits above it (draft-ietf-opsawg-pcap §4, LinkType). */
const LINK_TYPE_MASK = 0xffff;

/** Oldest major version read; what is older has other records (wiretap, libpcap.c). */
const OLDEST_MAJOR_VERSION = 2;

/** How versions before 2.4 order the two lengths of a record. */
const LengthOrder = { capturedFirst: 0, capturedIsLess: 1, originalFirst: 2 } as const;

/**
 * Reads classic pcap: both byte orders, times in micro- or nanoseconds, and Kuznetzov's modified pcap.
 * Takes the file in pieces of any size and gives each frame to the sink, in file order. A file that is cut or
 * damaged gives all frames before the damage and a fault. Source: draft-ietf-opsawg-pcap.
 */
export class PcapReader extends RecordReader implements CaptureReader {
  readonly interfaces: CaptureInterface[] = [];
  readonly #sink: FrameSink;
  readonly #frame = new Frame();
  #frames = 0;
  #begun = false;
  #modified = false;
  #bigEndian = false;
  #headerLength: ByteCount = RECORD_HEADER_LENGTH;
  #lengthOrder: number = LengthOrder.capturedFirst;
  #mostCaptured: ByteCount = 0;
  /** Units of a record's fraction in one second, and nanoseconds in one unit. */
  #unitsPerSecond = 1e6;
  #nanosecondsPerUnit = 1e3;

  constructor(sink: FrameSink) {
    super();
    this.#sink = sink;
  }

  get container(): 'pcap' | 'modified pcap' {
    return this.#modified ? 'modified pcap' : 'pcap';
  }

  get frames(): number {
    return this.#frames;
  }

  protected override parse(bytes: Uint8Array, start: number, end: number, origin: ByteOffset): number {
    let at = start;
    if (!this.#begun) {
      if (end - at < FILE_HEADER_LENGTH) {
        this.wanted = FILE_HEADER_LENGTH;
        return at;
      }
      const fault = this.#readFileHeader(bytes, at);
      if (fault !== undefined) return this.fail(fault);
      at += FILE_HEADER_LENGTH;
    }
    const bigEndian = this.#bigEndian;
    const headerLength = this.#headerLength;
    const mostCaptured = this.#mostCaptured;
    const frame = this.#frame;
    const sink = this.#sink;
    const captureInterface = this.interfaces[0]!;
    const lengthOrder = this.#lengthOrder;
    const unitsPerSecond = this.#unitsPerSecond;
    const nanosecondsPerUnit = this.#nanosecondsPerUnit;
    frame.bytes = bytes;
    for (;;) {
      const dataStart = at + headerLength;
      if (dataStart > end) {
        this.wanted = headerLength;
        return at;
      }
      let captured = readUint32(bytes, at + 8, bigEndian);
      let original = readUint32(bytes, at + 12, bigEndian);
      if (
        lengthOrder === LengthOrder.originalFirst ||
        (lengthOrder === LengthOrder.capturedIsLess && captured > original)
      ) {
        const swapped = captured;
        captured = original;
        original = swapped;
      }
      if (captured > mostCaptured) return this.#failCaptured(captured, origin + at);
      const next = dataStart + captured;
      if (next > end) {
        this.wanted = next - at;
        return at;
      }
      let seconds = readUint32(bytes, at, bigEndian);
      let fraction = readUint32(bytes, at + 4, bigEndian);
      if (fraction >= unitsPerSecond) {
        // A writer that rounds up is off by one unit; what is further off is no time, and the seconds stand.
        if (fraction < 2 * unitsPerSecond) {
          seconds++;
          fraction -= unitsPerSecond;
        } else fraction = 0;
      }
      frame.number = ++this.#frames;
      frame.start = dataStart;
      frame.end = next;
      frame.originalLength = original;
      frame.fileOffset = origin + dataStart;
      frame.seconds = seconds;
      frame.nanoseconds = fraction * nanosecondsPerUnit;
      captureInterface.frames++;
      sink.frame(frame);
      at = next;
    }
  }

  protected override cut(recordStart: ByteOffset, offset: ByteOffset): Fault | undefined {
    if (offset === 0) return { text: 'the file is empty', offset };
    if (!this.#begun) return { text: 'cut in the file header', offset, clause: 'draft-ietf-opsawg-pcap §4' };
    if (!this.withinRecord) return undefined;
    return {
      text: `cut in the middle of frame ${this.#frames + 1}, whose record starts at byte ${recordStart}`,
      offset,
      clause: 'draft-ietf-opsawg-pcap §5',
    };
  }

  #readFileHeader(bytes: Uint8Array, at: number): Fault | undefined {
    const magic = readUint32(bytes, at, true);
    const reversed = readUint32(bytes, at, false);
    this.#bigEndian = isMagic(magic);
    const own = this.#bigEndian ? magic : reversed;
    if (!isMagic(own)) {
      return {
        text: 'the file does not begin with a pcap magic number',
        offset: 0,
        clause: 'draft-ietf-opsawg-pcap §4',
      };
    }
    const major = readUint16(bytes, at + 4, this.#bigEndian);
    const minor = readUint16(bytes, at + 6, this.#bigEndian);
    if (major < OLDEST_MAJOR_VERSION) {
      return {
        text: `pcap version ${major}.${minor} is not read; versions from 2.0 are`,
        offset: 4,
        clause: 'draft-ietf-opsawg-pcap §4',
      };
    }
    if (major === 2 && minor < 3) this.#lengthOrder = LengthOrder.originalFirst;
    else if (major === 2 && minor === 3) this.#lengthOrder = LengthOrder.capturedIsLess;
    if (own === MAGIC_NANOSECONDS) {
      this.#unitsPerSecond = 1e9;
      this.#nanosecondsPerUnit = 1;
    }
    if (own === MAGIC_MODIFIED) {
      this.#modified = true;
      this.#headerLength = MODIFIED_RECORD_HEADER_LENGTH;
    }
    const linkType = readUint32(bytes, at + 20, this.#bigEndian) & LINK_TYPE_MASK;
    this.interfaces.push({
      name: '',
      description: '',
      linkType,
      snapLength: readUint32(bytes, at + 16, this.#bigEndian),
      frames: 0,
    });
    this.#frame.linkType = linkType;
    this.#mostCaptured = mostCaptured(linkType);
    this.#begun = true;
    return undefined;
  }

  #failCaptured(captured: ByteCount, offset: ByteOffset): typeof STOPPED {
    this.fail({
      text: `frame ${this.#frames + 1} says that ${captured} bytes of it were captured; more than ${this.#mostCaptured} is damage`,
      offset: offset + 8,
      clause: 'draft-ietf-opsawg-pcap §5',
    });
    return STOPPED;
  }
}

function isMagic(value: number): boolean {
  return value === MAGIC_MICROSECONDS || value === MAGIC_NANOSECONDS || value === MAGIC_MODIFIED;
}
