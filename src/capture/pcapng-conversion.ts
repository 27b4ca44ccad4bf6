import type { Frame } from './frame.ts';
import type { Fault } from './outcome.ts';
import { PcapReader } from './pcap.ts';
import { BYTE_ORDER_MAGIC, ENHANCED_PACKET, INTERFACE_DESCRIPTION, SECTION_HEADER } from './pcapng-blocks.ts';
import { IF_TSRESOL } from './pcapng-options.ts';
import { blockBytes } from './pcapng-mark.ts';
import { TimestampScale } from './timestamp-scale.ts';

/** Times are written in units of 10^-9 s, which holds those of every pcap exactly. */
const NANOSECOND_RESOLUTION = 9;

/**
 * Writes a classic pcap stream anew as pcapng, as it comes: one section, one interface, and a packet block for each
 * record. Frames keep their order, numbers, times, bytes and lengths. Sources: draft-ietf-opsawg-pcap,
 * draft-ietf-opsawg-pcapng §4.
 */
export class PcapConversion {
  readonly #reader: PcapReader;
  readonly #scale = new TimestampScale(NANOSECOND_RESOLUTION, 0);
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
      this.#blocks.unshift(
        sectionHeader(),
        interfaceDescription(captureInterface.linkType, captureInterface.snapLength),
      );
    }
    const blocks = this.#blocks;
    this.#blocks = [];
    return blocks;
  }

  #write(frame: Frame): void {
    const length = frame.end - frame.start;
    const body = new Uint8Array(20 + length);
    const view = new DataView(body.buffer);
    const units = this.#scale.unitsOf(frame.seconds, frame.nanoseconds);
    view.setUint32(4, Number(units >> 32n), true);
    view.setUint32(8, Number(units & 0xffffffffn), true);
    view.setUint32(12, length, true);
    view.setUint32(16, frame.originalLength, true);
    body.set(frame.bytes.subarray(frame.start, frame.end), 20);
    this.#blocks.push(blockBytes(ENHANCED_PACKET, body, false));
  }
}

/** draft-ietf-opsawg-pcapng §4.1; a section of unknown length. */
function sectionHeader(): Uint8Array {
  const body = new Uint8Array(16).fill(0xff, 8);
  const view = new DataView(body.buffer);
  view.setUint32(0, BYTE_ORDER_MAGIC, true);
  view.setUint16(4, 1, true);
  return blockBytes(SECTION_HEADER, body, false);
}

/** draft-ietf-opsawg-pcapng §4.2 */
function interfaceDescription(linkType: number, snapLength: number): Uint8Array {
  const body = new Uint8Array(20);
  const view = new DataView(body.buffer);
  view.setUint16(0, linkType, true);
  view.setUint32(4, snapLength, true);
  view.setUint16(8, IF_TSRESOL, true);
  view.setUint16(10, 1, true);
  body[12] = NANOSECOND_RESOLUTION;
  return blockBytes(INTERFACE_DESCRIPTION, body, false);
}
