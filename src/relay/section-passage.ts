import type { Fault } from '../capture/outcome.ts';
import {
  BYTE_ORDER_MAGIC,
  DECRYPTION_SECRETS,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  NAME_RESOLUTION,
  PACKET,
  LEAST_BLOCK_LENGTH,
  SECTION_HEADER,
  SIMPLE_PACKET,
} from '../capture/pcapng-blocks.ts';
import { readComments, readDropped, readInterfaceOptions } from '../capture/pcapng-options.ts';
import {
  commentedPacketBlock,
  secretsBlock,
  type Uint64,
  unitsPerSecond,
  writeUint32,
} from '../capture/pcapng-writer.ts';
import { readUint16, readUint32, RecordReader, STOPPED } from '../capture/record-reader.ts';
import type { ByteCount, ByteOffset } from '../capture/units.ts';
import type { PacketSink } from './packet-source.ts';

/** Longest block that a live stream may have. */
const MOST_BLOCK: ByteCount = 16 << 20;
/** Lengths of blocks without options and packet data. */
const SECTION_HEADER_LENGTH: ByteCount = 28;
const INTERFACE_LENGTH: ByteCount = 20;
const STATISTICS_LENGTH: ByteCount = 24;
const PACKET_LENGTH: ByteCount = 32;
const SIMPLE_PACKET_LENGTH: ByteCount = 16;
const SECRETS_LENGTH: ByteCount = 20;
const CUSTOM_COPIED = 0xbad;
const CLAUSE = 'draft-ietf-opsawg-pcapng';

interface PassedInterface {
  point: number;
  snapLength: ByteCount;
  resolution: number;
}

/**
 * Passes a pcapng stream on, block by block, as part of another section: any number of sections, in either byte order.
 * Packets keep their times, comments and, from little-endian sections, all options; those without a time get
 * the time they come. A stream that is damaged gives all packets before the damage and a fault.
 * Source: draft-ietf-opsawg-pcapng.
 */
export class SectionPassage extends RecordReader {
  #bigEndian = false;
  #begun = false;
  #interfaces: PassedInterface[] = [];

  /** `name` stands for interfaces that have none; `wallTime` gives milliseconds since 1970. */
  constructor(
    private readonly sink: PacketSink,
    private readonly name: string,
    private readonly wallTime: () => number,
  ) {
    super();
  }

  protected override parse(bytes: Uint8Array, start: number, end: number, origin: ByteOffset): number {
    let at = start;
    for (;;) {
      if (end - at < LEAST_BLOCK_LENGTH) {
        this.wanted = LEAST_BLOCK_LENGTH;
        return at;
      }
      const type = readUint32(bytes, at, this.#bigEndian);
      if (type === SECTION_HEADER) {
        const isBig = readUint32(bytes, at + 8, true) === BYTE_ORDER_MAGIC;
        if (!isBig && readUint32(bytes, at + 8, false) !== BYTE_ORDER_MAGIC)
          return this.#damage('a section header has no valid byte-order magic', origin + at + 8, '§4.1');
        this.#bigEndian = isBig;
      } else if (!this.#begun)
        return this.#damage('the stream does not begin with a section header', origin + at, '§4.1');
      const stated = readUint32(bytes, at + 4, this.#bigEndian);
      const length = stated + (-stated & 3);
      if (stated < LEAST_BLOCK_LENGTH || length > MOST_BLOCK)
        return this.#damage(`a block says that it is ${stated} bytes long`, origin + at + 4, '§3.1');
      const next = at + length;
      if (next > end) {
        this.wanted = length;
        return at;
      }
      const repeated = readUint32(bytes, next - 4, this.#bigEndian);
      if (repeated !== stated && repeated !== length)
        return this.#damage(
          `a block's two lengths differ: ${stated} before it, ${repeated} after it`,
          origin + next - 4,
          '§3.1',
        );
      const trouble = this.#pass(type, bytes.subarray(at, next));
      if (trouble !== undefined) return this.#damage(trouble, origin + at, '§4');
      at = next;
    }
  }

  protected override cut(_recordStart: ByteOffset, offset: ByteOffset): Fault | undefined {
    if (offset === 0 || !this.withinRecord) return undefined;
    return { text: 'cut in the middle of a block', offset, clause: `${CLAUSE} §3.1` };
  }

  /** Passes a block on; gives what is wrong with it, where that is damage. */
  #pass(type: number, block: Uint8Array): string | undefined {
    const bigEndian = this.#bigEndian;
    const { length } = block;
    switch (type) {
      case SECTION_HEADER:
        if (length < SECTION_HEADER_LENGTH) return 'a section header is too short';
        this.#begun = true;
        this.#interfaces = [];
        return undefined;
      case INTERFACE_DESCRIPTION: {
        if (length < INTERFACE_LENGTH) return 'an interface description is too short';
        const options = readInterfaceOptions(block, 16, length - 4, bigEndian);
        const snapLength = readUint32(block, 12, bigEndian);
        const point = this.sink.interface({
          ...options,
          name: options.name === '' ? this.name : options.name,
          linkType: readUint16(block, 8, bigEndian),
          snapLength,
          filter: '',
          ordinal: this.#interfaces.length,
          isLocalClock: false,
        });
        if (point < 0) return 'too many interfaces are described';
        this.#interfaces.push({ point, snapLength, resolution: options.resolution });
        return undefined;
      }
      case ENHANCED_PACKET:
        return this.#passPacket(block, readUint32(block, 8, bigEndian), true);
      case PACKET:
        return this.#passPacket(block, readUint16(block, 8, bigEndian), false);
      case SIMPLE_PACKET:
        return this.#passSimplePacket(block);
      case INTERFACE_STATISTICS: {
        if (length < STATISTICS_LENGTH) return undefined;
        const point = this.#interfaces[readUint32(block, 8, bigEndian)]?.point;
        const dropped = readDropped(block, 20, length - 4, bigEndian);
        if (point !== undefined && dropped !== undefined) this.sink.dropped(point, dropped);
        return undefined;
      }
      case DECRYPTION_SECRETS:
        if (length >= SECRETS_LENGTH) {
          const count = Math.min(readUint32(block, 12, bigEndian), length - SECRETS_LENGTH);
          this.sink.block(secretsBlock(readUint32(block, 8, bigEndian), block.subarray(16, 16 + count)), -1);
        }
        return undefined;
      case NAME_RESOLUTION:
      case CUSTOM_COPIED:
        if (!bigEndian && length % 4 === 0 && readUint32(block, 4, false) === length)
          this.sink.block(block, -1);
        return undefined;
      default:
        return undefined;
    }
  }

  #passPacket(block: Uint8Array, interfaceId: number, isEnhanced: boolean): string | undefined {
    if (block.length < PACKET_LENGTH) return 'a packet block is too short';
    const bigEndian = this.#bigEndian;
    const known = this.#interfaces[interfaceId];
    if (known === undefined)
      return `a packet is of interface ${interfaceId}, but its section describes ${this.#interfaces.length}`;
    const captured = readUint32(block, 20, bigEndian);
    if (captured > block.length - PACKET_LENGTH)
      return `a packet says that ${captured} bytes of it were captured; its block is too short for that`;
    const optionsStart = 28 + captured + (-captured & 3);
    if (isEnhanced && !bigEndian && readUint32(block, 4, false) === block.length) {
      // A slice of a Buffer would be the same bytes.
      const own = new Uint8Array(block);
      writeUint32(own, 8, known.point);
      this.sink.block(own, known.point);
      return undefined;
    }
    const time: Uint64 = { high: readUint32(block, 12, bigEndian), low: readUint32(block, 16, bigEndian) };
    const original = readUint32(block, 24, bigEndian);
    const comments: string[] = [];
    readComments(block, optionsStart, block.length - 4, bigEndian, (text) => comments.push(text));
    if (comments.length === 0) this.sink.packet(known.point, time, original, block, 28, 28 + captured);
    else {
      const bytes = block.subarray(28, 28 + captured);
      this.sink.block(commentedPacketBlock(known.point, time, original, bytes, comments), known.point);
    }
    return undefined;
  }

  #passSimplePacket(block: Uint8Array): string | undefined {
    if (block.length < SIMPLE_PACKET_LENGTH) return 'a simple packet block is too short';
    const known = this.#interfaces[0];
    if (known === undefined) return 'a packet is of interface 0, but its section describes none';
    const original = readUint32(block, 8, this.#bigEndian);
    const { snapLength } = known;
    const captured = snapLength !== 0 && snapLength < original ? snapLength : original;
    if (captured > block.length - SIMPLE_PACKET_LENGTH)
      return `a packet says that ${captured} bytes of it were captured; its block is too short for that`;
    const units = BigInt(Math.floor((this.wallTime() / 1000) * unitsPerSecond(known.resolution)));
    const time: Uint64 = { high: Number((units >> 32n) & 0xffffffffn), low: Number(units & 0xffffffffn) };
    this.sink.packet(known.point, time, original, block, 12, 12 + captured);
    return undefined;
  }

  #damage(text: string, offset: ByteOffset, clause: string): number {
    this.fail({ text, offset, clause: `${CLAUSE} ${clause}` });
    return STOPPED;
  }
}
