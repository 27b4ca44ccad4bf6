import type { Content } from './content.ts';
import type { Endpoint, PcapWriter } from './pcap-writer.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';
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
  | 'firstBlock'
  | 'lastBlockAnswer'
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
}

/** Sends messages through a lossy network past the point of capture, which stands beside the server. */
export class Traffic {
  /** Exchanges that are under way. */
  open = 0;
  private readonly random: Random;
  private readonly schedule: Schedule;
  private readonly writer: PcapWriter;
  private readonly totals: GeneratorTotals;
  /** Called after each frame with its time. */
  private readonly written: (time: number) => void;

  constructor(
    random: Random,
    schedule: Schedule,
    writer: PcapWriter,
    totals: GeneratorTotals,
    written: (time: number) => void,
  ) {
    this.random = random;
    this.schedule = schedule;
    this.writer = writer;
    this.totals = totals;
    this.written = written;
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

  /** A non-confirmable message (RFC 7252 §4.3): lost, seen, or seen twice. */
  nonConfirmable(flow: Flow, fromDevice: boolean, time: number, message: Message): void {
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
      const { device, server } = flow;
      this.writer.datagram(
        at,
        fromDevice ? device : server,
        fromDevice ? server : device,
        message.bytes,
        fromDevice,
      );
      this.count(message, copy);
      this.written(at);
      then?.(at);
    });
  }

  private count(message: Message, copy: 'first' | 'afterLoss' | 'spurious'): void {
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
        totals.transfersComplete++;
        totals.values++;
        break;
      case 'other':
        break;
    }
  }
}
