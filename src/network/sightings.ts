import type { ByteCount, Nanoseconds } from '../capture/units.ts';
import type { Datagram } from './datagram.ts';
import { DatagramKind } from './datagram.ts';
import { mix } from './growing-columns.ts';

/** Longest time between two sightings of one packet. Clocks that differ by more need a correction. */
export const SIGHTING_WINDOW: Nanoseconds = 10e9;
/** Datagrams and segments that are remembered; the oldest go. A power of two. */
export const REMEMBERED = 1 << 16;
/** Bytes of payloads that are remembered; the oldest go. */
export const REMEMBERED_BYTES: ByteCount = 8 << 20;
/** Bytes of one payload that are compared. Beyond them its length is. */
const COMPARED_BYTES: ByteCount = 2048;
/** Bytes that the hash is made of. What was captured of a packet, up to here, must be equal at both points. */
const HASHED_BYTES: ByteCount = 32;
/** Capture points whose sightings are told apart; what further ones show is new each time. */
export const MAX_POINTS = 128;
const POINT_WORDS = MAX_POINTS / 32;
/** Remembered packets that are looked through for one. */
const MAX_LOOKED_AT = 256;

/** What `find` gives for a packet that no other point has shown. */
export const FIRST_SIGHTING = -1;
/** What a packet that was seen can have been, beside rows of messages. */
export const Seen = { message: -2, foreign: -3, notCoap: -4 } as const;

/**
 * Finds out whether a UDP datagram or TCP segment was seen before at another capture point. It was, where addresses,
 * ports, transport, length, bytes, the IPv4 identification (RFC 791 §3.1; RFC 6864 lets hosts repeat it) and the
 * numbers of a segment are equal, the time is near, and this point has not shown that copy yet: of n equal packets,
 * the first one here pairs with the first one there, so that a repetition by the sender remains one. Where several
 * are left to pair with, that one is taken whose difference in time is most like the last one between the two points.
 * What is remembered is bounded in number, bytes and time. Nothing is allocated before the first packet, nor for
 * each of them.
 */
export class SightingFinder {
  /** The packet that was found or remembered last. */
  #packet = 0;
  #count = 0;
  #written = 0;

  #heads = new Float64Array(0);
  #before = new Float64Array(0);
  #hash = new Int32Array(0);
  #time = new Float64Array(0);
  #flow = new Float64Array(0);
  #identification = new Uint16Array(0);
  #sequence = new Uint32Array(0);
  #acknowledgement = new Uint32Array(0);
  #tcpFlags = new Uint16Array(0);
  #length = new Uint32Array(0);
  #captured = new Uint32Array(0);
  #place = new Float64Array(0);
  #points = new Uint32Array(0);
  #firstPoint = new Uint8Array(0);
  #became = new Float64Array(0);
  #rows = new Uint16Array(0);
  #bytes = new Uint8Array(0);
  /** By two points: how much later the second one showed the packet they shared last. */
  readonly #usual = new Map<number, Nanoseconds>();

  /**
   * Looks for a packet of `flow` that was captured at `point` at `time`. Gives `FIRST_SIGHTING` for one not seen
   * elsewhere, which is remembered: `settle` then says what it is. Else gives what it was settled as: the first row
   * of its messages, or a `Seen` code; `rows` has their number.
   */
  find(datagram: Datagram, flow: number, fromA: boolean, point: number, time: Nanoseconds): number {
    if (point >= MAX_POINTS) {
      this.#packet = -1;
      return FIRST_SIGHTING;
    }
    if (this.#heads.length === 0) this.#allocate();
    const isTcp = datagram.kind === DatagramKind.tcp;
    const flowKey = flow * 2 + (fromA ? 1 : 0);
    const hash = this.#hashOf(datagram, flowKey, isTcp);
    const word = point >> 5;
    const bit = 1 << (point & 31);
    const slots = REMEMBERED - 1;
    let found = -1;
    let foundDistance = 0;
    let looked = 0;
    const oldest = this.#count - REMEMBERED;
    const head = this.#heads[hash & slots]!;
    for (let packet = head; packet >= 0 && packet >= oldest; packet = this.#before[packet & slots]!) {
      const at = packet & slots;
      if (++looked > MAX_LOOKED_AT) break;
      if (this.#hash[at] !== hash || this.#flow[at] !== flowKey) continue;
      const difference = time - this.#time[at]!;
      if (difference > SIGHTING_WINDOW || difference < -SIGHTING_WINDOW) continue;
      if ((this.#points[at * POINT_WORDS + word]! & bit) !== 0) continue;
      if (!this.#isSame(at, datagram, isTcp)) continue;
      const usual = this.#usual.get(this.#firstPoint[at]! * MAX_POINTS + point);
      // Without a usual difference the oldest copy counts: the first here is the first there.
      const distance = usual === undefined ? 0 : Math.abs(difference - usual);
      if (found < 0 || distance <= foundDistance) {
        found = packet;
        foundDistance = distance;
      }
    }
    if (found < 0) {
      this.#remember(datagram, hash, flowKey, isTcp, point, time);
      return FIRST_SIGHTING;
    }
    const at = found & slots;
    this.#packet = found;
    this.#points[at * POINT_WORDS + word]! |= bit;
    this.#usual.set(this.#firstPoint[at]! * MAX_POINTS + point, time - this.#time[at]!);
    return this.#became[at]!;
  }

  /** Messages of the packet found last. */
  get rows(): number {
    return this.#rows[this.#packet & (REMEMBERED - 1)]!;
  }

  /** Says what a first sighting is: the first row of its messages and their number, or a `Seen` code. */
  settle(became: number, rows: number): void {
    if (this.#packet < 0) return;
    const at = this.#packet & (REMEMBERED - 1);
    this.#became[at] = became;
    this.#rows[at] = rows;
  }

  #hashOf(datagram: Datagram, flowKey: number, isTcp: boolean): number {
    const { bytes, start, end } = datagram;
    let hash = mix(mix(flowKey | 0, datagram.identification), datagram.payloadLength);
    if (isTcp) hash = mix(mix(hash, datagram.sequence | 0), datagram.acknowledgement | 0);
    const to = Math.min(end, start + HASHED_BYTES);
    for (let at = start; at < to; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    return mix(hash, to - start);
  }

  #isSame(at: number, datagram: Datagram, isTcp: boolean): boolean {
    if (
      this.#length[at] !== datagram.payloadLength ||
      this.#identification[at] !== datagram.identification ||
      this.#tcpFlags[at] !== (isTcp ? datagram.tcpFlags + 1 : 0)
    )
      return false;
    if (
      isTcp &&
      (this.#sequence[at] !== datagram.sequence || this.#acknowledgement[at] !== datagram.acknowledgement)
    )
      return false;
    const place = this.#place[at]!;
    if (this.#written - place > REMEMBERED_BYTES) return false;
    const { bytes, start, end } = datagram;
    const kept = this.#bytes;
    const from = place % REMEMBERED_BYTES;
    const length = Math.min(this.#captured[at]!, end - start);
    for (let index = 0; index < length; index++)
      if (kept[from + index] !== bytes[start + index]) return false;
    return true;
  }

  #remember(
    datagram: Datagram,
    hash: number,
    flowKey: number,
    isTcp: boolean,
    point: number,
    time: Nanoseconds,
  ): void {
    const slots = REMEMBERED - 1;
    const packet = this.#count++;
    const at = packet & slots;
    this.#packet = packet;
    this.#before[at] = this.#heads[hash & slots]!;
    this.#heads[hash & slots] = packet;
    this.#hash[at] = hash;
    this.#time[at] = time;
    this.#flow[at] = flowKey;
    this.#identification[at] = datagram.identification;
    this.#sequence[at] = isTcp ? datagram.sequence : 0;
    this.#acknowledgement[at] = isTcp ? datagram.acknowledgement : 0;
    this.#tcpFlags[at] = isTcp ? datagram.tcpFlags + 1 : 0;
    this.#length[at] = datagram.payloadLength;
    for (let word = 0; word < POINT_WORDS; word++) this.#points[at * POINT_WORDS + word] = 0;
    this.#points[at * POINT_WORDS + (point >> 5)] = 1 << (point & 31);
    this.#firstPoint[at] = point;
    this.#became[at] = Seen.foreign;
    this.#rows[at] = 0;
    const { bytes, start } = datagram;
    const length = Math.min(datagram.end - start, COMPARED_BYTES);
    // A payload does not go over the end of the buffer.
    const left = REMEMBERED_BYTES - (this.#written % REMEMBERED_BYTES);
    if (left < length) this.#written += left;
    const from = this.#written % REMEMBERED_BYTES;
    const kept = this.#bytes;
    for (let index = 0; index < length; index++) kept[from + index] = bytes[start + index]!;
    this.#place[at] = this.#written;
    this.#captured[at] = length;
    this.#written += length;
  }

  #allocate(): void {
    this.#heads = new Float64Array(REMEMBERED).fill(-1);
    this.#before = new Float64Array(REMEMBERED);
    this.#hash = new Int32Array(REMEMBERED);
    this.#time = new Float64Array(REMEMBERED);
    this.#flow = new Float64Array(REMEMBERED);
    this.#identification = new Uint16Array(REMEMBERED);
    this.#sequence = new Uint32Array(REMEMBERED);
    this.#acknowledgement = new Uint32Array(REMEMBERED);
    this.#tcpFlags = new Uint16Array(REMEMBERED);
    this.#length = new Uint32Array(REMEMBERED);
    this.#captured = new Uint32Array(REMEMBERED);
    this.#place = new Float64Array(REMEMBERED);
    this.#points = new Uint32Array(REMEMBERED * POINT_WORDS);
    this.#firstPoint = new Uint8Array(REMEMBERED);
    this.#became = new Float64Array(REMEMBERED);
    this.#rows = new Uint16Array(REMEMBERED);
    this.#bytes = new Uint8Array(REMEMBERED_BYTES);
  }
}
