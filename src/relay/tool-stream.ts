import type { Readable } from 'node:stream';
// @ts-expect-error The package has no types; what is used of it is described below.
import { parse } from 'pcap-parser';
import { setMicroseconds, type Uint64 } from '../capture/pcapng-writer.ts';
import type { ByteCount } from '../capture/units.ts';

/** What is used of pcap-parser. */
interface PcapParser {
  on(
    event: 'globalHeader',
    listener: (header: { linkLayerType: number; snapshotLength: number }) => void,
  ): void;
  on(event: 'packetHeader', listener: (header: PacketHeader) => void): void;
  on(event: 'packet', listener: (packet: { header: PacketHeader; data: Buffer }) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'end', listener: () => void): void;
}
interface PacketHeader {
  timestampSeconds: number;
  timestampMicroseconds: number;
  capturedLength: number;
  originalLength: number;
}
const parsePcap = parse as (stream: Readable) => PcapParser;

/** Lengths in a classic pcap file (draft-ietf-opsawg-pcap §4, §5). */
const FILE_HEADER_LENGTH: ByteCount = 24;
const RECORD_HEADER_LENGTH: ByteCount = 16;
/** Most bytes that a capture tool gives of one packet (libpcap's MAXIMUM_SNAPLEN). */
const MOST_CAPTURED: ByteCount = 262_144;
/** Bits of the link type; those above say how long a check sequence is. */
const LINK_TYPE_MASK = 0xffff;

/** Takes what a capture tool writes. */
export interface ToolStreamSink {
  header(linkType: number, snapLength: ByteCount): void;
  packet(time: Uint64, original: ByteCount, bytes: Buffer): void;
  /** The stream is over, or damaged: then `fault` says how, in words that follow a name. Called once. */
  end(fault: string | undefined): void;
}

/**
 * Frames the classic pcap that a capture tool writes, with times in microseconds. The package that does it takes any
 * length for true, says nothing of a stream that is cut, and may tell the end twice: all three are looked after here.
 */
export function readToolStream(stream: Readable, sink: ToolStreamSink): void {
  const time: Uint64 = { high: 0, low: 0 };
  let taken: ByteCount = 0;
  let framed: ByteCount = 0;
  let ended = false;
  const end = (fault: string | undefined): void => {
    if (ended) return;
    ended = true;
    sink.end(fault);
  };
  const parser = parsePcap(stream);
  stream.on('data', (piece: Buffer) => (taken += piece.length));
  parser.on('globalHeader', ({ linkLayerType, snapshotLength }) => {
    framed += FILE_HEADER_LENGTH;
    sink.header(linkLayerType & LINK_TYPE_MASK, snapshotLength);
  });
  parser.on('packetHeader', ({ capturedLength }) => {
    if (capturedLength > MOST_CAPTURED)
      end(`wrote a packet of ${capturedLength} bytes; more than ${MOST_CAPTURED} is damage`);
  });
  parser.on('packet', ({ header, data }) => {
    if (ended) return;
    framed += RECORD_HEADER_LENGTH + data.length;
    setMicroseconds(time, header.timestampSeconds, header.timestampMicroseconds);
    sink.packet(time, header.originalLength, data);
  });
  parser.on('error', (error) => end(`wrote what is no capture: ${error.message}`));
  parser.on('end', () =>
    end(
      taken === framed
        ? undefined
        : `ended in the middle of a packet, ${taken - framed} bytes after the last`,
    ),
  );
}
