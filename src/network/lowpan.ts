import type { ByteCount } from '../capture/units.ts';
import type { Layer } from './layer.ts';
import { uint16 } from './layer.ts';
import type { LowpanContexts } from './lowpan-context.ts';
import { LowpanExpander } from './lowpan-header.ts';
import { NotRead } from './not-read.ts';
import { LinkAddresses, readWpan } from './wpan.ts';

/** Longest time between fragments of one datagram, in seconds of the capture. RFC 4944 §5.3. */
export const LOWPAN_FRAGMENT_TIMEOUT = 60;

/** Dispatch bytes. RFC 4944 §5.1, RFC 6282 §2. */
const DISPATCH_IPV6 = 0x41;
const DISPATCH_BROADCAST = 0x50;
/** Bytes of a broadcast header. RFC 4944 §11.1. */
const BROADCAST_HEADER: ByteCount = 2;
/** Bytes of the header of a first fragment and of a later one. RFC 4944 §5.3. */
const FIRST_FRAGMENT: ByteCount = 4;
const LATER_FRAGMENT: ByteCount = 5;

/** Finds the IPv6 packet in a frame of IEEE 802.15.4. Reused for every frame. */
export class LowpanReader {
  /** Length of the whole packet where the frame holds a fragment of it, else -1. */
  size: ByteCount = -1;
  /** Where the fragment stands in the packet with all headers in full. */
  offset: ByteCount = 0;
  tag = 0;
  /** Index after the MAC header, and after what 6LoWPAN compresses or puts before it, in the frame. */
  macEnd = 0;
  headersEnd = 0;
  readonly link = new LinkAddresses();
  readonly #expander: LowpanExpander;

  constructor(contexts: LowpanContexts) {
    this.#expander = new LowpanExpander(contexts);
  }

  /** Index in the frame minus index in the expanded copy, where `layer.bytes` is one. */
  get shift(): number {
    return this.#expander.shift;
  }

  /** Number of a context that the last packet needs and nobody gave; -1 where there is none. */
  get unknownContext(): number {
    return this.#expander.unknownContext;
  }

  /**
   * Reads MAC header, mesh header (RFC 4944 §5.2), broadcast header (§11.1), fragment header (§5.3) and dispatch.
   * Afterwards `layer` stands at an IPv6 header, in full, in the frame or in an expanded copy; or at the bytes of
   * a fragment, where `size` is not -1. Gives false for what is not read.
   */
  read(layer: Layer): boolean {
    this.size = -1;
    this.offset = 0;
    this.#expander.unknownContext = -1;
    this.macEnd = this.headersEnd = layer.at;
    if (!readWpan(layer, this.link)) return false;
    this.macEnd = layer.at;
    const { bytes } = layer;
    const isRead = this.#headers(layer);
    this.headersEnd = layer.bytes === bytes ? layer.at : this.#expander.headersEnd;
    return isRead;
  }

  #headers(layer: Layer): boolean {
    if (layer.at === layer.wireEnd) return layer.fail(NotRead.wpanEmpty);
    if (layer.isShort(1, NotRead.malformedLowpan)) return false;
    if (layer.bytes[layer.at]! >> 6 === 2 && !this.#meshHeader(layer)) return false;
    if (layer.isShort(1, NotRead.malformedLowpan)) return false;
    if (layer.bytes[layer.at] === DISPATCH_BROADCAST) {
      if (layer.isShort(BROADCAST_HEADER + 1, NotRead.malformedLowpan)) return false;
      layer.at += BROADCAST_HEADER;
    }
    const dispatch = layer.bytes[layer.at]!;
    if (dispatch >> 3 === 0x1c) return this.#fragmentHeader(layer, LATER_FRAGMENT);
    if (dispatch >> 3 === 0x18) {
      if (!this.#fragmentHeader(layer, FIRST_FRAGMENT)) return false;
      if (layer.isShort(1, NotRead.malformedLowpan)) return false;
    }
    return this.#packet(layer);
  }

  /** The packet, or its first fragment, with its headers in full. */
  #packet(layer: Layer): boolean {
    const dispatch = layer.bytes[layer.at]!;
    if (dispatch >> 5 === 3) return this.#expander.expand(layer, this.link, this.size);
    if (dispatch !== DISPATCH_IPV6) return layer.fail(NotRead.lowpanDispatch, dispatch);
    layer.at++;
    return true;
  }

  /** The addresses of a mesh header are those that the ends of the path have. RFC 4944 §5.2. */
  #meshHeader(layer: Layer): boolean {
    const { bytes, at } = layer;
    const head = bytes[at]!;
    const originLength = (head & 0x20) === 0 ? 8 : 2;
    const finalLength = (head & 0x10) === 0 ? 8 : 2;
    const originAt = at + ((head & 0xf) === 0xf ? 2 : 1);
    const end = originAt + originLength + finalLength;
    if (layer.isShort(end - at, NotRead.malformedLowpan)) return false;
    this.link.source.set(bytes, originAt, originLength);
    this.link.destination.set(bytes, originAt + originLength, finalLength);
    layer.at = end;
    return true;
  }

  #fragmentHeader(layer: Layer, length: ByteCount): boolean {
    if (layer.isShort(length, NotRead.malformedLowpan)) return false;
    const { bytes, at } = layer;
    this.size = uint16(bytes, at) & 0x7ff;
    this.tag = uint16(bytes, at + 2);
    this.offset = length === LATER_FRAGMENT ? bytes[at + 4]! * 8 : 0;
    layer.at = at + length;
    return true;
  }
}

/** Where the headers of 6LoWPAN stand in `bytes[start..end)`; -1 for those that are not there. */
export interface LowpanPlaces {
  /** Header of a fragment (RFC 4944 §5.3), and whether it is the first one. */
  fragment: number;
  isFirst: boolean;
  /** First byte of LOWPAN_IPHC (RFC 6282 §3.1). */
  compressed: number;
  /** The dispatch behind mesh and broadcast headers. */
  dispatch: number;
}

/** Finds the headers that `LowpanReader` has read, for a frame that is looked at again. */
export function lowpanPlaces(bytes: Uint8Array, start: number, end: number): LowpanPlaces {
  const places: LowpanPlaces = { fragment: -1, isFirst: false, compressed: -1, dispatch: -1 };
  let at = start;
  if (at < end && bytes[at]! >> 6 === 2) {
    const head = bytes[at]!;
    at += (head & 0xf) === 0xf ? 2 : 1;
    at += ((head & 0x20) === 0 ? 8 : 2) + ((head & 0x10) === 0 ? 8 : 2);
  }
  if (at < end && bytes[at] === DISPATCH_BROADCAST) at += BROADCAST_HEADER;
  if (at >= end) return places;
  places.dispatch = at;
  const kind = bytes[at]! >> 3;
  if (kind === 0x1c || kind === 0x18) {
    places.fragment = at;
    places.isFirst = kind === 0x18;
    at += places.isFirst ? FIRST_FRAGMENT : LATER_FRAGMENT;
    if (!places.isFirst) return places;
  }
  if (at + 1 < end && bytes[at]! >> 5 === 3) places.compressed = at;
  return places;
}
