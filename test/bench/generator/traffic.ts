import type { Content } from './content.ts';
import type { Endpoint, PcapWriter } from './pcap-writer.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';
import { TcpConnection, type ConnectionHost } from './tcp-connection.ts';
import type { GeneratorTotals } from './totals.ts';

/** Share of the packets sent that are not in the file. */
const LOSS = 0.014;
/** Share of the packets that are copies no loss called for. */
const SPURIOUS = 0.014;
const MICROSECONDS = 1e6;
/** First wait for an answer: ACK_TIMEOUT to ACK_TIMEOUT × ACK_RANDOM_FACTOR (RFC 7252 §4.8). */
const LEAST_TIMEOUT = 2 * MICROSECONDS;
const MOST_TIMEOUT = 3 * MICROSECONDS;
/** How late the network delivers the copy of a message it doubled. */
const LEAST_COPY_DELAY = 0.02 * MICROSECONDS;
const MOST_COPY_DELAY = 0.5 * MICROSECONDS;
/** Share of the fragmented datagrams whose fragments come last one first, and the time between fragments. */
const FRAGMENTS_REVERSED = 0.2;
const FRAGMENT_GAP = 250;

/** What a message counts as; see {@link GeneratorTotals}. */
export type Meaning =
  | 'register'
  | 'update'
  | 'deregister'
  | 'observe'
  | 'notification'
  | 'confirmableNotification'
  | 'read'
  | 'write'
  | 'execute'
  | 'download'
  | 'firstBlock'
  | 'block'
  | 'lastBlockAnswer'
  | 'askForBlock'
  | 'firstAnswerBlock'
  | 'lastAnswerBlock'
  | 'signal'
  | 'other';

/** A message with what it counts as. */
export interface Message {
  bytes: Uint8Array;
  meaning: Meaning;
  /** The values in it, where it has some. */
  content?: Content;
}

/** The two ends of a flow: frames from the device are seen as received, those to it as sent. */
export interface Flow {
  device: Endpoint;
  server: Endpoint;
  /** Most bytes of an IP packet on the way (path MTU, RFC 1191, RFC 8201). */
  mtu: number;
  /** The connection where the two speak over TCP. */
  connection?: TcpConnection;
}

/** Meanings of requests: each has its answer. */
const REQUESTS: readonly Meaning[] = [
  'register',
  'update',
  'deregister',
  'observe',
  'read',
  'write',
  'execute',
  'download',
  'firstBlock',
  'block',
  'askForBlock',
];

/** Sends messages through a lossy network past the point of capture, which stands beside the server. */
export class Traffic implements ConnectionHost {
  /** Exchanges that are under way. */
  open = 0;
  readonly random: Random;
  readonly schedule: Schedule;
  readonly writer: PcapWriter;
  readonly totals: GeneratorTotals;
  /** Called after each frame with its time. */
  readonly written: (time: number) => void;
  readonly calm: () => boolean;

  constructor(
    random: Random,
    schedule: Schedule,
    writer: PcapWriter,
    totals: GeneratorTotals,
    written: (time: number) => void,
    calm: () => boolean,
  ) {
    this.random = random;
    this.schedule = schedule;
    this.writer = writer;
    this.totals = totals;
    this.written = written;
    this.calm = calm;
  }

  opened(change: 1 | -1): void {
    this.open += change;
  }

  /** Gives a flow a new connection, and calls `done` when messages can be sent over it. */
  connect(flow: Flow, time: number, done: (time: number) => void): void {
    flow.connection = new TcpConnection(flow.device, flow.server, this);
    flow.connection.open(time, done);
  }

  /**
   * A confirmable message and its answer (RFC 7252 §4.2). Of both at most one is lost, and then the message comes
   * again after the timeout; or the answer is slower than the timeout, so that both come twice. Calls `done` when
   * the answer that ends the exchange has been seen.
   */
  confirmable(
    flow: Flow,
    fromDevice: boolean,
    time: number,
    message: Message,
    answer: Message,
    done: (time: number) => void,
  ): void {
    const { random } = this;
    if (flow.connection !== undefined) {
      this.reliable(flow.connection, fromDevice, time, message, answer, done);
      return;
    }
    const delay = fromDevice ? random.between(200, 3000) : random.between(30_000, 300_000);
    const again = time + random.between(LEAST_TIMEOUT, MOST_TIMEOUT);
    const fate = random.unit();
    this.open++;
    const end = (at: number): void => {
      this.open--;
      done(at);
    };
    if (fate < LOSS) {
      this.totals.lost++;
      this.send(flow, fromDevice, again, message, 'first');
      this.send(flow, !fromDevice, again + delay, answer, 'first', end);
    } else if (fate < 2 * LOSS) {
      this.totals.lost++;
      this.send(flow, fromDevice, time, message, 'first');
      this.send(flow, fromDevice, again, message, 'afterLoss');
      this.send(flow, !fromDevice, again + delay, answer, 'first', end);
    } else if (fate < 2 * LOSS + SPURIOUS) {
      const answered = again + random.between(10_000, 400_000);
      this.send(flow, fromDevice, time, message, 'first');
      this.send(flow, fromDevice, again, message, 'spurious');
      this.send(flow, !fromDevice, answered, answer, 'first');
      this.send(flow, !fromDevice, answered + delay, answer, 'spurious', end);
    } else {
      this.send(flow, fromDevice, time, message, 'first');
      this.send(flow, !fromDevice, time + delay, answer, 'first', end);
    }
  }

  /** The same over TCP, where nothing is acknowledged or repeated (RFC 8323 §3.3). */
  private reliable(
    connection: TcpConnection,
    fromDevice: boolean,
    time: number,
    message: Message,
    answer: Message,
    done: (time: number) => void,
  ): void {
    const delay = fromDevice ? this.random.between(200, 3000) : this.random.between(30_000, 300_000);
    this.open++;
    connection.send(fromDevice, time, message, (asked) =>
      connection.send(!fromDevice, asked + delay, answer, (at) => {
        this.open--;
        done(at);
      }),
    );
  }

  /** A non-confirmable message (RFC 7252 §4.3): lost, seen, or seen twice; over TCP seen. */
  nonConfirmable(flow: Flow, fromDevice: boolean, time: number, message: Message): void {
    if (flow.connection !== undefined) {
      flow.connection.send(fromDevice, time, message);
      return;
    }
    const fate = this.random.unit();
    if (fate < LOSS) {
      this.totals.lost++;
      return;
    }
    this.send(flow, fromDevice, time, message, 'first');
    if (fate < LOSS + SPURIOUS) {
      this.send(
        flow,
        fromDevice,
        time + this.random.between(LEAST_COPY_DELAY, MOST_COPY_DELAY),
        message,
        'spurious',
      );
    }
  }

  private send(
    flow: Flow,
    fromDevice: boolean,
    time: number,
    message: Message,
    copy: 'first' | 'afterLoss' | 'spurious',
    then?: (time: number) => void,
  ): void {
    this.schedule.at(time, (at) => {
      const from = fromDevice ? flow.device : flow.server;
      const to = fromDevice ? flow.server : flow.device;
      const seen = (end: number): void => {
        this.count(message, copy);
        this.written(end);
        then?.(end);
      };
      const fragments = this.writer.fragments(from, to, message.bytes, fromDevice, flow.mtu);
      if (fragments === undefined) {
        this.writer.datagram(at, from, to, message.bytes, fromDevice);
        seen(at);
        return;
      }
      if (this.random.chance(FRAGMENTS_REVERSED)) fragments.reverse();
      this.fragment(at, fragments, 0, seen);
    });
  }

  /** Writes one fragment after the other, and calls `seen` behind the last. */
  private fragment(
    time: number,
    frames: readonly Uint8Array[],
    index: number,
    seen: (time: number) => void,
  ): void {
    this.writer.frame(time, frames[index]!);
    if (index === frames.length - 1) {
      this.totals.reassembled++;
      seen(time);
      return;
    }
    this.totals.foreign++;
    this.written(time);
    this.open++;
    this.schedule.at(time + FRAGMENT_GAP, (at) => {
      this.open--;
      this.fragment(at, frames, index + 1, seen);
    });
  }

  /** Counts a message that is in the file now, for the first time or as a copy. */
  count(message: Message, copy: 'first' | 'afterLoss' | 'spurious' = 'first'): void {
    const { totals } = this;
    const { meaning, content } = message;
    totals.messages++;
    if (meaning === 'notification' || meaning === 'confirmableNotification') totals.notificationsWithCopies++;
    if (copy !== 'first') {
      totals.duplicates++;
      if (copy === 'spurious') totals.spuriousCopies++;
      else totals.repeatedAfterLoss++;
      return;
    }
    if (content !== undefined) {
      totals.values += content.values;
      totals.valuesByFormat[content.format] += content.values;
    }
    if (REQUESTS.includes(meaning)) totals.exchanges++;
    switch (meaning) {
      case 'register':
        totals.registrations++;
        break;
      case 'update':
        totals.updates++;
        break;
      case 'deregister':
        totals.deregistrations++;
        break;
      case 'observe':
        totals.observations++;
        break;
      case 'confirmableNotification':
      case 'notification':
        totals.notifications++;
        totals.notificationsByFormat[content!.format]++;
        if (meaning === 'confirmableNotification') totals.confirmableNotifications++;
        break;
      case 'read':
        totals.reads++;
        break;
      case 'write':
        totals.writes++;
        break;
      case 'execute':
        totals.executes++;
        break;
      case 'firstBlock':
        totals.transfers++;
        break;
      case 'lastBlockAnswer':
        totals.bodies++;
        totals.values++;
        break;
      case 'firstAnswerBlock':
        totals.transfers++;
        totals.block2Transfers++;
        break;
      case 'lastAnswerBlock':
        totals.bodies++;
        break;
      case 'download':
      case 'block':
      case 'askForBlock':
      case 'signal':
      case 'other':
        break;
    }
  }
}
