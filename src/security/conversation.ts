import type { ByteCount } from '../capture/units.ts';
import { SecurityKind } from './association.ts';

/** How a conversation is protected, as it stands in records. */
export type ConversationSecurity = 'none' | 'dtls';

/** Flows, and conversations, in a new table. */
const FIRST_CAPACITY = 64;
const NONE = -1;

/**
 * Numbers conversations from 0 in the order seen. A conversation is what message IDs and tokens belong to: the
 * security association where there is one, else the flow (RFC 7252 §4.4, §9.1). A flow has at most one clear
 * conversation and one of DTLS; over TCP each connection is one of its own.
 *
 * A DTLS connection id outlives the flow (RFC 9146): `move` gives the flow that it moved to the same conversation, whose
 * own flow stays the first one.
 *
 * This is the place where sealed records become clear bytes: what opens records with keys stands between `SecurityReader.classify` and this table: it
 * takes a datagram of the kind `dtls` with its association and gives clear bytes, or the reason why not, and the
 * stages to the right read those bytes under the same conversation.
 */
export class ConversationTable {
  /** By flow: its clear conversation, its DTLS conversation; or `NONE`. */
  #clearOf = new Int32Array(FIRST_CAPACITY).fill(NONE);
  #dtlsOf = new Int32Array(FIRST_CAPACITY).fill(NONE);
  /** By conversation: its flow, 1 where it is DTLS, and the `Transport` code. */
  #flow = new Int32Array(FIRST_CAPACITY);
  #isDtls = new Uint8Array(FIRST_CAPACITY);
  #transport = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  /** Conversations so far. */
  get length(): number {
    return this.#length;
  }

  /** Bytes held by the table. */
  get byteLength(): ByteCount {
    return (
      this.#clearOf.byteLength +
      this.#dtlsOf.byteLength +
      this.#flow.byteLength +
      this.#isDtls.byteLength +
      this.#transport.byteLength
    );
  }

  /**
   * Gives the id of the conversation to which a datagram of a flow belongs, a new one where it is the first.
   * `kind` is a `SecurityKind` code; undecided ones count as clear.
   */
  conversationOf(flow: number, kind: number): number {
    if (flow >= this.#clearOf.length) this.#growFlows(flow);
    const isDtls = kind === SecurityKind.dtls;
    const column = isDtls ? this.#dtlsOf : this.#clearOf;
    const known = column[flow]!;
    if (known !== NONE) return known;
    if (this.#length === this.#flow.length) this.#growConversations();
    const conversation = this.#length++;
    column[flow] = conversation;
    this.#flow[conversation] = flow;
    this.#isDtls[conversation] = isDtls ? 1 : 0;
    return conversation;
  }

  /** Whether a flow has a conversation of DTLS. */
  hasDtls(flow: number): boolean {
    return (this.#dtlsOf[flow] ?? NONE) !== NONE;
  }

  /** A connection id has moved from a flow to another one: its conversation of DTLS goes on there (RFC 9146 §6). */
  move(from: number, to: number): void {
    const conversation = this.#dtlsOf[from] ?? NONE;
    if (to >= this.#clearOf.length) this.#growFlows(to);
    if (conversation !== NONE && this.#dtlsOf[to] === NONE) this.#dtlsOf[to] = conversation;
  }

  /** The conversation of datagrams on a flow, the clear one where it has two; -1 where it has none. */
  find(flow: number): number {
    const clear = this.#clearOf[flow] ?? NONE;
    return clear === NONE ? (this.#dtlsOf[flow] ?? NONE) : clear;
  }

  /** Begins a conversation on a flow: a connection over `transport`, a `Transport` code. Gives its id. */
  open(flow: number, transport: number): number {
    if (this.#length === this.#flow.length) this.#growConversations();
    const conversation = this.#length++;
    this.#flow[conversation] = flow;
    this.#transport[conversation] = transport;
    return conversation;
  }

  /** `Transport` code of a conversation. */
  transportOf(conversation: number): number {
    return this.#transport[conversation]!;
  }

  /** Flow of a conversation. */
  flowOf(conversation: number): number {
    return this.#flow[conversation]!;
  }

  /** How a conversation is protected. */
  securityOf(conversation: number): ConversationSecurity {
    return this.#isDtls[conversation] === 1 ? 'dtls' : 'none';
  }

  #growFlows(flow: number): void {
    const capacity = Math.max(flow + 1, this.#clearOf.length + (this.#clearOf.length >> 1));
    const clearOf = new Int32Array(capacity).fill(NONE);
    clearOf.set(this.#clearOf);
    this.#clearOf = clearOf;
    const dtlsOf = new Int32Array(capacity).fill(NONE);
    dtlsOf.set(this.#dtlsOf);
    this.#dtlsOf = dtlsOf;
  }

  #growConversations(): void {
    const capacity = this.#flow.length + (this.#flow.length >> 1);
    const flow = new Int32Array(capacity);
    flow.set(this.#flow);
    this.#flow = flow;
    const isDtls = new Uint8Array(capacity);
    isDtls.set(this.#isDtls);
    this.#isDtls = isDtls;
    const transport = new Uint8Array(capacity);
    transport.set(this.#transport);
    this.#transport = transport;
  }
}
