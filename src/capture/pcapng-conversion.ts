import type { Frame } from './frame.ts';
import type { Fault } from './outcome.ts';
import { PcapReader } from './pcap.ts';
import {
  enhancedPacketLength,
  interfaceDescriptionBlock,
  NANOSECONDS,
  sectionHeaderBlock,
  setNanoseconds,
  type Uint64,
  writeEnhancedPacket,
} from './pcapng-writer.ts';

/**
 * Writes a classic pcap stream anew as pcapng, as it comes: one section, one interface, and a packet block for each
 * record. Frames keep their order, numbers, times, bytes and lengths: times are written in nanoseconds, which hold those
 * of every pcap exactly. Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng §4.
 */
export class PcapConversion {
  readonly #reader: PcapReader;
  readonly #time: Uint64 = { high: 0, low: 0 };
  #blocks: Uint8Array[] = [];
  #begun = false;

  constructor() {
    this.#reader = new PcapReader({ frame: (frame) => this.#write(frame) });
  }

  /** What is wrong with the stream; nothing behind it is read. */
  get fault(): Fault | undefined {
    return this.#reader.fault;
  }

  /** Takes the next piece; gives blocks that are complete with it, in order. */
  push(piece: Uint8Array): Uint8Array[] {
    this.#reader.push(piece);
    const [captureInterface] = this.#reader.interfaces;
    if (captureInterface !== undefined && !this.#begun) {
      this.#begun = true;
      const { linkType, snapLength } = captureInterface;
      this.#blocks.unshift(
        sectionHeaderBlock('lwm2m-scope'),
        interfaceDescriptionBlock({
          name: '',
          description: '',
          linkType,
          snapLength,
          resolution: NANOSECONDS,
          offset: 0,
          filter: '',
        }),
      );
    }
    const blocks = this.#blocks;
    this.#blocks = [];
    return blocks;
  }

  #write({ bytes, start, end, originalLength, seconds, nanoseconds }: Frame): void {
    const block = new Uint8Array(enhancedPacketLength(end - start));
    setNanoseconds(this.#time, seconds, nanoseconds);
    writeEnhancedPacket(block, 0, 0, this.#time, originalLength, bytes, start, end);
    this.#blocks.push(block);
  }
}
