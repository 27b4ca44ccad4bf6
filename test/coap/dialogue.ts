import { Analysis } from '../../src/analysis/analysis.ts';
import { MessageFlag } from '../../src/analysis/message-table.ts';
import { Frame } from '../../src/capture/frame.ts';
import { NO_ROW } from '../../src/capture/units.ts';
import { ExchangeEnd, ExchangeKind } from '../../src/coap/exchange.ts';
import { ObjectRegistry } from '../../src/lwm2m/registry/registry.ts';
import { datagramBetween, DEVICE, type Endpoint, SERVER } from '../network/endpoints.ts';
import type { MessageToWrite } from './coap-message.ts';
import { write } from './coap-message.ts';

/** LINKTYPE_RAW. */
const RAW_IP = 101;

const registry = ObjectRegistry.core();

/** Messages sent one by one through the whole analysis; says what its tables hold of each. */
export class Dialogue {
  readonly analysis = new Analysis(registry);
  #frame = 0;

  /** Sends a message or any bytes `seconds` after the start. Gives its row. */
  send(
    seconds: number,
    from: Endpoint,
    to: Endpoint,
    message: MessageToWrite | Uint8Array,
    captured = Infinity,
  ): number {
    const payload = message instanceof Uint8Array ? message : write(message);
    const bytes = datagramBetween(from, to, payload);
    const frame = new Frame();
    frame.bytes = bytes;
    frame.end = Math.min(bytes.length, 28 + captured);
    frame.originalLength = bytes.length;
    frame.number = ++this.#frame;
    frame.seconds = Math.floor(seconds);
    frame.nanoseconds = Math.round((seconds - Math.floor(seconds)) * 1e9);
    frame.linkType = RAW_IP;
    this.analysis.frames.frame(frame);
    this.analysis.flush();
    return this.analysis.tracking.messages.count - 1;
  }

  /** From the device to the server, and back. */
  up(seconds: number, message: MessageToWrite | Uint8Array, captured?: number): number {
    return this.send(seconds, DEVICE, SERVER, message, captured);
  }
  down(seconds: number, message: MessageToWrite | Uint8Array, captured?: number): number {
    return this.send(seconds, SERVER, DEVICE, message, captured);
  }

  /**
   * What the tables say of a row: `=row` the first copy of a repeat; else kind and end of its exchange, `~row` its
   * other half, `x2` how often it was sent, `acked` where an empty ACK came for it, `elsewhere` where it comes from
   * another address than its request went to.
   */
  line(row: number): string {
    const { messages } = this.analysis.tracking;
    const words: string[] = [];
    const first = messages.firstOf(row);
    if (first !== NO_ROW) return `=${first}`;
    const kind = nameOf(ExchangeKind, messages.kindOf(row));
    if (kind !== 'none') {
      if (kind !== 'open') words.push(kind);
      words.push(nameOf(ExchangeEnd, messages.endOf(row)));
    }
    const partner = messages.partnerOf(row);
    if (partner !== NO_ROW) words.push(`~${partner}`);
    const sent = messages.transmissions.get(row);
    if (sent > 1) words.push(`x${sent}`);
    if (messages.has(row, MessageFlag.acknowledged)) words.push('acked');
    if (messages.has(row, MessageFlag.fromOtherAddress)) words.push('elsewhere');
    return words.join(' ');
  }

  lines(): string[] {
    const { count } = this.analysis.tracking.messages;
    return Array.from({ length: count }, (_, row) => this.line(row));
  }
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? `${value}`;
}
