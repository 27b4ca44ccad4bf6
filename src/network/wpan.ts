import type { ByteCount } from '../capture/units.ts';
import type { Layer } from './layer.ts';
import { NotRead } from './not-read.ts';

/** Longest frame of IEEE 802.15.4, in bytes: aMaxPHYPacketSize of the SUN and TVWS PHYs. IEEE 802.15.4-2020 §11.3. */
export const MAX_WPAN_FRAME: ByteCount = 2047;
/** Bytes of the frame check sequence of most PHYs. IEEE 802.15.4-2020 §7.2.11. */
const FCS: ByteCount = 2;
/** Most information elements in one frame, header and payload IEs counted apart. */
const MAX_INFORMATION_ELEMENTS = 64;

/** Frame types. IEEE 802.15.4-2020 §7.2.2.2. */
const FRAME_TYPE_DATA = 1;
/** Addressing modes. IEEE 802.15.4-2020 §7.2.2.9. */
const AddressMode = { none: 0, reserved: 1, short: 2, extended: 3 } as const;
/** Frame versions. IEEE 802.15.4-2020 §7.2.2.10. */
const VERSION_2015 = 2;

/** A link address as IPv6 uses it: most significant byte first. Reused for every frame. */
export class LinkAddress {
  readonly bytes = new Uint8Array(8);
  /** 0 where the frame gives none, 2 for a short address, 8 for an extended one. */
  length: ByteCount = 0;

  /** Takes `length` bytes from `at` on, least significant first as in the MAC header. */
  setReversed(bytes: Uint8Array, at: number, length: ByteCount): void {
    this.length = length;
    for (let index = 0; index < length; index++) this.bytes[index] = bytes[at + length - 1 - index]!;
  }

  /** Takes `length` bytes from `at` on, most significant first as in a mesh header. */
  set(bytes: Uint8Array, at: number, length: ByteCount): void {
    this.length = length;
    for (let index = 0; index < length; index++) this.bytes[index] = bytes[at + index]!;
  }
}

/** The addresses of a MAC header. */
export class LinkAddresses {
  /** PAN identifier of the destination, else of the source; -1 where the frame gives none. */
  pan = -1;
  readonly source = new LinkAddress();
  readonly destination = new LinkAddress();
}

function lengthOf(mode: number): ByteCount {
  return mode === AddressMode.short ? 2 : mode === AddressMode.extended ? 8 : 0;
}

/**
 * Which PAN identifiers stand in the header: 1 for the destination's, 2 for the source's, 3 for both. Up to
 * 2006 the bit leaves out the source's where both addresses are there (IEEE 802.15.4-2006 §7.2.1.1.5); from
 * 2015 on IEEE 802.15.4-2020 table 7-2 applies.
 */
function panIdentifiers(version: number, compressed: boolean, to: number, from: number): number {
  if (version < VERSION_2015) {
    const destination = to === AddressMode.none ? 0 : 1;
    const isLeftOut = from === AddressMode.none || (compressed && destination === 1);
    return destination | (isLeftOut ? 0 : 2);
  }
  if (to === AddressMode.none && from === AddressMode.none) return compressed ? 1 : 0;
  if (from === AddressMode.none) return compressed ? 0 : 1;
  if (to === AddressMode.none) return compressed ? 0 : 2;
  if (to === AddressMode.extended && from === AddressMode.extended) return compressed ? 0 : 1;
  return compressed ? 1 : 3;
}

/** Gives two bytes as a number, least significant first, as IEEE 802.15.4 has them. */
function little16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/**
 * Reads the MAC header of a data frame (IEEE 802.15.4-2020 §7.2, and the versions of 2003 and 2006), takes its
 * addresses and moves behind header and information elements. `layer` ends before the frame check sequence.
 * Other frames, and frames secured at this level, are named. Gives false for what is not read.
 */
export function readWpan(layer: Layer, addresses: LinkAddresses): boolean {
  if (layer.wireEnd - layer.at > MAX_WPAN_FRAME) return layer.fail(NotRead.malformedLink);
  if (layer.isShort(2, NotRead.malformedLink)) return false;
  const control = little16(layer.bytes, layer.at);
  const version = (control >> 12) & 3;
  const type = control & 7;
  if (type !== FRAME_TYPE_DATA) return layer.fail(NotRead.wpanFrame, type);
  if ((control & 0x0008) !== 0) return layer.fail(NotRead.wpanSecured);
  const to = (control >> 10) & 3;
  const from = (control >> 14) & 3;
  if (to === AddressMode.reserved || from === AddressMode.reserved || version === 3)
    return layer.fail(NotRead.malformedLink);
  const isNumbered = version < VERSION_2015 || (control & 0x0100) === 0;
  const pans = panIdentifiers(version, (control & 0x0040) !== 0, to, from);
  const toLength = lengthOf(to);
  const fromLength = lengthOf(from);
  const toAt = layer.at + (isNumbered ? 3 : 2) + ((pans & 1) === 0 ? 0 : 2);
  const fromAt = toAt + toLength + ((pans & 2) === 0 ? 0 : 2);
  if (layer.isShort(fromAt + fromLength - layer.at, NotRead.malformedLink)) return false;
  addresses.destination.setReversed(layer.bytes, toAt, toLength);
  addresses.source.setReversed(layer.bytes, fromAt, fromLength);
  addresses.pan = pans === 0 ? -1 : little16(layer.bytes, ((pans & 1) === 0 ? fromAt : toAt) - 2);
  layer.at = fromAt + fromLength;
  const hasElements = version === VERSION_2015 && (control & 0x0200) !== 0;
  return !hasElements || passInformationElements(layer);
}

/** Where the parts of a MAC header stand; -1 for what it has not. Of `readWpan`, for a frame that is looked at again. */
export interface WpanPlaces {
  /** Frame control field. IEEE 802.15.4-2020 §7.2.2. */
  control: number;
  sequence: number;
  destinationPan: number;
  destination: number;
  destinationLength: ByteCount;
  sourcePan: number;
  source: number;
  sourceLength: ByteCount;
}

/** Finds the parts of the MAC header at `bytes[at..end)` that `readWpan` has read; undefined where it is cut. */
export function wpanPlaces(bytes: Uint8Array, at: number, end: number): WpanPlaces | undefined {
  if (at + 2 > end) return undefined;
  const control = little16(bytes, at);
  const version = (control >> 12) & 3;
  const to = (control >> 10) & 3;
  const from = (control >> 14) & 3;
  const isNumbered = version < VERSION_2015 || (control & 0x0100) === 0;
  const pans = panIdentifiers(version, (control & 0x0040) !== 0, to, from);
  const panAt = at + (isNumbered ? 3 : 2);
  const destination = panAt + ((pans & 1) === 0 ? 0 : 2);
  const destinationLength = lengthOf(to);
  const sourcePanAt = destination + destinationLength;
  const source = sourcePanAt + ((pans & 2) === 0 ? 0 : 2);
  const sourceLength = lengthOf(from);
  if (source + sourceLength > end) return undefined;
  return {
    control,
    sequence: isNumbered ? at + 2 : -1,
    destinationPan: (pans & 1) === 0 ? -1 : panAt,
    destination,
    destinationLength,
    sourcePan: (pans & 2) === 0 ? -1 : sourcePanAt,
    source,
    sourceLength,
  };
}

/** Header termination 1, behind which payload IEs follow, and 2, behind which the payload follows. Table 7-7. */
const HEADER_TERMINATION_1 = 0x7e;
const HEADER_TERMINATION_2 = 0x7f;
/** Payload termination. IEEE 802.15.4-2020 table 7-15. */
const PAYLOAD_TERMINATION = 0xf;

/** Moves over the information elements (IEEE 802.15.4-2020 §7.4). A list may end with the frame. */
function passInformationElements(layer: Layer): boolean {
  let isPayload = false;
  for (let count = 0; count < MAX_INFORMATION_ELEMENTS; count++) {
    if (layer.at === layer.wireEnd) return true;
    if (layer.isShort(2, NotRead.malformedLink)) return false;
    const head = little16(layer.bytes, layer.at);
    if (head >> 15 !== (isPayload ? 1 : 0)) return layer.fail(NotRead.malformedLink);
    const length = 2 + (isPayload ? head & 0x7ff : head & 0x7f);
    const id = isPayload ? (head >> 11) & 0xf : (head >> 7) & 0xff;
    if (layer.isShort(length, NotRead.malformedLink)) return false;
    layer.at += length;
    if (isPayload ? id === PAYLOAD_TERMINATION : id === HEADER_TERMINATION_2) return true;
    if (!isPayload && id === HEADER_TERMINATION_1) isPayload = true;
  }
  return layer.fail(NotRead.tooManyHeaders);
}

/** Remainders of the check sequence by half a byte: x^16 + x^12 + x^5 + 1, least significant bit first. */
const FCS_TABLE = Uint16Array.from({ length: 16 }, (_, nibble) => {
  let rest = nibble;
  for (let bit = 0; bit < 4; bit++) rest = (rest & 1) === 0 ? rest >> 1 : (rest >> 1) ^ 0x8408;
  return rest;
});

/** The 16-bit frame check sequence of `bytes[start..end)`. IEEE 802.15.4-2020 §7.2.11. */
export function frameCheckSequence(bytes: Uint8Array, start: number, end: number): number {
  let rest = 0;
  for (let at = start; at < end; at++) {
    rest ^= bytes[at]!;
    rest = (rest >> 4) ^ FCS_TABLE[rest & 0xf]!;
    rest = (rest >> 4) ^ FCS_TABLE[rest & 0xf]!;
  }
  return rest;
}

/** How the last two bytes of a frame tell whether the radio damaged it. */
export const FrameCheck = {
  /** A frame check sequence; simulators write zeros. */
  sequence: 0,
  /** The CC24xx radios put signal strength and link quality there; the highest bit says "check passed". */
  cc24xx: 1,
} as const;

/**
 * Takes the 16-bit frame check sequence, or what stands in its place, off the end of `layer`. A frame that the radio
 * damaged is named. Gives false for what is not read.
 */
export function passFrameCheck(layer: Layer, kind: number = FrameCheck.sequence): boolean {
  const sequenceAt = layer.wireEnd - FCS;
  if (sequenceAt < layer.at) return layer.fail(NotRead.malformedLink);
  if (layer.end === layer.wireEnd) {
    const found = little16(layer.bytes, sequenceAt);
    const isGood =
      kind === FrameCheck.cc24xx
        ? (found & 0x8000) !== 0
        : found === 0 || found === frameCheckSequence(layer.bytes, layer.at, sequenceAt);
    if (!isGood) return layer.fail(NotRead.wpanDamaged);
  }
  layer.limitTo(sequenceAt);
  return true;
}

/** Bytes of a TAP header before its fields. IEEE 802.15.4 TAP link type specification §2. */
const TAP_HEADER: ByteCount = 4;
/** TAP field with the kind of check sequence: 0 none, 1 of 16 bits, 2 of 32 bits. §3.1. */
const TAP_FCS_TYPE = 0;
/** Most fields in one TAP header. */
const MAX_TAP_FIELDS = 64;

/** Reads a TAP header (IEEE 802.15.4 TAP link type specification) and takes off the check sequence that it names. */
export function readWpanTap(layer: Layer): boolean {
  if (layer.isShort(TAP_HEADER, NotRead.malformedLink)) return false;
  const { bytes, at } = layer;
  const length = little16(bytes, at + 2);
  if (bytes[at] !== 0 || length < TAP_HEADER) return layer.fail(NotRead.malformedLink);
  if (layer.isShort(length, NotRead.malformedLink)) return false;
  const end = at + length;
  let checkLength = 0;
  let field = at + TAP_HEADER;
  for (let count = 0; field + 4 <= end && count < MAX_TAP_FIELDS; count++) {
    const fieldLength = little16(bytes, field + 2);
    if (little16(bytes, field) === TAP_FCS_TYPE && fieldLength >= 1 && field + 4 < end)
      checkLength = bytes[field + 4] === 1 ? 2 : bytes[field + 4] === 2 ? 4 : 0;
    field += 4 + ((fieldLength + 3) & ~3);
  }
  layer.at = end;
  if (checkLength === 2) return passFrameCheck(layer);
  if (layer.wireEnd - checkLength < layer.at) return layer.fail(NotRead.malformedLink);
  layer.limitTo(layer.wireEnd - checkLength);
  return true;
}
