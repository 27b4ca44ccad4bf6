import type { Fault } from './outcome.ts';
import type { ByteCount, ByteOffset, FrameNumber } from './units.ts';
import { CaptureNotes } from './capture-notes.ts';
import {
  Frame,
  type CaptureComment,
  type CaptureInterface,
  type CaptureReader,
  type FrameSink,
} from './frame.ts';
import { mostCaptured } from './link-types.ts';
import {
  BYTE_ORDER_MAGIC,
  DECRYPTION_SECRETS,
  DROPS_UNKNOWN,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  MOST_BLOCK_LENGTH,
  LEAST_BLOCK_LENGTH,
  MOST_GATHERED_SKIP,
  NAME_RESOLUTION,
  NUMBERED_KINDS,
  PACKET,
  SECTION_HEADER,
  SIMPLE_PACKET,
  countBlock,
  isReadKind,
} from './pcapng-blocks.ts';
import { readDropped, readInterfaceOptions, readMark } from './pcapng-options.ts';
import { RecordReader, STOPPED, readUint16, readUint32 } from './record-reader.ts';
import { TimestampScale } from './timestamp-scale.ts';

/** Lengths of blocks without options and packet data, in bytes. */
const SECTION_HEADER_LENGTH: ByteCount = 28;
const INTERFACE_DESCRIPTION_LENGTH: ByteCount = 20;
const INTERFACE_STATISTICS_LENGTH: ByteCount = 24;
const ENHANCED_PACKET_LENGTH: ByteCount = 32;
const SIMPLE_PACKET_LENGTH: ByteCount = 16;
const DECRYPTION_SECRETS_LENGTH: ByteCount = 20;

/** Most interfaces in one file, over all sections. */
const MOST_INTERFACES = 65_536;

const CLAUSE = 'draft-ietf-opsawg-pcapng';

/**
 * Reads pcapng: any number of sections, each in its own byte order, with interfaces of different link types and
 * clocks. Takes the file in pieces of any size and gives each frame to the sink, in file order; interfaces are
 * numbered over all sections. Blocks without frames are counted by kind. A file that is cut or damaged gives all
 * frames before the damage and a fault. Source: draft-ietf-opsawg-pcapng.
 */
export class PcapngReader extends RecordReader implements CaptureReader {
  readonly container = 'pcapng';
  readonly interfaces: CaptureInterface[] = [];
  readonly #scales: TimestampScale[] = [];
  readonly #mostCaptured: ByteCount[] = [];
  readonly #skippedBlocks = new Map<string, number>();
  readonly #notes = new CaptureNotes();
  readonly comments: readonly CaptureComment[] = this.#notes.comments;
  readonly names: ReadonlyMap<string, string> = this.#notes.names;
  readonly #sink: FrameSink;
  readonly #frame = new Frame();
  #number: FrameNumber = 0;
  #frames = 0;
  #bigEndian = false;
  /** Number of the section, from 0. */
  #section = -1;
  /** Index of the section's first interface in `interfaces`. */
  #firstInterface = 0;

  constructor(sink: FrameSink) {
    super();
    this.#sink = sink;
  }

  get frames(): number {
    return this.#frames;
  }

  /** How many blocks of each kind were passed over, by the kind's name (`unknown 0x…` where it has none). */
  get skippedBlocks(): ReadonlyMap<string, number> {
    return this.#skippedBlocks;
  }

  protected override parse(bytes: Uint8Array, start: number, end: number, origin: ByteOffset): number {
    let at = start;
    this.#frame.bytes = bytes;
    for (;;) {
      if (end - at < LEAST_BLOCK_LENGTH) {
        this.wanted = LEAST_BLOCK_LENGTH;
        return at;
      }
      const type = readUint32(bytes, at, this.#bigEndian);
      if (type === SECTION_HEADER) {
        // The new section's byte order is needed to read its header's length.
        if (readUint32(bytes, at + 8, true) === BYTE_ORDER_MAGIC) this.#bigEndian = true;
        else if (readUint32(bytes, at + 8, false) === BYTE_ORDER_MAGIC) this.#bigEndian = false;
        else return this.#damage('a section header has no valid byte-order magic', origin + at + 8, '§4.1');
      } else if (this.#section < 0) {
        return this.#damage('the file does not begin with a section header', origin + at, '§4.1');
      }
      const bigEndian = this.#bigEndian;
      const stated = readUint32(bytes, at + 4, bigEndian);
      if (stated < LEAST_BLOCK_LENGTH) {
        return this.#damage(
          `a block says that it is ${stated} bytes long; 12 is the least`,
          origin + at + 4,
          '§3.1',
        );
      }
      // Blocks are padded to 32 bits; a writer that forgets to count the padding is read as Wireshark reads it.
      const length = stated + (-stated & 3);
      const next = at + length;
      if (length > MOST_GATHERED_SKIP) {
        if (!isReadKind(type)) {
          this.#skip(type);
          if (next > end) return next;
          at = next;
          continue;
        }
        if (length > MOST_BLOCK_LENGTH) {
          return this.#damage(
            `a block says that it is ${stated} bytes long; more than ${MOST_BLOCK_LENGTH} is damage`,
            origin + at + 4,
            '§3.1',
          );
        }
      }
      if (next > end) {
        this.wanted = length;
        return at;
      }
      const repeated = readUint32(bytes, next - 4, bigEndian);
      if (repeated !== stated && repeated !== length) {
        return this.#damage(
          `a block's two lengths differ: ${stated} before it, ${repeated} after it`,
          origin + next - 4,
          '§3.1',
        );
      }
      const stopped =
        type === ENHANCED_PACKET
          ? this.#readEnhancedPacket(bytes, at, length, origin)
          : this.#readOther(type, bytes, at, length, origin);
      if (stopped) return STOPPED;
      at = next;
    }
  }

  protected override cut(recordStart: ByteOffset, offset: ByteOffset): Fault | undefined {
    if (offset === 0) return { text: 'the file is empty', offset };
    if (!this.withinRecord) return undefined;
    if (this.#section < 0)
      return { text: 'cut in the first section header', offset, clause: `${CLAUSE} §4.1` };
    return {
      text: `cut in the middle of a block after frame ${this.#number}, which starts at byte ${recordStart}`,
      offset,
      clause: `${CLAUSE} §3.1`,
    };
  }

  /** Reads an Enhanced Packet Block (draft-ietf-opsawg-pcapng §4.3); true after damage. */
  #readEnhancedPacket(bytes: Uint8Array, at: number, length: ByteCount, origin: ByteOffset): boolean {
    if (length < ENHANCED_PACKET_LENGTH)
      return this.#tooShort('an enhanced packet block', length, origin + at, '§4.3');
    const bigEndian = this.#bigEndian;
    return this.#givePacket(
      bytes,
      at,
      length,
      origin,
      readUint32(bytes, at + 8, bigEndian),
      readUint32(bytes, at + 20, bigEndian),
      readUint32(bytes, at + 24, bigEndian),
    );
  }

  /** Gives the frame of an Enhanced Packet Block or a Packet Block, whose fields lie at the same places; true after damage. */
  #givePacket(
    bytes: Uint8Array,
    at: number,
    length: ByteCount,
    origin: ByteOffset,
    interfaceId: number,
    captured: ByteCount,
    original: ByteCount,
  ): boolean {
    const index = this.#firstInterface + interfaceId;
    const captureInterface = this.interfaces[index];
    if (captureInterface === undefined) return this.#noInterface(interfaceId, origin + at + 8);
    if (captured > length - ENHANCED_PACKET_LENGTH || captured > this.#mostCaptured[index]!) {
      return this.#tooMuchCaptured(captured, index, origin + at + 20);
    }
    const scale = this.#scales[index]!;
    scale.set(readUint32(bytes, at + 12, this.#bigEndian), readUint32(bytes, at + 16, this.#bigEndian));
    const frame = this.#frame;
    const dataStart = at + 28;
    frame.start = dataStart;
    frame.end = dataStart + captured;
    frame.originalLength = original;
    frame.fileOffset = origin + dataStart;
    frame.seconds = scale.seconds;
    frame.nanoseconds = scale.nanoseconds;
    frame.hasTime = true;
    this.#count(index, captureInterface);
    const optionsStart = frame.end + (-captured & 3);
    if (optionsStart < at + length - 4)
      this.#notes.readFrame(bytes, optionsStart, at + length - 4, this.#bigEndian, frame.number);
    this.#sink.frame(frame);
    return false;
  }

  /** Numbers the frame and counts it on its interface. */
  #count(index: number, captureInterface: CaptureInterface): void {
    const frame = this.#frame;
    frame.interfaceIndex = index;
    frame.linkType = captureInterface.linkType;
    frame.number = ++this.#number;
    this.#frames++;
    captureInterface.frames++;
  }

  /** Reads a block of another kind; true after damage. */
  #readOther(type: number, bytes: Uint8Array, at: number, length: ByteCount, origin: ByteOffset): boolean {
    switch (type) {
      case SECTION_HEADER:
        return this.#readSectionHeader(bytes, at, length, origin);
      case INTERFACE_DESCRIPTION:
        return this.#readInterfaceDescription(bytes, at, length, origin);
      case PACKET:
        return this.#readPacket(bytes, at, length, origin);
      case SIMPLE_PACKET:
        return this.#readSimplePacket(bytes, at, length, origin);
      case INTERFACE_STATISTICS:
        this.#readInterfaceStatistics(bytes, at, length);
        return false;
      case NAME_RESOLUTION:
        this.#notes.readNames(bytes, at + 8, at + length - 4, this.#bigEndian);
        return false;
      case DECRYPTION_SECRETS:
        this.#readDecryptionSecrets(bytes, at, length);
        return false;
      default:
        this.#skip(type);
        return false;
    }
  }

  /** draft-ietf-opsawg-pcapng §4.1 */
  #readSectionHeader(bytes: Uint8Array, at: number, length: ByteCount, origin: ByteOffset): boolean {
    if (length < SECTION_HEADER_LENGTH)
      return this.#tooShort('a section header', length, origin + at, '§4.1');
    const major = readUint16(bytes, at + 12, this.#bigEndian);
    if (major !== 1) {
      this.#damage(`pcapng version ${major} is not read; version 1 is`, origin + at + 12, '§4.1');
      return true;
    }
    this.#firstInterface = this.interfaces.length;
    this.#notes.readSection(bytes, at + 24, at + length - 4, this.#bigEndian, ++this.#section);
    return false;
  }

  /** draft-ietf-opsawg-pcapng §4.2 */
  #readInterfaceDescription(bytes: Uint8Array, at: number, length: ByteCount, origin: ByteOffset): boolean {
    if (length < INTERFACE_DESCRIPTION_LENGTH) {
      return this.#tooShort('an interface description', length, origin + at, '§4.2');
    }
    if (this.interfaces.length >= MOST_INTERFACES) {
      this.#damage(`more than ${MOST_INTERFACES} interfaces are described`, origin + at, '§4.2');
      return true;
    }
    const linkType = readUint16(bytes, at + 8, this.#bigEndian);
    const options = readInterfaceOptions(bytes, at + 16, at + length - 4, this.#bigEndian);
    this.#notes.readInterface(bytes, at + 16, at + length - 4, this.#bigEndian, this.interfaces.length);
    this.interfaces.push({
      name: options.name,
      description: options.description,
      linkType,
      snapLength: readUint32(bytes, at + 12, this.#bigEndian),
      frames: 0,
      ...(this.#section > 0 && { section: this.#section }),
    });
    this.#scales.push(new TimestampScale(options.resolution, options.offset));
    this.#mostCaptured.push(mostCaptured(linkType));
    return false;
  }

  /** The obsolete Packet Block: 16 bits of interface, 16 bits of drops, the rest as in an Enhanced Packet Block (appendix A). */
  #readPacket(bytes: Uint8Array, at: number, length: ByteCount, origin: ByteOffset): boolean {
    if (length < ENHANCED_PACKET_LENGTH)
      return this.#tooShort('a packet block', length, origin + at, 'appendix A');
    const bigEndian = this.#bigEndian;
    const interfaceId = readUint16(bytes, at + 8, bigEndian);
    const drops = readUint16(bytes, at + 10, bigEndian);
    const captureInterface = this.interfaces[this.#firstInterface + interfaceId];
    if (captureInterface !== undefined && drops !== DROPS_UNKNOWN && drops !== 0)
      captureInterface.dropped = (captureInterface.dropped ?? 0) + drops;
    return this.#givePacket(
      bytes,
      at,
      length,
      origin,
      interfaceId,
      readUint32(bytes, at + 20, bigEndian),
      readUint32(bytes, at + 24, bigEndian),
    );
  }

  /** draft-ietf-opsawg-pcapng §4.4 */
  #readSimplePacket(bytes: Uint8Array, at: number, length: ByteCount, origin: ByteOffset): boolean {
    if (length < SIMPLE_PACKET_LENGTH)
      return this.#tooShort('a simple packet block', length, origin + at, '§4.4');
    const index = this.#firstInterface;
    const captureInterface = this.interfaces[index];
    if (captureInterface === undefined) return this.#noInterface(0, origin + at);
    const original = readUint32(bytes, at + 8, this.#bigEndian);
    const snapLength = captureInterface.snapLength;
    const captured = snapLength !== 0 && snapLength < original ? snapLength : original;
    if (captured > length - SIMPLE_PACKET_LENGTH || captured > this.#mostCaptured[index]!) {
      return this.#tooMuchCaptured(captured, index, origin + at + 8);
    }
    const frame = this.#frame;
    const dataStart = at + 12;
    frame.start = dataStart;
    frame.end = dataStart + captured;
    frame.originalLength = original;
    frame.fileOffset = origin + dataStart;
    frame.seconds = 0;
    frame.nanoseconds = 0;
    frame.hasTime = false;
    this.#count(index, captureInterface);
    this.#sink.frame(frame);
    return false;
  }

  /** draft-ietf-opsawg-pcapng §4.6; one that is short or of no known interface harms nothing. A mark is no tick: no timer fires by it. */
  #readInterfaceStatistics(bytes: Uint8Array, at: number, length: ByteCount): void {
    if (length < INTERFACE_STATISTICS_LENGTH) return;
    const bigEndian = this.#bigEndian;
    const index = this.#firstInterface + readUint32(bytes, at + 8, bigEndian);
    const captureInterface = this.interfaces[index];
    const scale = this.#scales[index];
    if (captureInterface === undefined || scale === undefined) return;
    const dropped = readDropped(bytes, at + 20, at + length - 4, bigEndian);
    if (dropped !== undefined) captureInterface.dropped = dropped;
    scale.set(readUint32(bytes, at + 12, bigEndian), readUint32(bytes, at + 16, bigEndian));
    const mark = readMark(bytes, at + 20, at + length - 4, bigEndian);
    if (mark !== undefined) return this.#notes.addMark(index, scale.seconds, scale.nanoseconds, mark);
    this.#sink.tick?.(scale.seconds, scale.nanoseconds);
  }

  /** draft-ietf-opsawg-pcapng §4.7; handed on where the sink wants keys, else skipped. */
  #readDecryptionSecrets(bytes: Uint8Array, at: number, length: ByteCount): void {
    const secrets = this.#sink.secrets;
    if (secrets === undefined || length < DECRYPTION_SECRETS_LENGTH) return this.#skip(DECRYPTION_SECRETS);
    const stated = readUint32(bytes, at + 12, this.#bigEndian);
    const count = Math.min(stated, length - DECRYPTION_SECRETS_LENGTH);
    secrets.call(
      this.#sink,
      readUint32(bytes, at + 8, this.#bigEndian),
      bytes.subarray(at + 16, at + 16 + count),
    );
  }

  #skip(type: number): void {
    if (NUMBERED_KINDS.has(type)) this.#number++;
    countBlock(this.#skippedBlocks, type);
  }

  #damage(text: string, offset: ByteOffset, clause: string): number {
    return this.fail({ text, offset, clause: `${CLAUSE} ${clause}` });
  }

  #tooShort(what: string, length: ByteCount, offset: ByteOffset, clause: string): true {
    this.#damage(`${what} is only ${length} bytes long`, offset + 4, clause);
    return true;
  }

  #noInterface(interfaceId: number, offset: ByteOffset): true {
    const known = this.interfaces.length - this.#firstInterface;
    this.#damage(
      `a packet is of interface ${interfaceId}, but its section describes ${known}`,
      offset,
      '§4.3',
    );
    return true;
  }

  #tooMuchCaptured(captured: ByteCount, index: number, offset: ByteOffset): true {
    const most = this.#mostCaptured[index]!;
    this.#damage(
      captured > most
        ? `a packet says that ${captured} bytes of it were captured; more than ${most} is damage`
        : `a packet says that ${captured} bytes of it were captured; its block is too short for that`,
      offset,
      '§4.3',
    );
    return true;
  }
}
