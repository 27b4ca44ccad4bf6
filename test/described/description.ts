import {
  DEVICE,
  type Endpoint,
  GROUP,
  NEIGHBOUR,
  OTHER_DEVICE,
  SERVER,
  SERVER_ELSEWHERE,
} from '../network/endpoints.ts';
import { DescribedPackets, type DescribedPacket } from './described-packets.ts';
import { readMessage } from './described-message.ts';
import { DescriptionError, hexBytes, quoted, Words, wordsOf } from './words.ts';

/** Ends that every description knows. */
const ENDS: Readonly<Record<string, Endpoint>> = {
  srv: SERVER,
  srv2: SERVER_ELSEWHERE,
  dev: DEVICE,
  dev2: OTHER_DEVICE,
  /** A second device behind the address of the first. */
  nat: NEIGHBOUR,
  group: GROUP,
};

/** Time of 0 in a description: seconds since 1970. */
export const START = 1_763_856_000;

/** What a description says: the packets in capture order, and the bodies by name. */
export interface Description {
  packets: DescribedPacket[];
  bodies: ReadonlyMap<string, Uint8Array>;
}

/** Reads the text of a description; see `fixtures/described/README.md` for the language. */
export function readDescription(text: string): Description {
  const reader = new DescriptionReader();
  for (const [index, line] of text.split('\n').entries()) {
    const words = new Words(index + 1, wordsOf(line, index + 1));
    if (!words.done) reader.line(words);
  }
  return { packets: reader.packets.all, bodies: reader.bodies };
}

class DescriptionReader {
  readonly bodies = new Map<string, Uint8Array>();
  readonly packets = new DescribedPackets();
  readonly #ends = new Map(Object.entries(ENDS));
  #time = 0;

  line(words: Words): void {
    const word = words.take('a line');
    if (word === 'end') this.#end(words);
    else if (word === 'body') this.#body(words);
    else if (/^\d+$/.test(word)) this.#packet(Number(word), words);
    else words.fail(`"${word}" begins no line: a frame number, "body" or "end"`);
    if (!words.done) words.fail(`"${words.next}" is too much`);
  }

  /** `end gateway 10.0.0.9:5683`: an end with a name. */
  #end(words: Words): void {
    const name = words.take('a name');
    const word = words.take('address:port');
    const [, address, port] = /^\[?([0-9a-f.:]+?)\]?:(\d+)$/.exec(word) ?? [];
    if (address === undefined) words.fail(`"${word}" is no address:port`);
    this.#ends.set(name, { address, port: Number(port) });
  }

  /** `body A 80`: 80 bytes that differ from those of other bodies; `body B "text"`. */
  #body(words: Words): void {
    const name = words.take('a name');
    if (!/^[A-Z]\w*$/.test(name)) words.fail(`a body has a name with a capital letter, unlike "${name}"`);
    if (words.next.startsWith('"')) {
      this.bodies.set(name, new TextEncoder().encode(quoted(words.take('a text'), words)));
      return;
    }
    const salt = [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 0);
    const length = words.takeNumber('a length');
    this.bodies.set(
      name,
      Uint8Array.from({ length }, (_, index) => index * 7 + (index >> 8) + salt),
    );
  }

  /** `3 +0.1 dev > srv …`: frame number, time, ends, what is sent. */
  #packet(number: number, words: Words): void {
    const expected = this.packets.all.length + 1;
    if (number !== expected) words.fail(`frame ${number} would be frame ${expected} of the capture`);
    const time = words.take('a time');
    const [, plus, seconds] = /^(\+?)(\d+(?:\.\d{1,9})?)$/.exec(time) ?? [];
    if (seconds === undefined) words.fail(`"${time}" is no time: seconds, or +seconds after the line before`);
    this.#time = (plus === '+' ? this.#time : 0) + Math.round(Number(seconds) * 1e9);
    this.packets.begin(this.#time, words);
    if (words.takeIf('again')) {
      this.packets.again(words.takeNumber('a frame number'), words);
      return;
    }
    const from = this.#takeEnd(words);
    if (!words.takeIf('>')) words.fail('">" stands between the two ends');
    const to = this.#takeEnd(words);
    if (words.takeIf('raw')) {
      const bytes: number[] = [];
      while (!words.done && words.next !== '|') bytes.push(...hexBytes(words.take('bytes'), words));
      this.packets.datagram(from, to, Uint8Array.from(bytes), words);
    } else if (words.takeIf('icmp')) this.packets.icmp(from, to, words);
    else if (words.takeIf('tcp')) this.packets.segments(from, to, this.bodies, words);
    else {
      const message = readMessage(words, this.bodies, this.packets.heard(to, from), false);
      this.packets.remember(from, to, message);
      this.packets.datagram(from, to, message.bytes, words);
    }
  }

  #takeEnd(words: Words): Endpoint {
    const name = words.take('an end');
    const end = this.#ends.get(name);
    if (end === undefined)
      throw new DescriptionError(
        words.line,
        `there is no end "${name}", only ${[...this.#ends.keys()].join(', ')}`,
      );
    return end;
  }
}
