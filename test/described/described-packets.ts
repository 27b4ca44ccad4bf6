import { datagramBetween, type Endpoint } from '../network/endpoints.ts';
import { ipv4, ipv6, ipv6Fragment, joined, u16 } from '../network/packets.ts';
import { type DescribedMessage, type Heard, readMessage } from './described-message.ts';
import { hexBytes, type Words } from './words.ts';

/** An IP packet of a description. */
export interface DescribedPacket {
  /** Nanoseconds after the start. */
  time: number;
  bytes: Uint8Array;
  /** Bytes of it that the capture kept. */
  kept: number;
}

const IP_HEADER = { 4: 20, 6: 40 } as const;
const UDP_HEADER = 8;
const PROTOCOL = { icmp: 1, tcp: 6 } as const;
/** Sequence number of a SYN, and that of a first segment without one, less 1. */
const FIRST_SEQUENCE = 1000;
/** Flags of RFC 9293 §3.1 by their names. */
const FLAGS: Readonly<Record<string, number>> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 };

/** Makes packets one after the other, with what later ones need to know of earlier ones. */
export class DescribedPackets {
  readonly all: DescribedPacket[] = [];
  readonly #heard = new Map<string, Heard>();
  /** Sequence number of the next byte from one end to another. */
  readonly #sequences = new Map<string, number>();
  #time = 0;

  /** Further packets are of this time. */
  begin(time: number, words: Words): void {
    if (!Number.isSafeInteger(time)) words.fail('the time is too far off');
    this.#time = time;
  }

  /** What `from` has sent to `to` so far that an answer may take up. */
  heard(from: Endpoint, to: Endpoint): Heard {
    return this.#heard.get(between(from, to)) ?? {};
  }

  remember(from: Endpoint, to: Endpoint, { type, isRequest, mid, token }: DescribedMessage): void {
    const { ...heard } = this.heard(from, to);
    if (type === 'CON' || type === 'NON') heard.mid = mid;
    if (isRequest) heard.token = token;
    this.#heard.set(between(from, to), heard);
  }

  /** A datagram; `| kept 20` cuts its payload in the capture, `| fragments 24 order 2 1` its IP packet in two or more. */
  datagram(from: Endpoint, to: Endpoint, payload: Uint8Array, words: Words): void {
    const packet = datagramBetween(from, to, payload);
    let kept = packet.length;
    let parts = [packet];
    if (words.takeIf('|')) {
      if (words.takeIf('kept'))
        kept = Math.min(kept, headerLength(from) + UDP_HEADER + words.takeNumber('a length'));
      else if (words.takeIf('fragments')) {
        const size = words.takeNumber('a size');
        if (size === 0 || size % 8 !== 0) words.fail('fragments are of 8 bytes or a multiple (RFC 791 §2.3)');
        parts = ordered(this.#fragments(from, to, packet, size), words);
      } else words.fail(`"${words.next}" is neither "kept" nor "fragments"`);
    }
    for (const bytes of parts) this.#add(bytes, Math.min(bytes.length, kept));
  }

  /** `again 3`: the very bytes of frame 3. */
  again(number: number, words: Words): void {
    const packet = this.#packet(number, words);
    this.#add(packet.bytes, packet.kept);
  }

  /** `icmp 3.1 of 4`: an error of this type and code, which quotes frame 4 (RFC 792); `first 28` only as many bytes. */
  icmp(from: Endpoint, to: Endpoint, words: Words): void {
    const word = words.take('type.code');
    const [, type, code] = /^(\d+)\.(\d+)$/.exec(word) ?? [];
    if (type === undefined) words.fail(`"${word}" is no type.code`);
    if (!words.takeIf('of')) words.fail('"of" and a frame number say what is quoted');
    const { bytes } = this.#packet(words.takeNumber('a frame number'), words);
    const length = words.takeIf('first') ? words.takeNumber('a length') : bytes.length;
    const message = joined([Number(type), Number(code), 0, 0, 0, 0, 0, 0], bytes.subarray(0, length));
    this.#add(ipv4(message, { source: from.address, destination: to.address, protocol: PROTOCOL.icmp }));
  }

  /**
   * `tcp SYN`, `tcp CSM ; GET token=aa /3/0/9`, `tcp raw 00 e1`: flags or what one segment holds. `| segments 3 9 order
   * 2 1 3` cuts it at bytes 3 and 9 and sends the parts in that order; `| lost` leaves it out of the capture.
   */
  segments(from: Endpoint, to: Endpoint, bodies: ReadonlyMap<string, Uint8Array>, words: Words): void {
    const key = between(from, to);
    const sequence = this.#sequences.get(key) ?? FIRST_SEQUENCE + 1;
    let flags = 0;
    while (FLAGS[words.next] !== undefined) flags |= FLAGS[words.take('a flag')]!;
    if (flags !== 0) {
      const isSyn = (flags & FLAGS.SYN!) !== 0;
      this.#segment(from, to, isSyn ? FIRST_SEQUENCE : sequence, flags, new Uint8Array(0));
      if (isSyn) this.#sequences.set(key, FIRST_SEQUENCE + 1);
      else if ((flags & FLAGS.FIN!) !== 0) this.#sequences.set(key, sequence + 1);
      return;
    }
    const content: number[] = [];
    if (words.takeIf('raw')) {
      while (!words.done && words.next !== '|') content.push(...hexBytes(words.take('bytes'), words));
    } else {
      do {
        const message = readMessage(words, bodies, this.heard(to, from), true);
        this.remember(from, to, message);
        content.push(...message.bytes);
      } while (words.takeIf(';'));
    }
    this.#sequences.set(key, sequence + content.length);
    let cuts: number[] = [];
    let isLost = false;
    if (words.takeIf('|')) {
      if (words.takeIf('segments')) cuts = words.takeNumbers('a place');
      else if (words.takeIf('lost')) isLost = true;
      else words.fail(`"${words.next}" is neither "segments" nor "lost"`);
    }
    if (isLost) return;
    const edges = [0, ...cuts, content.length];
    const parts = edges.slice(1).map((end, index) => [edges[index]!, end] as const);
    if (parts.some(([start, end]) => end <= start))
      words.fail(`what is cut has ${content.length} bytes, and the places rise`);
    for (const [start, end] of ordered(parts, words))
      this.#segment(from, to, sequence + start, FLAGS.ACK!, Uint8Array.from(content.slice(start, end)));
  }

  #segment(from: Endpoint, to: Endpoint, sequence: number, flags: number, bytes: Uint8Array): void {
    const acknowledged = this.#sequences.get(between(to, from)) ?? FIRST_SEQUENCE + 1;
    const segment = joined(
      [...u16(from.port), ...u16(to.port), ...u16(sequence >>> 16), ...u16(sequence)],
      [...u16(acknowledged >>> 16), ...u16(acknowledged), 0x50, flags, ...u16(0xffff), 0, 0, 0, 0],
      bytes,
    );
    const ends = { source: from.address, destination: to.address };
    this.#add(
      from.address.includes(':')
        ? ipv6(segment, { ...ends, next: PROTOCOL.tcp })
        : ipv4(segment, { ...ends, protocol: PROTOCOL.tcp }),
    );
  }

  #fragments(from: Endpoint, to: Endpoint, packet: Uint8Array, size: number): Uint8Array[] {
    const content = packet.subarray(headerLength(from));
    const ends = { source: from.address, destination: to.address };
    const identification = this.all.length + 1;
    const parts: Uint8Array[] = [];
    for (let offset = 0; offset < content.length; offset += size) {
      const part = content.subarray(offset, offset + size);
      const more = offset + size < content.length;
      parts.push(
        from.address.includes(':')
          ? ipv6(ipv6Fragment(part, { offset, more, identification }), { ...ends, next: 44 })
          : ipv4(part, { ...ends, identification, fragmentation: (more ? 0x2000 : 0) | (offset / 8) }),
      );
    }
    return parts;
  }

  #packet(number: number, words: Words): DescribedPacket {
    return this.all[number - 1] ?? words.fail(`there is no frame ${number} above`);
  }

  #add(bytes: Uint8Array, kept = bytes.length): void {
    this.all.push({ time: this.#time, bytes, kept });
  }
}

/** Parts in the order that `order 3 1 2` gives, or as they are; a part may come twice or not at all. */
function ordered<T>(parts: readonly T[], words: Words): T[] {
  if (!words.takeIf('order')) return [...parts];
  return words
    .takeNumbers('a part')
    .map((part) => parts[part - 1] ?? words.fail(`there is no part ${part} of ${parts.length}`));
}

function headerLength(end: Endpoint): number {
  return IP_HEADER[end.address.includes(':') ? 6 : 4];
}

function between(from: Endpoint, to: Endpoint): string {
  return `${from.address}:${from.port} ${to.address}:${to.port}`;
}
