import type { CaptureInterface, Frame, FrameSink } from '../capture/frame.ts';
import { LOG_DATAGRAM } from '../capture/hex-dump.ts';
import type { ByteCount, MessageRow, Nanoseconds } from '../capture/units.ts';
import { MessageBatch, MessagePlace } from '../coap/message-batch.ts';
import { MessageView } from '../coap/message.ts';
import { COAP_PORT, CoapRecogniser } from '../coap/recogniser.ts';
import { Datagram, DatagramKind, type Piece } from '../network/datagram.ts';
import { FlowTable, Transport } from '../network/flow.ts';
import { addressText } from '../network/address-text.ts';
import { NetworkReader } from '../network/network-reader.ts';
import { icmpErrorName } from '../network/not-read.ts';
import { FIRST_SIGHTING, Seen, SightingFinder } from '../network/sightings.ts';
import type { SecuritySign } from '../device/security-sign.ts';
import { SecurityKind, SecurityReader } from '../security/association.ts';
import { ConversationTable } from '../security/conversation.ts';
import { DecodeAsFlows } from './decode-as.ts';
import { type IcmpError, MAX_ICMP_ERRORS, type Quoted } from './icmp-errors.ts';
import { type JoinedFrame, JoinedSources } from './joined-sources.ts';
import { LogDatagrams } from './log-datagrams.ts';
import { MessageTable } from './message-table.ts';
import { SecuritySigns } from './security-signs.ts';
import { type AnalysisSettings, lowpanContextsOf } from './settings.ts';
import type { Sighting } from './sighting-table.ts';
import { StreamMessages } from './stream-messages.ts';

/** Messages of one frame beyond this are not listed: a segment of 64 KiB holds fewer. */
const HIGHEST_ORDINAL = 0xffff;

/** Link type of Linux cooked captures of version 2, whose frames say which device they passed. */
const LINUX_COOKED2 = 276;

/** Most bytes of secrets kept; of blocks beyond them only that they were there. */
const MOST_SECRETS: ByteCount = 16 << 20;

/** A Decryption Secrets Block (draft-ietf-opsawg-pcapng §4.7). */
export interface SecretBlock {
  file: number;
  /** Such as `TLSK` for a key log in the form of TLS and DTLS. */
  type: number;
  bytes: Uint8Array;
}

/** Receives what border 1 hands over. The batch is empty again after the call. */
export interface BatchTaker {
  take(batch: MessageBatch): void;
  /** A time that the batch's Float64 cannot hold exactly, for the message `index` of the batch to come. */
  wideTime(index: number, seconds: number, nanoseconds: number): void;
  /** A message was seen again at another capture point; its batch may be still to come. */
  sighted(row: MessageRow, sighting: Sighting): void;
  tick(time: Nanoseconds): void;
  /** What sealed messages show of a device; all messages up to it were handed over. */
  secured(sign: SecuritySign): void;
  /** An ICMP error about a datagram of a conversation; all messages before it were handed over. */
  icmpError(error: Omit<IcmpError, 'row' | 'before'>, quoted: Quoted): void;
  /** The connection of a conversation is closed, at a capture time; all its messages were handed over before. */
  closed(conversation: number, time: Nanoseconds): void;
}

/**
 * Border 1: frames become messages. Takes frames of all files in order and hands over batches; joins the stages
 * capture, network, security and the outer half of coap.
 */
export class FrameMessages implements FrameSink {
  readonly network: NetworkReader;
  readonly flows = new FlowTable();
  readonly security = new SecurityReader();
  readonly conversations = new ConversationTable();
  readonly joined = new JoinedSources();
  readonly streams: StreamMessages;
  /** Frames seen, those that gave no message, and UDP datagrams that hold neither CoAP nor DTLS. */
  frames = 0;
  foreign = 0;
  notCoap = 0;
  /** Messages over streams, and those that were put together from fragments. */
  streamMessages = 0;
  reassembled = 0;
  /** ICMP errors about a UDP datagram, and how many of them were handed over. */
  icmpErrors = 0;
  #icmpHandedOver = 0;
  /** Frames with a datagram or segment that another capture point had shown before. */
  seenAgain = 0;
  /** True where several files are read. */
  isSeveral = false;
  /** The capture's epoch: the time of its first frame. */
  hasEpoch = false;
  epochSeconds = 0;
  epochNanoseconds = 0;
  firstTime: Nanoseconds = Infinity;
  lastTime: Nanoseconds = -Infinity;
  /** The same two, exact however far they lie from the epoch. */
  firstSeconds = 0;
  firstNanoseconds = 0;
  lastSeconds = 0;
  lastNanoseconds = 0;
  /** Decryption Secrets Blocks in the order of the files, for the stage that opens what is sealed. */
  readonly secretBlocks: SecretBlock[] = [];

  #file = 0;
  #interfaces: readonly CaptureInterface[] = [];
  readonly #sightings = new SightingFinder();
  /** Messages handed over. */
  #handed = 0;
  readonly #recogniser = new CoapRecogniser();
  readonly #datagram = new Datagram();
  readonly #logs = new LogDatagrams();
  readonly #view = new MessageView();
  readonly #place = new MessagePlace();
  readonly #batch = new MessageBatch();
  #time: Nanoseconds = 0;
  #secretBytes = 0;
  readonly #signs: SecuritySigns;
  readonly #moment = { time: 0, file: 0, frame: 0 };
  #frame: Frame | undefined;
  /** Messages that streams gave in the frame that is read. */
  #given = 0;

  readonly #decodeAs: DecodeAsFlows;

  constructor(
    private readonly taker: BatchTaker,
    settings: AnalysisSettings,
  ) {
    this.network = new NetworkReader(lowpanContextsOf(settings));
    this.#decodeAs = new DecodeAsFlows(settings.decodeAs, this.flows);
    const told = this.#decodeAs;
    this.#signs = new SecuritySigns(this.flows, this.conversations, (sign) => {
      this.flush();
      this.taker.secured(sign);
    });
    this.streams = new StreamMessages(
      this.flows,
      this.conversations,
      this.security,
      this.network.notRead,
      {
        message: (view, conversation, fromA, pieces) =>
          this.#streamMessage(view, conversation, fromA, pieces),
        closed: (conversation) => {
          this.flush();
          this.taker.closed(conversation, this.#time);
        },
      },
      (flow) => (told.isEmpty ? undefined : told.of(flow)),
    );
  }

  frame(frame: Frame): void {
    this.frames++;
    const time = this.#timeOf(frame);
    const datagram = this.#datagram;
    this.network.read(frame, datagram);
    const isTcp = datagram.kind === DatagramKind.tcp;
    if (datagram.kind !== DatagramKind.udp && !isTcp) {
      if (datagram.kind === DatagramKind.unreachable) this.#icmpError(frame);
      this.foreign++;
      return;
    }
    if (frame.linkType === LOG_DATAGRAM) this.#logs.settle(frame, datagram);
    else if (this.isSeveral || this.#interfaces.length > 1 || frame.linkType === LINUX_COOKED2) {
      this.#look(frame, time, isTcp);
      return;
    }
    if (!isTcp) this.#datagramOf(frame, time, this.flows.lookup(datagram, Transport.udp));
    else if (!this.#segment(frame)) this.foreign++;
  }

  /** Takes a frame that another capture point may have shown: what was seen before is a sighting of it. */
  #look(frame: Frame, time: Nanoseconds, isTcp: boolean): void {
    const datagram = this.#datagram;
    const flow = this.flows.lookup(datagram, isTcp ? Transport.tcp : Transport.udp);
    const sightings = this.#sightings;
    const seen = sightings.find(datagram, flow, this.flows.fromA, datagram.capturePoint, time);
    if (seen === FIRST_SIGHTING) {
      const row = this.#handed + this.#batch.count;
      let became: number = Seen.foreign;
      if (!isTcp) became = this.#datagramOf(frame, time, flow);
      else if (!this.#segment(frame)) this.foreign++;
      const rows = this.#handed + this.#batch.count - row;
      sightings.settle(rows > 0 ? row : became, rows);
      return;
    }
    this.seenAgain++;
    if (seen < 0) {
      this.foreign++;
      if (seen === Seen.notCoap) this.notCoap++;
      return;
    }
    const { rows } = sightings;
    for (let index = 0; index < rows; index++)
      this.taker.sighted(seen + index, {
        file: this.#file,
        frame: frame.number,
        interfaceIndex: frame.interfaceIndex,
        time,
      });
  }

  /** Takes a UDP datagram. Gives a `Seen` code: what it is where it is no message. */
  #datagramOf(frame: Frame, time: Nanoseconds, flow: number): number {
    const datagram = this.#datagram;
    const told = this.#decodeAs.isEmpty ? undefined : this.#decodeAs.of(flow);
    if (told === 'none') {
      this.foreign++;
      this.notCoap++;
      return Seen.notCoap;
    }
    const kind = told === 'coap' ? SecurityKind.clear : this.security.classify(datagram, flow);
    if (kind !== SecurityKind.clear) {
      this.foreign++;
      if (kind === SecurityKind.dtls) {
        this.#moment.frame = frame.number;
        if (this.security.found.sealed > 0)
          this.security.sealedBytes.add(flow, this.flows.fromA, datagram.payloadLength, time);
        this.#signs.dtls(datagram, flow, this.security.found, kind, this.#moment);
      }
      return Seen.foreign;
    }
    const { fromA } = this.flows;
    const view = this.#view;
    view.read(datagram.bytes, datagram.start, datagram.end, datagram.payloadLength);
    const a = this.flows.endpointA(flow);
    const b = this.flows.endpointB(flow);
    // The reader of a log has taken it for a message already.
    const coapPort =
      told === 'coap' ||
      frame.linkType === LOG_DATAGRAM ||
      datagram.sourcePort === COAP_PORT ||
      datagram.destinationPort === COAP_PORT;
    if (
      datagram.payloadLength === 0 ||
      told === 'dtls' ||
      !this.#recogniser.accept(view, flow, fromA ? a : b, fromA ? b : a, coapPort)
    ) {
      this.foreign++;
      this.notCoap++;
      return Seen.notCoap;
    }
    const place = this.#place;
    place.ordinal = 0;
    place.time = time;
    place.frame = frame.number;
    place.file = this.#file;
    place.interfaceIndex = frame.interfaceIndex;
    if (datagram.pieces === undefined) {
      const header = datagram.start - frame.start;
      place.source = frame.fileOffset + header;
      placeInFrame(place, header, frame.end - datagram.end);
    } else {
      const whole: JoinedFrame = { offset: frame.fileOffset, length: frame.end - frame.start };
      if (datagram.head !== undefined) whole.head = datagram.head;
      place.source = this.joined.add(datagram.pieces, whole);
      placeInFrame(place, 0, 0);
      this.reassembled++;
    }
    place.conversation = this.conversations.conversationOf(flow, kind);
    place.fromA = fromA;
    place.multicast = datagram.multicast;
    const batch = this.#batch;
    if (!MessageTable.isExact(time)) this.taker.wideTime(batch.count, frame.seconds, frame.nanoseconds);
    batch.add(view, place);
    const row = this.#handed + batch.count - 1;
    if (batch.full) this.flush();
    if (view.hasOscore) {
      this.#moment.frame = frame.number;
      this.#signs.oscore(view, flow, fromA, row, this.#moment);
    }
    return Seen.message;
  }

  /** Says which file the frames to come are of, and what its interfaces are; the list may grow. */
  readFrom(file: number, interfaces: readonly CaptureInterface[]): void {
    this.#file = file;
    this.#moment.file = file;
    this.network.file = file;
    this.#interfaces = interfaces;
    this.network.points.describe(file, interfaces);
  }

  secrets(type: number, bytes: Uint8Array): void {
    this.#secretBytes += bytes.length;
    const kept = this.#secretBytes <= MOST_SECRETS ? bytes.slice() : new Uint8Array(0);
    this.secretBlocks.push({ file: this.#file, type, bytes: kept });
  }

  tick(seconds: number, nanoseconds: number): void {
    if (!this.hasEpoch) return;
    this.flush();
    this.taker.tick((seconds - this.epochSeconds) * 1e9 + (nanoseconds - this.epochNanoseconds));
  }

  /** Hands over what has been read so far. */
  flush(): void {
    if (this.#batch.count === 0) return;
    this.#handed += this.#batch.count;
    this.taker.take(this.#batch);
    this.#batch.clear();
  }

  /** Says that no more frames come: fragments that wait are given up. */
  end(): void {
    this.network.end();
    // What streams still hold counts to the frame read last.
    this.#given = this.#place.ordinal + 1;
    this.#place.time = this.#time;
    this.streams.end();
    this.flush();
  }

  /** An error is no message; it is told to the conversation whose datagram it quotes. */
  #icmpError(frame: Frame): void {
    this.icmpErrors++;
    // Each makes the batch go over early, and no more are kept.
    if (this.#icmpHandedOver === MAX_ICMP_ERRORS) return;
    const datagram = this.#datagram;
    const flow = this.flows.lookup(datagram, Transport.udp);
    const conversation = this.conversations.find(flow);
    if (conversation < 0) return;
    this.#icmpHandedOver++;
    const { bytes, start, end, ipVersion, icmpType, icmpCode, icmpMtu } = datagram;
    const { fromA } = this.flows;
    let head = end - start < 4 ? -1 : 0;
    for (let index = 0; index < 4 && head >= 0; index++) head = head * 256 + bytes[start + index]!;
    this.flush();
    this.taker.icmpError(
      {
        kind: icmpErrorName(ipVersion, icmpType, icmpCode),
        ...(icmpMtu > 0 ? { mtu: icmpMtu } : {}),
        time: this.#time,
        file: this.#file,
        point: datagram.capturePoint,
        frame: frame.number,
        from: addressText(datagram.icmpSenderBytes, datagram.icmpSender, ipVersion),
        clause: ipVersion === 4 ? 'RFC 792' : 'RFC 4443 §3',
        conversation,
      },
      { fromA, head },
    );
  }

  /** True where the segment gave messages. */
  #segment(frame: Frame): boolean {
    this.#frame = frame;
    this.#given = 0;
    this.#place.frame = frame.number;
    this.#place.file = this.#file;
    this.#place.interfaceIndex = frame.interfaceIndex;
    this.#place.time = this.#time;
    this.streams.segment(this.#datagram, frame, this.#file, this.#time);
    return this.#given > 0;
  }

  #streamMessage(view: MessageView, conversation: number, fromA: boolean, pieces: Piece[]): void {
    if (this.#given > HIGHEST_ORDINAL) return;
    const place = this.#place;
    place.ordinal = this.#given++;
    this.streamMessages++;
    const [first] = pieces;
    const isOneRange = pieces.length === 1 && first!.bytes === undefined && first!.file === this.#file;
    const frame = this.#frame!;
    // At the end of the input, the frame read last may be another one.
    const isHere = frame.number === place.frame;
    const length = isHere ? frame.end - frame.start : 0;
    if (isOneRange) {
      place.source = first!.fileOffset;
      const header = first!.fileOffset - frame.fileOffset;
      placeInFrame(
        place,
        isHere && first!.frame === frame.number ? header : 0,
        length - header - first!.length,
      );
    } else {
      place.source = this.joined.add(pieces, { offset: frame.fileOffset, length });
      placeInFrame(place, 0, 0);
    }
    place.conversation = conversation;
    place.fromA = fromA;
    place.multicast = false;
    const batch = this.#batch;
    if (!MessageTable.isExact(place.time))
      this.taker.wideTime(batch.count, this.#frame!.seconds, this.#frame!.nanoseconds);
    batch.add(view, place);
    if (batch.full) this.flush();
  }

  #timeOf(frame: Frame): Nanoseconds {
    if (!frame.hasTime) return this.#time;
    if (!this.hasEpoch) {
      this.hasEpoch = true;
      this.epochSeconds = frame.seconds;
      this.epochNanoseconds = frame.nanoseconds;
    }
    const time = (frame.seconds - this.epochSeconds) * 1e9 + (frame.nanoseconds - this.epochNanoseconds);
    if (time < this.firstTime) {
      this.firstTime = time;
      this.firstSeconds = frame.seconds;
      this.firstNanoseconds = frame.nanoseconds;
    }
    if (time > this.lastTime) {
      this.lastTime = time;
      this.lastSeconds = frame.seconds;
      this.lastNanoseconds = frame.nanoseconds;
    }
    this.#time = time;
    this.#moment.time = time;
    return time;
  }
}

/** Says how many bytes of its frame stand before and behind a message, in a byte each; of more behind it 255. */
function placeInFrame(place: MessagePlace, header: ByteCount, trailer: ByteCount): void {
  const isKnown = header > 0 && header <= 255 && trailer >= 0;
  place.headerLength = isKnown ? header : 0;
  place.trailerLength = isKnown ? Math.min(trailer, 255) : 0;
}
