import { WebSocket } from 'ws';
import type {
  TapBlocks,
  TapCommand,
  TapHello,
  TapMessage,
  TapRefusal,
  TapStatus,
} from '../../src/analysis/live-tap-protocol.ts';
import { PcapngReader } from '../../src/capture/pcapng.ts';

/** Milliseconds that a test waits for what must come. */
const PATIENCE_MS = 10_000;

/** A viewer of a tap that keeps all it is sent, and checks that each binary message is announced. */
export class TapClient {
  hello: TapHello | undefined;
  statuses: TapStatus[] = [];
  refusals: TapRefusal[] = [];
  blocks: { announced: TapBlocks; bytes: Buffer }[] = [];
  closed: { code: number; reason: string } | undefined;
  readonly socket: WebSocket;
  #announced: TapBlocks | undefined;
  #wake: () => void = () => undefined;

  constructor(address: string) {
    this.socket = new WebSocket(address);
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        if (this.#announced === undefined) throw new Error('blocks came unannounced');
        this.blocks.push({ announced: this.#announced, bytes: data });
        this.#announced = undefined;
      } else this.#hear(JSON.parse(data.toString()) as TapMessage);
      this.#wake();
    });
    this.socket.on('error', () => this.#wake());
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
  }

  /** Connects and waits for the greeting. */
  static async connect(address: string): Promise<TapClient> {
    const client = new TapClient(address);
    await client.until('the greeting', () => client.hello !== undefined);
    return client;
  }

  get status(): TapStatus | undefined {
    return this.statuses.at(-1);
  }
  /** All binary messages together. */
  get file(): Buffer {
    return Buffer.concat(this.blocks.map(({ bytes }) => bytes));
  }
  /** Number of the packet that comes next, by what was announced. */
  get next(): number {
    const last = this.blocks.findLast(({ announced }) => announced.holds === 'packets')?.announced;
    return last === undefined ? (this.hello?.next ?? 0) : last.first + last.count;
  }
  /** Interfaces that it was told of, where it began with a section. */
  get interfaces(): number {
    return this.blocks
      .filter(({ announced }) => announced.holds === 'section' || announced.holds === 'interfaces')
      .reduce((sum, { announced }) => sum + announced.count, 0);
  }
  /** Payloads of the frames that came, each without its first `skip` bytes, as text. */
  texts(skip = 0, file: Uint8Array = this.file): string[] {
    const texts: string[] = [];
    const reader = new PcapngReader({
      frame: ({ bytes, start, end }) => texts.push(Buffer.from(bytes.subarray(start + skip, end)).toString()),
    });
    reader.push(file);
    reader.end();
    if (reader.fault !== undefined) throw new Error(reader.fault.text);
    return texts;
  }

  ask(command: TapCommand): void {
    this.socket.send(JSON.stringify(command));
  }

  /** Asks for a capture and waits until it runs; throws with the relay's words where it refuses. */
  async capture(interfaces: string[], filter: string): Promise<void> {
    const refusals = this.refusals.length;
    const statuses = this.statuses.length;
    this.ask({ type: 'start', interfaces, filter });
    await this.until(
      'the capture',
      () =>
        this.refusals.length > refusals ||
        this.statuses
          .slice(statuses)
          .some(({ state, filter: now }) => state === 'capturing' && now === filter),
    );
    if (this.refusals.length > refusals) throw new Error(this.refusals.at(-1)!.error);
  }

  /** Waits until something is so; fails where it does not come to be. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!isSo()) {
      const left = end - Date.now();
      if (left <= 0)
        throw new Error(`${what} did not come; ${JSON.stringify([this.status, this.refusals, this.closed])}`);
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, Math.min(left, 100));
        this.#wake = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.until('the end of the connection', () => this.closed !== undefined);
  }

  #hear(message: TapMessage): void {
    if (message.type === 'hello') this.hello = message;
    else if (message.type === 'status') this.statuses.push(message);
    else if (message.type === 'refused') this.refusals.push(message);
    else this.#announced = message;
  }
}
