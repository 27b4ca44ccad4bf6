import type { Layer } from './layer.ts';

/** Headers that a trace tells apart. */
export const HeaderKind = { wpan: 0, lowpan: 1, ipv4: 2, ipv6: 3, udp: 4, tcp: 5 } as const;
export type HeaderCode = (typeof HeaderKind)[keyof typeof HeaderKind];

/** Where one header stands: `bytes[start..end)`. */
export interface TracedHeader {
  kind: HeaderCode;
  /** The frame's own bytes, or those in which a compressed header is written out in full. */
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** Most headers of one frame that are kept; deeper ones are left out. */
const MAX_HEADERS = 32;

/**
 * The headers that `NetworkReader` passes in one frame, from the outermost on; for a frame that is looked at again.
 * Empty it before each frame; what it holds is valid until the next frame is read.
 */
export class HeaderTrace {
  readonly headers: TracedHeader[] = [];

  clear(): void {
    this.headers.length = 0;
  }

  /** Notes a header that begins at `start` of the layer's bytes and ends where the layer stands now. */
  add(kind: HeaderCode, layer: Layer, start: number): void {
    this.addRange(kind, layer.bytes, start, layer.at);
  }

  addRange(kind: HeaderCode, bytes: Uint8Array, start: number, end: number): void {
    if (this.headers.length < MAX_HEADERS) this.headers.push({ kind, bytes, start, end });
  }
}
