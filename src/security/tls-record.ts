import type { ByteCount } from '../capture/units.ts';
import type { Datagram } from '../network/datagram.ts';
import { type DtlsRecords, DtlsVersion, VersionProof } from './dtls-record.ts';

/** Bytes of a record header: type, version, length. RFC 8446 §5.1. */
const RECORD_HEADER: ByteCount = 5;
/** Longest fragment of a protected record. RFC 5246 §6.2.3. */
const MAX_FRAGMENT: ByteCount = 18_432;
/** Bytes of a handshake message header. RFC 8446 §4. */
const HANDSHAKE_HEADER: ByteCount = 4;
const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
/** Highest handshake type in use. TLS HandshakeType registry (IANA). */
const MAX_HANDSHAKE_TYPE = 25;
const MESSAGE_HASH = 254;
/** Extension with the version that is agreed on. RFC 8446 §4.2.1. */
const SUPPORTED_VERSIONS = 43;

/** Where the next record of each direction of a flow begins: its sequence number. 5 bytes for each direction. */
export class TlsPosition {
  #next = new Uint32Array(64);
  #isKnown = new Uint8Array(64);

  /** Number of the byte where the next record begins, or -1. */
  get(direction: number): number {
    return this.#isKnown[direction] === 1 ? this.#next[direction]! : -1;
  }

  set(direction: number, sequence: number): void {
    if (direction >= this.#next.length) this.#grow(direction);
    this.#next[direction] = sequence;
    this.#isKnown[direction] = 1;
  }

  /** Forgets both directions of a flow. */
  forget(flow: number): void {
    if (flow * 2 < this.#isKnown.length) this.#isKnown[flow * 2] = this.#isKnown[flow * 2 + 1] = 0;
  }

  #grow(direction: number): void {
    const length = Math.max(direction + 2, this.#next.length * 2);
    const next = new Uint32Array(length);
    next.set(this.#next);
    this.#next = next;
    const isKnown = new Uint8Array(length);
    isKnown.set(this.#isKnown);
    this.#isKnown = isKnown;
  }
}

/**
 * Whether a stream or segment at `bytes[start..end)` begins with a TLS record: 1 yes, 0 no, -1 where more bytes are
 * needed. RFC 8446 §5.1, RFC 5246 §6.2.1.
 */
export function beginsAsTls(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return -1;
  const type = bytes[start]!;
  if (type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA) return 0;
  if (start + 1 < end && bytes[start + 1] !== 3) return 0;
  if (start + 2 < end && bytes[start + 2]! > 4) return 0;
  if (start + RECORD_HEADER > end) return -1;
  const length = (bytes[start + 3]! << 8) | bytes[start + 4]!;
  return length > 0 && length <= MAX_FRAGMENT ? 1 : 0;
}

/** Counts the records that begin in a segment, and moves `position` of `direction` on. Fills `out`, which is empty. */
export function readTlsRecords(
  segment: Datagram,
  direction: number,
  position: TlsPosition,
  out: DtlsRecords,
): void {
  const { bytes, start, end } = segment;
  const wireEnd = start + segment.payloadLength;
  const known = position.get(direction);
  let at = start;
  if (known >= 0) {
    const step = (known - segment.sequence) | 0;
    // All of it was counted before, or belongs to a record that was.
    if (step >= segment.payloadLength) return;
    at = start + step;
    if (step < 0) at = beginsAsTls(bytes, start, end) === 1 ? start : wireEnd;
  } else if (beginsAsTls(bytes, start, end) !== 1) return;
  while (at < end && beginsAsTls(bytes, at, end) === 1) {
    const next = at + RECORD_HEADER + ((bytes[at + 3]! << 8) | bytes[at + 4]!);
    readRecord(bytes, at, Math.min(next, end), next - at - RECORD_HEADER, out);
    at = next;
  }
  // A header that two segments share is not read: counting goes on where a segment begins with the next one.
  if (at >= wireEnd || at === start) position.set(direction, (segment.sequence + at - start) >>> 0);
  else position.set(direction, (segment.sequence + segment.payloadLength) >>> 0);
}

function readRecord(bytes: Uint8Array, at: number, end: number, length: ByteCount, out: DtlsRecords): void {
  const type = bytes[at]!;
  const body = at + RECORD_HEADER;
  out.records++;
  if (out.proof < VersionProof.agreed) {
    out.version = versionOf(bytes[at + 1]!, bytes[at + 2]!);
    out.proof = VersionProof.offered;
  }
  const first = body < end ? bytes[body]! : -1;
  const isClear =
    type === CHANGE_CIPHER_SPEC ||
    (type === ALERT && length === 2) ||
    (type === HANDSHAKE && isHandshake(bytes, body, end, length, first));
  if (!isClear) {
    out.sealed++;
    return;
  }
  if (type !== HANDSHAKE) return;
  if (first === CLIENT_HELLO || first === SERVER_HELLO) out.hello = true;
  if (first !== SERVER_HELLO) return;
  const agreed = agreedVersion(bytes, body + HANDSHAKE_HEADER, end);
  if (agreed === DtlsVersion.unknown) return;
  out.version = agreed;
  out.proof = VersionProof.agreed;
}

/** Whether a handshake record is in the clear: the first message has a type that is in use and a length that fits. */
function isHandshake(bytes: Uint8Array, body: number, end: number, length: ByteCount, type: number): boolean {
  if (type > MAX_HANDSHAKE_TYPE && type !== MESSAGE_HASH) return false;
  if (body + HANDSHAKE_HEADER > end) return true;
  const message = (bytes[body + 1]! << 16) | (bytes[body + 2]! << 8) | bytes[body + 3]!;
  // Of a message over several records the first one is full; a Certificate may be one.
  return message + HANDSHAKE_HEADER <= length || type === 11;
}

/** Version that a ServerHello agrees on: of its extension, else of its field (RFC 8446 §4.1.3). */
function agreedVersion(bytes: Uint8Array, start: number, end: number): number {
  if (start + 35 > end) return DtlsVersion.unknown;
  const legacy = versionOf(bytes[start]!, bytes[start + 1]!);
  // Version, random, session id, cipher suite, compression, length of the extensions.
  let at = start + 35 + bytes[start + 34]! + 3 + 2;
  while (at + 4 <= end) {
    const type = (bytes[at]! << 8) | bytes[at + 1]!;
    const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (type === SUPPORTED_VERSIONS && length === 2 && at + 6 <= end)
      return versionOf(bytes[at + 4]!, bytes[at + 5]!);
    at += 4 + length;
  }
  return legacy;
}

function versionOf(major: number, minor: number): number {
  if (major !== 3 || minor === 0 || minor > 4) return DtlsVersion.tls;
  return DtlsVersion.tls10 + minor - 1;
}
