import { Code, CoapMessageWriter, MessageType, OptionNumber, overTcp } from './coap-message.ts';
import type { Endpoint, PcapWriter } from './pcap-writer.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';
import type { GeneratorTotals } from './totals.ts';
import type { Message } from './traffic.ts';

const MICROSECONDS = 1e6;
/** Share of the notifications that the device keeps until it has more to say, and how long at most. */
const HELD = 0.35;
const LONGEST_HOLD = 15 * MICROSECONDS;
/** Share of what is sent that is cut into two segments although it fits one. */
const CUT = 0.12;
/** Share of the bursts of several segments whose first comes behind the second, and how late at most. */
const SWAPPED = 0.3;
const MOST_LATE = 0.3 * MICROSECONDS;
/** Share of the segments that come twice, and of those that are answered by a segment without data. */
const TWICE = 0.014;
const ACKNOWLEDGED = 0.25;
/** Most bytes of a segment (RFC 9293 §3.7.1). */
const MOST_SEGMENT_BYTES = 1220;
/** Between segments of one burst, microseconds. */
const SEGMENT_GAP = 400;
const TcpFlags = { syn: 0x02, ack: 0x10, push: 0x18 } as const;
const NOTHING = new Uint8Array(0);

/** A message under way: where its last byte stands in the stream of its direction. */
interface Pending {
  begin: number;
  end: number;
  message: Message;
  then: ((time: number) => void) | undefined;
}

/** One direction: positions count bytes from the first one. */
class Direction {
  readonly sequence: number;
  /** Bytes that were asked to be sent, that were given to segments, and that the capture has without a hole. */
  queued = 0;
  sent = 0;
  captured = 0;
  held: Uint8Array[] = [];
  /** Counts the bursts, so that a hold that is over is known for that. */
  bursts = 0;
  readonly ahead: { from: number; to: number }[] = [];
  readonly pending: Pending[] = [];

  constructor(
    readonly fromDevice: boolean,
    random: Random,
  ) {
    this.sequence = random.next();
  }
}

/** What a connection needs of the traffic that it is part of. */
export interface ConnectionHost {
  readonly random: Random;
  readonly schedule: Schedule;
  readonly writer: PcapWriter;
  readonly totals: GeneratorTotals;
  /** True near the end of the capture: what begins now is sent in one segment. */
  calm(): boolean;
  /** A message has crossed the wire for the first time. */
  count(message: Message): void;
  /** A frame was written. */
  written(time: number): void;
  /** Something is under way that must end before the capture does: 1 more, or −1. */
  opened(change: 1 | -1): void;
}

/**
 * One connection of CoAP over TCP (RFC 8323) from a device to the server: several messages a segment, messages over
 * several segments, segments out of order and twice. All bytes reach the capture.
 */
export class TcpConnection {
  private readonly up: Direction;
  private readonly down: Direction;

  constructor(
    private readonly device: Endpoint,
    private readonly server: Endpoint,
    private readonly host: ConnectionHost,
  ) {
    this.up = new Direction(true, host.random);
    this.down = new Direction(false, host.random);
  }

  /** Connects at `time` and sends the CSM of either side, with which each begins (RFC 8323 §5.3). */
  open(time: number, done: (time: number) => void): void {
    const { host, up, down } = this;
    const { syn, ack } = TcpFlags;
    host.schedule.at(time, (at) => this.bare(at, up, -1, syn));
    host.schedule.at(time + 200, (at) => this.bare(at, down, -1, syn | ack));
    host.schedule.at(time + 40_000, (at) => {
      this.bare(at, up, 0, ack);
      const csm = new CoapMessageWriter()
        .begin(MessageType.con, Code.csm, 0, NOTHING)
        .uint(OptionNumber.maxMessageSize, 8192)
        .uint(OptionNumber.blockWiseTransfer, 0)
        .end();
      const message: Message = { bytes: csm, meaning: 'signal' };
      this.send(false, at + 100, message);
      this.send(true, at + 500, message, done);
    });
  }

  /** Sends a message at `time`; `then` is called when the capture has all of it. */
  send(fromDevice: boolean, time: number, message: Message, then?: (time: number) => void): void {
    const { host } = this;
    const direction = fromDevice ? this.up : this.down;
    host.schedule.at(time, (at) => {
      const bytes = overTcp(message.bytes);
      const begin = direction.queued;
      direction.queued += bytes.length;
      direction.held.push(bytes);
      direction.pending.push({ begin, end: direction.queued, message, then });
      const isHeld =
        message.meaning === 'notification' &&
        !host.calm() &&
        (direction.held.length > 1 || host.random.chance(HELD));
      if (!isHeld) this.burst(at, direction);
      else if (direction.held.length === 1) {
        const { bursts } = direction;
        host.schedule.at(at + LONGEST_HOLD, (late) => {
          if (bursts === direction.bursts) this.burst(late, direction);
        });
      } else if (host.random.chance(0.5)) this.burst(at, direction);
    });
  }

  /** Sends what is held, in as many segments as it needs or a few more. */
  private burst(time: number, direction: Direction): void {
    const { host } = this;
    const { random, schedule } = host;
    const bytes = joined(direction.held);
    direction.held = [];
    direction.bursts++;
    const start = direction.sent;
    direction.sent += bytes.length;
    if (host.calm()) {
      this.segment(time, direction, start, bytes);
      return;
    }
    const cuts: number[] = [];
    for (let at = MOST_SEGMENT_BYTES; at < bytes.length; at += MOST_SEGMENT_BYTES) cuts.push(at);
    if (cuts.length === 0 && random.chance(CUT)) cuts.push(random.between(1, bytes.length - 1));
    const times = [0, ...cuts].map((_, index) => time + index * SEGMENT_GAP);
    if (cuts.length > 0 && random.chance(SWAPPED)) {
      times[0] = times[1]! + random.between(1000, MOST_LATE);
      host.totals.segmentsLate++;
    }
    [0, ...cuts].forEach((from, index) => {
      const part = bytes.subarray(from, cuts[index] ?? bytes.length);
      if (times[index] === time) {
        this.segment(time, direction, start + from, part);
        return;
      }
      host.opened(1);
      schedule.at(times[index]!, (at) => {
        host.opened(-1);
        this.segment(at, direction, start + from, part);
      });
    });
  }

  /** One segment with data, at times followed by its copy or by an acknowledgement. */
  private segment(time: number, direction: Direction, from: number, bytes: Uint8Array): void {
    const { host } = this;
    const { random, schedule, totals } = host;
    this.write(time, direction, from, TcpFlags.push, bytes);
    const to = from + bytes.length;
    direction.ahead.push({ from, to });
    direction.ahead.sort((left, right) => left.from - right.from);
    while (direction.ahead[0] !== undefined && direction.ahead[0].from <= direction.captured)
      direction.captured = Math.max(direction.captured, direction.ahead.shift()!.to);
    const whole: Pending[] = [];
    while (direction.pending[0] !== undefined && direction.pending[0].end <= direction.captured)
      whole.push(direction.pending.shift()!);
    if (whole.length === 0) totals.foreign++;
    if (whole.length > 1) totals.segmentsOfSeveral++;
    for (const { begin, message } of whole) {
      if (begin < from) totals.messagesInSegments++;
      totals.tcpMessages++;
      host.count(message);
    }
    host.written(time);
    if (!host.calm()) {
      if (random.chance(TWICE))
        schedule.at(time + random.between(1000, MOST_LATE), (at) => {
          totals.segmentsAgain++;
          totals.foreign++;
          this.write(at, direction, from, TcpFlags.push, bytes);
          host.written(at);
        });
      if (random.chance(ACKNOWLEDGED)) {
        const back = direction === this.up ? this.down : this.up;
        schedule.at(time + random.between(500, 40_000), (at) => this.bare(at, back, back.sent, TcpFlags.ack));
      }
    }
    for (const { then } of whole) then?.(time);
  }

  /** A segment without data. */
  private bare(time: number, direction: Direction, from: number, flags: number): void {
    this.write(time, direction, from, flags, NOTHING);
    this.host.totals.foreign++;
    this.host.written(time);
  }

  private write(time: number, direction: Direction, from: number, flags: number, bytes: Uint8Array): void {
    const { device, server } = this;
    const { fromDevice } = direction;
    const back = fromDevice ? this.down : this.up;
    const number = (start: number, position: number): number => (start + 1 + position) >>> 0;
    const head = {
      sequence: number(direction.sequence, from),
      acknowledgement: (flags & TcpFlags.ack) === 0 ? 0 : number(back.sequence, back.captured),
      flags,
    };
    this.host.totals.segments++;
    this.host.writer.segment(
      time,
      fromDevice ? device : server,
      fromDevice ? server : device,
      head,
      bytes,
      fromDevice,
    );
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
