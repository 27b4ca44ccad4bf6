import { Frame } from '../../src/capture/frame.ts';
import { parseAddress } from '../../src/network/address-text.ts';
import { Datagram, DatagramKind } from '../../src/network/datagram.ts';
import type { NetworkReader } from '../../src/network/network-reader.ts';

/** Packets made by hand from the layouts of the specifications, for tests. */

/** Bytes of several arrays, one after the other. */
export function joined(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

export function address(text: string): Uint8Array {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed.bytes;
}

/** UDP header and payload. RFC 768. `length` overrides the length field. */
export function udp(
  payload: Uint8Array,
  { from = 40000, to = 5683, length = payload.length + 8 } = {},
): Uint8Array {
  return joined(u16(from), u16(to), u16(length), [0, 0], payload);
}

export interface Ipv4Fields {
  source?: string;
  destination?: string;
  protocol?: number;
  identification?: number;
  /** Flags and offset field. */
  fragmentation?: number;
  /** A multiple of 4 bytes. */
  options?: readonly number[];
  totalLength?: number;
}

/** IPv4 header and payload. RFC 791 §3.1. */
export function ipv4(payload: Uint8Array, fields: Ipv4Fields = {}): Uint8Array {
  const options = fields.options ?? [];
  const header = 20 + options.length;
  return joined(
    [0x40 | (header / 4), 0],
    u16(fields.totalLength ?? header + payload.length),
    u16(fields.identification ?? 0x1234),
    u16(fields.fragmentation ?? 0),
    [64, fields.protocol ?? 17, 0, 0],
    address(fields.source ?? '10.0.0.7'),
    address(fields.destination ?? '10.0.0.1'),
    options,
    payload,
  );
}

export interface Ipv6Fields {
  source?: string;
  destination?: string;
  next?: number;
  payloadLength?: number;
}

/** IPv6 header and payload. RFC 8200 §3. */
export function ipv6(payload: Uint8Array, fields: Ipv6Fields = {}): Uint8Array {
  return joined(
    [0x60, 0, 0, 0],
    u16(fields.payloadLength ?? payload.length),
    [fields.next ?? 17, 64],
    address(fields.source ?? '2001:db8::7'),
    address(fields.destination ?? '2001:db8::1'),
    payload,
  );
}

/** IPv6 fragment header and bytes; `offset` in bytes. RFC 8200 §4.5. */
export function ipv6Fragment(
  payload: Uint8Array,
  { next = 17, offset = 0, more = false, identification = 0xabcd1234 } = {},
): Uint8Array {
  return joined(
    [next, 0],
    u16(offset | (more ? 1 : 0)),
    u16(identification >>> 16),
    u16(identification & 0xffff),
    payload,
  );
}

/** Ethernet header with tags (ethertype and tag control each) and payload. */
export function ethernet(
  type: number,
  payload: Uint8Array,
  tags: readonly (readonly [number, number])[] = [],
): Uint8Array {
  return joined(
    [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2],
    ...tags.map(([tag, control]) => [...u16(tag), ...u16(control)]),
    u16(type),
    payload,
  );
}

export interface FrameFields {
  number?: number;
  linkType?: number;
  /** Bytes kept by the capture; all of them where absent. */
  captured?: number;
  seconds?: number;
  fileOffset?: number;
  interfaceIndex?: number;
}

/** A frame of these bytes, at an odd place in a larger buffer, so that wrong starts show. */
export function frameOf(bytes: Uint8Array, fields: FrameFields = {}): Frame {
  const frame = new Frame();
  const captured = Math.min(fields.captured ?? bytes.length, bytes.length);
  const margin = 5;
  frame.bytes = new Uint8Array(captured + 2 * margin).fill(0xee);
  frame.bytes.set(bytes.subarray(0, captured), margin);
  frame.start = margin;
  frame.end = margin + captured;
  frame.originalLength = bytes.length;
  frame.number = fields.number ?? 1;
  frame.linkType = fields.linkType ?? 1;
  frame.seconds = fields.seconds ?? 1000;
  frame.fileOffset = fields.fileOffset ?? 100;
  frame.interfaceIndex = fields.interfaceIndex ?? 0;
  return frame;
}

export function read(reader: NetworkReader, frame: Frame): Datagram {
  const datagram = new Datagram();
  reader.read(frame, datagram);
  return datagram;
}

export function payloadOf(datagram: Datagram): number[] {
  if (datagram.kind !== DatagramKind.udp) throw new Error(`no datagram: ${datagram.notRead}`);
  return [...datagram.bytes.subarray(datagram.start, datagram.end)];
}
