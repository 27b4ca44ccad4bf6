import type { Datagram } from '../network/datagram.ts';
import { DTLS_VERSION_NAMES, DtlsRecords, readDtls } from './dtls-record.ts';
import { SealedBytes } from './sealed-bytes.ts';
import { readTlsRecords, TlsPosition } from './tls-record.ts';

/** How the payload of a datagram is protected. */
export const SecurityKind = {
  /** Not by a security protocol that is known here: the payload is what the application sent. */
  clear: 0,
  /** DTLS records. */
  dtls: 1,
  /** Nothing of the payload was captured. */
  undecided: 2,
} as const;

/** What stayed sealed, put together over all associations of one version. */
export interface SealedRecords {
  /** Such as `DTLS 1.2`. */
  what: string;
  /** Records whose content is encrypted. */
  records: number;
  /** The capture shows the hellos of these associations; without them no key can open the records. */
  handshake: boolean;
}

/** Default port of CoAP over DTLS. RFC 7252 §6.2. */
export const COAPS_PORT = 5684;

/** Flows in a new table. */
const FIRST_CAPACITY = 64;

/**
 * Tells secured datagrams from clear ones and keeps what is known of each flow's association: an association is
 * a flow here. Classifying allocates nothing but for the growth of the columns, 11 bytes a flow.
 */
export class SecurityReader {
  /** By flow: records seen, and those with encrypted content. */
  #records = new Uint32Array(FIRST_CAPACITY);
  #sealed = new Uint32Array(FIRST_CAPACITY);
  /** By flow: `DtlsVersion` code, what it follows from (`VersionProof`), and whether a hello was seen. */
  #version = new Uint8Array(FIRST_CAPACITY);
  #proof = new Uint8Array(FIRST_CAPACITY);
  #hello = new Uint8Array(FIRST_CAPACITY);
  /** Bytes of sealed records by flow and direction. */
  readonly sealedBytes = new SealedBytes();
  readonly #found = new DtlsRecords();
  readonly #tls = new TlsPosition();

  /** What the DTLS records of the datagram last classified as DTLS say. */
  get found(): Readonly<DtlsRecords> {
    return this.#found;
  }

  /** Gives the `SecurityKind` code of a UDP datagram of a flow, and notes its records. */
  classify(datagram: Datagram, flow: number): number {
    const { bytes, start, end } = datagram;
    if (start >= end) return datagram.payloadLength > 0 ? SecurityKind.undecided : SecurityKind.clear;
    const first = bytes[start]!;
    // DTLS begins with 20 to 63 (RFC 9147 §4.1), CoAP with 64 to 127.
    if (first > 0x3f || first < 20) return SecurityKind.clear;
    const found = this.#found;
    const isExpected =
      this.hasDtls(flow) || datagram.destinationPort === COAPS_PORT || datagram.sourcePort === COAPS_PORT;
    if (!readDtls(bytes, start, end, start + datagram.payloadLength, isExpected, found))
      return SecurityKind.clear;
    this.#note(flow);
    return SecurityKind.dtls;
  }

  /**
   * Counts the TLS records of a segment whose flow carries TLS (`beginsAsTls`). Segments are looked at one by one, in
   * the order they come; where one is lost, counting goes on with a segment that begins with a record.
   */
  countTls(datagram: Datagram, flow: number, fromA: boolean): void {
    const found = this.#found;
    found.clear();
    readTlsRecords(datagram, flow * 2 + (fromA ? 1 : 0), this.#tls, found);
    if (found.records > 0) this.#note(flow);
  }

  /** A connection begins on a flow: what was known of its records' places holds no more. */
  forgetTls(flow: number): void {
    this.#tls.forget(flow);
  }

  #note(flow: number): void {
    const found = this.#found;
    if (flow >= this.#records.length) this.#grow(flow);
    this.#records[flow]! += found.records;
    this.#sealed[flow]! += found.sealed;
    if (found.hello) this.#hello[flow] = 1;
    if (found.proof >= this.#proof[flow]!) {
      this.#proof[flow] = found.proof;
      this.#version[flow] = found.version;
    }
  }

  /** Whether DTLS was seen on a flow. */
  hasDtls(flow: number): boolean {
    return this.records(flow) > 0;
  }

  /** DTLS records seen on a flow. */
  records(flow: number): number {
    return this.#records[flow] ?? 0;
  }

  /** DTLS records with encrypted content seen on a flow. */
  sealedRecords(flow: number): number {
    return this.#sealed[flow] ?? 0;
  }

  /** Version of a flow's association, such as `DTLS 1.2`; that of the ServerHello where one was seen. */
  versionName(flow: number): string {
    return DTLS_VERSION_NAMES[this.#version[flow] ?? 0]!;
  }

  /** Whether a ClientHello or a ServerHello was seen on a flow. */
  handshakeSeen(flow: number): boolean {
    return this.#hello[flow] === 1;
  }

  /** What stayed sealed, by version and by whether a handshake was seen; most records first. */
  sealed(): SealedRecords[] {
    const entries = new Map<number, SealedRecords>();
    for (let flow = 0; flow < this.#sealed.length; flow++) {
      const records = this.#sealed[flow]!;
      if (records === 0) continue;
      const handshake = this.handshakeSeen(flow);
      const key = this.#version[flow]! * 2 + (handshake ? 1 : 0);
      const entry = entries.get(key);
      if (entry === undefined) entries.set(key, { what: this.versionName(flow), records, handshake });
      else entry.records += records;
    }
    return [...entries.values()].sort((a, b) => b.records - a.records);
  }

  #grow(flow: number): void {
    const capacity = Math.max(flow + 1, this.#records.length + (this.#records.length >> 1));
    this.#records = enlarged(this.#records, new Uint32Array(capacity));
    this.#sealed = enlarged(this.#sealed, new Uint32Array(capacity));
    this.#version = enlarged(this.#version, new Uint8Array(capacity));
    this.#proof = enlarged(this.#proof, new Uint8Array(capacity));
    this.#hello = enlarged(this.#hello, new Uint8Array(capacity));
  }
}

function enlarged<T extends Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
