import type { ByteCount, ByteOffset } from '../capture/units.ts';

/** Versions of DTLS and of TLS as they are kept in columns; indexes of `DTLS_VERSION_NAMES`. */
export const DtlsVersion = {
  unknown: 0,
  dtls10: 1,
  dtls12: 2,
  dtls13: 3,
  openssl: 4,
  tls: 5,
  tls10: 6,
  tls11: 7,
  tls12: 8,
  tls13: 9,
} as const;

/** Names of `DtlsVersion`. */
export const DTLS_VERSION_NAMES = [
  'DTLS',
  'DTLS 1.0',
  'DTLS 1.2',
  'DTLS 1.3',
  'DTLS 1.0 (OpenSSL 0.9.8)',
  'TLS',
  'TLS 1.0',
  'TLS 1.1',
  'TLS 1.2',
  'TLS 1.3',
] as const;

/**
 * How much a datagram proves of the version. The hellos of a handshake may carry an older number than what
 * is agreed on (RFC 6347 §4.2.1, RFC 9147 §5.3); the ServerHello decides.
 */
export const VersionProof = { none: 0, offered: 1, used: 2, agreed: 3 } as const;

/** Content types of records. RFC 6347 §4.1, RFC 6520 §3, RFC 9146 §3, RFC 9147 §4. */
const ContentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
  heartbeat: 24,
  cid: 25,
  ack: 26,
} as const;

/** Bytes of a record header without connection id: type, version, epoch, sequence number, length. RFC 6347 §4.1. */
const RECORD_HEADER: ByteCount = 13;
/** Where a connection id stands in a record. RFC 9146 §4. */
const CID_OFFSET = 11;
/** Longest connection id, in bytes. RFC 9146 §3. */
const MAX_CID: ByteCount = 255;
/** Longest fragment of a protected record, in bytes: 2^14 and 2,048 for its protection. RFC 6347 §4.1.1 with RFC 5246 §6.2.3. */
const MAX_FRAGMENT: ByteCount = 18_432;
/** Least bytes of a record with the unified header: flags, one byte of record number, 16 bytes protected. RFC 9147 §4.2.3. */
const LEAST_UNIFIED_RECORD: ByteCount = 18;
/** Bytes of a handshake message header. RFC 6347 §4.2.2. */
const HANDSHAKE_HEADER: ByteCount = 12;

const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const CLIENT_KEY_EXCHANGE = 16;
/** Where a hello has the length of its session id: behind version and random. RFC 5246 §7.4.1.2. */
const SESSION_ID: ByteCount = 34;
/** Highest handshake type in use. TLS HandshakeType registry (IANA). */
const MAX_HANDSHAKE_TYPE = 25;
const MESSAGE_HASH = 254;
/** Extension with the version that is agreed on. RFC 8446 §4.2.1. */
const SUPPORTED_VERSIONS = 43;

/** What the DTLS records of one datagram say. Reused for every datagram. */
export class DtlsRecords {
  /** Records in the datagram; those whose length is not known from outside count as one. */
  records = 0;
  /** Of these, the ones whose content is encrypted: epoch 1 or later. */
  sealed = 0;
  /** `DtlsVersion` code. */
  version: number = DtlsVersion.unknown;
  /** `VersionProof` code: what `version` follows from. */
  proof: number = VersionProof.none;
  /** A ClientHello or a ServerHello begins in the datagram. */
  hello = false;
  /** A ClientHello begins that has no cookie yet, and with which the client hopes to resume a session. */
  clientHello = false;
  resumes = false;
  /** Cipher suite of a ServerHello; 0 for none. */
  suite = 0;
  /** What may be the identity of a ClientKeyExchange with a pre-shared key, in the datagram's bytes; -1 for none. */
  identityStart: ByteOffset = -1;
  identityLength: ByteCount = 0;
  /** Connection id of the first record that has one, in the datagram's bytes; -1 for none. */
  cidStart: ByteOffset = -1;
  cidLength: ByteCount = 0;
  /** Epoch and sequence number of that record. */
  epoch = 0;
  sequence = 0;

  /** Empties it. */
  clear(): void {
    this.records = 0;
    this.sealed = 0;
    this.version = DtlsVersion.unknown;
    this.proof = VersionProof.none;
    this.hello = false;
    this.clientHello = false;
    this.resumes = false;
    this.suite = 0;
    this.identityStart = -1;
    this.cidStart = -1;
  }
}

/**
 * Whether the datagram with payload `bytes[start..end)` carries DTLS, on any port; `wireEnd` passes `end` where
 * the capture cut it. Fills `out` where it does. `isExpected` says that the flow has carried DTLS before or uses
 * its port: only then are records accepted that prove little by themselves, those with the unified header of
 * DTLS 1.3 (RFC 9147 §4) and those with the version of TLS, which GnuTLS writes into some alerts.
 * The records must fill the datagram exactly; a receiver would pass over bytes behind them, but nobody sends such.
 */
export function readDtls(
  bytes: Uint8Array,
  start: number,
  end: number,
  wireEnd: number,
  isExpected: boolean,
  out: DtlsRecords,
): boolean {
  if (start >= end) return false;
  const first = bytes[start]!;
  if (first < ContentType.changeCipherSpec || first > 0x3f) return false;
  out.clear();
  let at = start;
  while (at < wireEnd) {
    if (at >= end) return out.records > 0;
    const next = readRecord(bytes, at, end, wireEnd, isExpected, out);
    if (next < 0) return false;
    at = next;
  }
  return out.records > 0;
}

/** Reads the record at `at`. Gives where the next one starts, or -1 where this is no record. */
function readRecord(
  bytes: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  isExpected: boolean,
  out: DtlsRecords,
): number {
  const type = bytes[at]!;
  if (type >= 0x20 && type <= 0x3f)
    return isExpected || out.records > 0 ? readUnifiedRecord(bytes, at, end, wireEnd, out) : -1;
  if (type < ContentType.changeCipherSpec || type > ContentType.ack) return -1;
  // Of a later record the capture may have left no more than this.
  if (at + 3 > end) return out.records > 0 && end < wireEnd ? wireEnd : -1;
  const version = versionOf(bytes[at + 1]!, bytes[at + 2]!);
  if (version === DtlsVersion.unknown && !(isExpected && bytes[at + 1] === 3)) return -1;
  if (type === ContentType.cid) return readCidRecords(bytes, at, end, wireEnd, version, isExpected, out);
  if (at + RECORD_HEADER > wireEnd) return -1;
  if (at + RECORD_HEADER > end) {
    // The capture cut the header: type and version are all there is to go by.
    note(out, version, VersionProof.offered);
    out.records++;
    return wireEnd;
  }
  const length = (bytes[at + 11]! << 8) | bytes[at + 12]!;
  const next = at + RECORD_HEADER + length;
  if (length > MAX_FRAGMENT || next > wireEnd) return -1;
  const isEpoch0 = bytes[at + 3] === 0 && bytes[at + 4] === 0;
  const fragmentEnd = next < end ? next : end;
  if (isEpoch0 && !isPlausible(bytes, at + RECORD_HEADER, type, length, fragmentEnd)) return -1;
  out.records++;
  if (!isEpoch0) {
    out.sealed++;
    note(out, version, VersionProof.used);
  } else {
    note(out, version, VersionProof.offered);
    if (type === ContentType.handshake) readHandshake(bytes, at + RECORD_HEADER, fragmentEnd, version, out);
  }
  return next;
}

/** Whether the clear content of a record of epoch 0 can be what its type says. */
function isPlausible(bytes: Uint8Array, at: number, type: number, length: ByteCount, end: number): boolean {
  if (at >= end) return true;
  const first = bytes[at]!;
  switch (type) {
    case ContentType.changeCipherSpec:
      return length === 1 && first === 1;
    case ContentType.alert:
      return length === 2 && (first === 1 || first === 2);
    case ContentType.handshake:
      return length >= HANDSHAKE_HEADER && (first <= MAX_HANDSHAKE_TYPE || first === MESSAGE_HASH);
    default:
      return true;
  }
}

/** Looks at the clear handshake messages of a record for hellos and the version agreed on. */
function readHandshake(
  bytes: Uint8Array,
  start: number,
  end: number,
  version: number,
  out: DtlsRecords,
): void {
  let at = start;
  while (at + HANDSHAKE_HEADER <= end) {
    const type = bytes[at]!;
    const isBeginning = uint24(bytes, at + 6) === 0;
    const body = at + HANDSHAKE_HEADER;
    const next = body + uint24(bytes, at + 9);
    if (isBeginning && type === CLIENT_HELLO) readClientHello(bytes, body, next < end ? next : end, out);
    if (isBeginning && type === CLIENT_KEY_EXCHANGE && next <= end) readIdentity(bytes, body, next, out);
    if (isBeginning && type === SERVER_HELLO) {
      out.hello = true;
      const suiteAt = body + SESSION_ID + 1 + (body + SESSION_ID < end ? bytes[body + SESSION_ID]! : 0);
      if (suiteAt + 2 <= end) out.suite = (bytes[suiteAt]! << 8) | bytes[suiteAt + 1]!;
      const agreed = agreedVersion(bytes, body, next < end ? next : end);
      note(out, agreed === DtlsVersion.unknown ? version : agreed, VersionProof.agreed);
    }
    at = next;
  }
}

/** A ClientHello without the cookie that its server asks for (RFC 6347 §4.2.1) begins a handshake. */
function readClientHello(bytes: Uint8Array, body: number, end: number, out: DtlsRecords): void {
  out.hello = true;
  const sessionAt = body + SESSION_ID;
  if (sessionAt >= end) return;
  const cookieAt = sessionAt + 1 + bytes[sessionAt]!;
  if (cookieAt < end && bytes[cookieAt] !== 0) return;
  out.clientHello = true;
  out.resumes = bytes[sessionAt] !== 0;
}

/** Identity of a pre-shared key: two bytes of length, and that many (RFC 4279 §2); with ECDHE a point follows (RFC 5489 §2). */
function readIdentity(bytes: Uint8Array, body: number, end: number, out: DtlsRecords): void {
  if (body + 2 > end) return;
  const length = (bytes[body]! << 8) | bytes[body + 1]!;
  const rest = end - body - 2 - length;
  const isPoint = rest > 0 && bytes[body + 2 + length] === rest - 1;
  if (length === 0 || (rest !== 0 && !isPoint)) return;
  out.identityStart = body + 2;
  out.identityLength = length;
}

/**
 * Version of a ServerHello: that of its supported_versions extension where it has one (RFC 8446 §4.2.1), else
 * its own field (RFC 5246 §7.4.1.3). `DtlsVersion.unknown` where the field is not there.
 */
function agreedVersion(bytes: Uint8Array, start: number, end: number): number {
  // Version 2, random 32, session id with its length, suite 2, compression method 1, length of extensions 2.
  if (start + 35 > end) return DtlsVersion.unknown;
  const legacy = versionOf(bytes[start]!, bytes[start + 1]!);
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

/**
 * Records with a connection id (RFC 9146 §4) to the end of the datagram. The id's length is only known from the
 * handshake; here it is the least one by which all records fill the datagram. Gives `wireEnd`, or -1.
 */
function readCidRecords(
  bytes: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  version: number,
  isExpected: boolean,
  out: DtlsRecords,
): number {
  if (version !== DtlsVersion.dtls12) return -1;
  let records = 0;
  for (let cid = 0; cid <= MAX_CID && records === 0; cid++) {
    if (at + RECORD_HEADER + cid > end) break;
    records = countCidRecords(bytes, at, end, wireEnd, cid);
    if (records > 0 && out.cidStart < 0) noteCid(bytes, at, cid, out);
  }
  if (records === 0) {
    if (end === wireEnd && !isExpected) return -1;
    records = 1;
  }
  out.records += records;
  out.sealed += records;
  note(out, version, VersionProof.used);
  return wireEnd;
}

function noteCid(bytes: Uint8Array, at: number, length: ByteCount, out: DtlsRecords): void {
  if (length === 0) return;
  out.cidStart = at + CID_OFFSET;
  out.cidLength = length;
  out.epoch = (bytes[at + 3]! << 8) | bytes[at + 4]!;
  out.sequence = 0;
  for (let index = 5; index < CID_OFFSET; index++) out.sequence = out.sequence * 256 + bytes[at + index]!;
}

/** Records by which the datagram is filled if their connection ids are `cid` bytes long; 0 where it is not. */
function countCidRecords(
  bytes: Uint8Array,
  start: number,
  end: number,
  wireEnd: number,
  cid: ByteCount,
): number {
  let records = 0;
  let at = start;
  while (at < wireEnd) {
    const header = RECORD_HEADER + cid;
    if (at + header > end) return end < wireEnd ? records : 0;
    if (bytes[at] !== ContentType.cid || versionOf(bytes[at + 1]!, bytes[at + 2]!) !== DtlsVersion.dtls12)
      return 0;
    const length = (bytes[at + CID_OFFSET + cid]! << 8) | bytes[at + CID_OFFSET + cid + 1]!;
    if (length === 0 || length > MAX_FRAGMENT) return 0;
    at += header + length;
    records++;
  }
  return at === wireEnd ? records : 0;
}

/**
 * A record with the unified header of DTLS 1.3 (RFC 9147 §4): flags 001CSLEE. Gives where the next one starts,
 * which is `wireEnd` where the record has no length or a connection id, or -1.
 */
function readUnifiedRecord(
  bytes: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  out: DtlsRecords,
): number {
  const flags = bytes[at]!;
  const hasCid = (flags & 0x10) !== 0;
  const hasLength = (flags & 0x04) !== 0;
  const lengthAt = at + 1 + ((flags & 0x08) !== 0 ? 2 : 1);
  let next = wireEnd;
  if (hasLength && !hasCid && lengthAt + 2 <= end)
    next = lengthAt + 2 + ((bytes[lengthAt]! << 8) | bytes[lengthAt + 1]!);
  if (next > wireEnd || next - at < LEAST_UNIFIED_RECORD) return -1;
  out.records++;
  out.sealed++;
  note(out, DtlsVersion.dtls13, VersionProof.agreed);
  return next;
}

/** Keeps a version where it proves at least as much as what is known already. */
function note(out: DtlsRecords, version: number, proof: number): void {
  if (proof < out.proof || version === DtlsVersion.unknown) return;
  out.version = version;
  out.proof = proof;
}

/** RFC 6347 §4.1 (1.0, 1.2), RFC 9147 §5.3 (1.3); 0x0100 is what OpenSSL sent before DTLS was settled. */
function versionOf(major: number, minor: number): number {
  if (major === 0xfe) {
    if (minor === 0xfd) return DtlsVersion.dtls12;
    if (minor === 0xff) return DtlsVersion.dtls10;
    if (minor === 0xfc) return DtlsVersion.dtls13;
  }
  return major === 1 && minor === 0 ? DtlsVersion.openssl : DtlsVersion.unknown;
}

function uint24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}
