import { LogFrames, LogDatagrams } from '../analysis/log-datagrams.ts';
import type { Frame } from '../capture/frame.ts';
import { HexDumpReader, LOG_DATAGRAM } from '../capture/hex-dump.ts';
import { NANOSECONDS, setNanoseconds, type Uint64 } from '../capture/pcapng-writer.ts';
import type { Seconds } from '../capture/units.ts';
import { Datagram } from '../network/datagram.ts';
import { readUint32 } from '../capture/record-reader.ts';
import type { PacketSink } from './packet-source.ts';
import { udpPacket } from './udp-packet.ts';

/** Raw IP packets (LINKTYPE_RAW). */
const RAW_IP = 101;
/** Times before this have no date; a log counts them from 1970. */
const LEAST_DATE: Seconds = 366 * 86_400;
/** Port of ends that a log does not name: CoAP's own (RFC 7252 §6.1). */
const COAP_PORT = 5683;

/**
 * Passes on the messages that stand in a text in hexadecimal, as packets. A message without headers is put into an IP
 * packet; ends that the log does not name get addresses for documentation (192.0.2.1 and on, RFC 5737; 2001:db8::1
 * and on, RFC 3849). A message without a date gets the time it comes.
 */
export class LogPassage {
  readonly #reader: HexDumpReader;
  readonly #datagrams = new LogDatagrams();
  readonly #datagram = new Datagram();
  readonly #time: Uint64 = { high: 0, low: 0 };
  readonly #points = new Map<number, number>();
  #isPending = false;

  /** `name` is the interface's; `wallTime` gives milliseconds since 1970. */
  constructor(
    private readonly sink: PacketSink,
    private readonly name: string,
    private readonly wallTime: () => number,
  ) {
    const frames = new LogFrames();
    this.#reader = new HexDumpReader({ frame: (frame) => this.#pass(frame) }, (bytes, start, end, evidence) =>
      frames.linkTypeOf(bytes, start, end, evidence),
    );
  }

  /** Takes the next piece of the text. */
  push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
    this.#reader.takeDecoded();
    this.#isPending = true;
  }

  /** Takes what came for whole: the last message of a text that pauses is passed on without waiting for the next. */
  settle(): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    this.#reader.end();
    this.#reader.takeDecoded();
  }

  #pass(frame: Frame): void {
    if (frame.hasTime && frame.seconds >= LEAST_DATE)
      setNanoseconds(this.#time, frame.seconds, frame.nanoseconds);
    else {
      const now = this.wallTime();
      setNanoseconds(this.#time, Math.floor(now / 1000), Math.floor((now % 1000) * 1e6));
    }
    const isMessage = frame.linkType === LOG_DATAGRAM;
    const bytes = isMessage ? this.#packetOf(frame) : frame.bytes.subarray(frame.start, frame.end);
    const point = this.#point(isMessage ? RAW_IP : frame.linkType);
    this.sink.packet(point, this.#time, bytes.length, bytes, 0, bytes.length);
  }

  #packetOf(frame: Frame): Uint8Array {
    const datagram = this.#datagram;
    datagram.bytes = frame.bytes;
    datagram.start = frame.start;
    datagram.end = frame.end;
    datagram.payloadLength = frame.end - frame.start;
    this.#datagrams.settle(frame, datagram);
    const isVersion6 = datagram.ipVersion === 6;
    const end = (at: number, isUnnamed: boolean): Uint8Array => {
      if (!isUnnamed) return datagram.addressBytes.slice(at, at + (isVersion6 ? 16 : 4));
      // The second word of an end without a name is its number.
      return documentationAddress(isVersion6, 1 + readUint32(datagram.addressBytes, at + 4, true));
    };
    return udpPacket(
      end(datagram.sourceAddress, datagram.isSourceUnnamed),
      datagram.sourcePort || COAP_PORT,
      end(datagram.destinationAddress, datagram.isDestinationUnnamed),
      datagram.destinationPort || COAP_PORT,
      frame.bytes.subarray(frame.start, frame.end),
    );
  }

  #point(linkType: number): number {
    let point = this.#points.get(linkType);
    if (point === undefined) {
      point = this.sink.interface({
        name: this.name,
        description: 'messages of a log',
        linkType,
        snapLength: 0,
        resolution: NANOSECONDS,
        offset: 0,
        filter: '',
        ordinal: this.#points.size,
        isLocalClock: false,
      });
      this.#points.set(linkType, point);
    }
    return point;
  }
}

function documentationAddress(isVersion6: boolean, host: number): Uint8Array {
  if (!isVersion6) return Uint8Array.of(192, 0, 2, host);
  const bytes = new Uint8Array(16);
  bytes.set([0x20, 0x01, 0x0d, 0xb8]);
  bytes[15] = host;
  return bytes;
}
