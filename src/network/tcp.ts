import type { ByteCount } from '../capture/units.ts';
import type { Datagram } from './datagram.ts';
import type { Layer } from './layer.ts';
import { uint16 } from './layer.ts';
import { NotRead } from './not-read.ts';

/** Least bytes of a TCP header. RFC 9293 §3.1. */
const TCP_HEADER: ByteCount = 20;

/** Control bits that are used here. RFC 9293 §3.1. */
export const TcpFlag = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

/**
 * Reads a TCP header (RFC 9293 §3.1): sets ports, sequence numbers, flags and payload of `out` and moves `layer`
 * to the payload. Options are passed over; the checksum is not checked, as the sending host's device often makes
 * it after the capture. Gives false for what is not read.
 */
export function readTcp(layer: Layer, out: Datagram): boolean {
  if (layer.isShort(TCP_HEADER, NotRead.malformedTcp)) return false;
  const { bytes, at } = layer;
  const length = (bytes[at + 12]! >> 4) * 4;
  if (length < TCP_HEADER) return layer.fail(NotRead.malformedTcp);
  if (layer.isShort(length, NotRead.malformedTcp)) return false;
  layer.at = at + length;
  out.sourcePort = uint16(bytes, at);
  out.destinationPort = uint16(bytes, at + 2);
  out.sequence = uint16(bytes, at + 4) * 0x10000 + uint16(bytes, at + 6);
  out.acknowledgement = uint16(bytes, at + 8) * 0x10000 + uint16(bytes, at + 10);
  out.tcpFlags = bytes[at + 13]!;
  out.bytes = bytes;
  out.start = layer.at;
  out.end = layer.end;
  out.payloadLength = layer.wireEnd - layer.at;
  return true;
}
