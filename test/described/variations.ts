import type { DescribedPacket } from './described-packets.ts';

/** Ports of servers in descriptions; what is sent to one of them comes from a device. */
const SERVER_PORTS = new Set([5683, 5684]);
/** Of IPv4 without options: where the header of UDP begins. */
const UDP = 20;

/** A capture that was changed as captures of real networks are, with words for what was done. */
export interface Variation {
  what: string;
  packets: DescribedPacket[];
}

/** Begins behind each packet but the last. */
export function lateStarts(packets: readonly DescribedPacket[]): Variation[] {
  return packets.slice(1).map((_, index) => ({
    what: `without the first ${index + 1}`,
    packets: packets.slice(index + 1),
  }));
}

/** Only what devices sent, and only what they were sent. */
export function oneDirection(packets: readonly DescribedPacket[]): Variation[] {
  return [
    { what: 'only from devices', packets: packets.filter(({ bytes }) => isFromDevice(bytes)) },
    { what: 'only to devices', packets: packets.filter(({ bytes }) => !isFromDevice(bytes)) },
  ];
}

/** Lacks one packet, each in turn. */
export function losses(packets: readonly DescribedPacket[]): Variation[] {
  return packets.map((_, lost) => ({
    what: `without packet ${lost + 1}`,
    packets: packets.filter((__, index) => index !== lost),
  }));
}

/** A packet that comes again later than this may be another message with the same ID (RFC 7252 §4.8.2). */
const REPEAT_TIME = 100e9;

/** Has each packet twice: at once, and again when the next one has come. */
export function duplicates(packets: readonly DescribedPacket[]): Variation[] {
  const later = packets.flatMap((packet, index) => {
    const before = packets[index - 1];
    const isSoon = before !== undefined && packet.time - before.time < REPEAT_TIME;
    return isSoon ? [packet, { ...before, time: packet.time }] : [packet];
  });
  return [
    { what: 'each packet twice', packets: packets.flatMap((packet) => [packet, packet]) },
    { what: 'each packet again after the next one', packets: later },
  ];
}

/** Has two packets in the wrong order, each pair in turn; the times stay in order. */
export function reorderings(packets: readonly DescribedPacket[]): Variation[] {
  return packets.slice(1).map((second, index) => {
    const first = packets[index]!;
    const swapped = [...packets];
    swapped[index] = { ...second, time: first.time };
    swapped[index + 1] = { ...first, time: second.time };
    return { what: `packets ${index + 1} and ${index + 2} exchanged`, packets: swapped };
  });
}

/** The clock is set back by an hour behind each third packet. */
export function clocksSetBack(packets: readonly DescribedPacket[]): Variation[] {
  const HOUR = 3600e9;
  const later = packets.map((packet) => ({ ...packet, time: packet.time + HOUR }));
  return packets.flatMap((_, index) =>
    index % 3 === 0
      ? [
          {
            what: `the clock set back by an hour behind packet ${index + 1}`,
            packets: later.map((packet, at) => (at > index ? packets[at]! : packet)),
          },
        ]
      : [],
  );
}

/**
 * The same once more, at the same times, by devices behind the same addresses: their ports are 1000 higher, their names
 * and locations differ in one letter (`dev1` and `dvv1`, `/rd/1` and `/rd/A`).
 */
export function twins(packets: readonly DescribedPacket[]): Variation {
  return {
    what: 'two behind each address',
    packets: packets.flatMap((packet) => [packet, { ...packet, bytes: twinOf(packet.bytes) }]),
  };
}

function twinOf(bytes: Uint8Array): Uint8Array {
  const twin = bytes.slice();
  const port = isFromDevice(bytes) ? UDP : UDP + 2;
  const number = ((twin[port]! << 8) | twin[port + 1]!) + 1000;
  twin[port] = number >> 8;
  twin[port + 1] = number & 0xff;
  // No checksum (RFC 768).
  twin[UDP + 6] = twin[UDP + 7] = 0;
  for (let at = UDP + 8; at + 4 <= twin.length; at++) {
    if (holds(twin, at, '=dev')) twin[at + 2] = 0x76;
    // Behind `rd` an option of one byte, a digit: the second part of a location.
    else if (holds(twin, at, 'rd') && twin[at + 2] === 1 && twin[at + 3]! < 0x3a) twin[at + 3]! += 0x10;
  }
  return twin;
}

function holds(bytes: Uint8Array, at: number, text: string): boolean {
  return [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));
}

function isFromDevice(bytes: Uint8Array): boolean {
  return SERVER_PORTS.has((bytes[UDP + 2]! << 8) | bytes[UDP + 3]!);
}
