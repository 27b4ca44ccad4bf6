import { type FrameNumber, type MessageRow, type Nanoseconds, NO_ROW } from '../capture/units.ts';
import { isRequest } from '../coap/code.ts';
import { OptionCursor } from '../coap/option-cursor.ts';
import { OptionNumber } from '../coap/option.ts';
import type { MessageView } from '../coap/message.ts';
import { COAP_PORT } from '../coap/recogniser.ts';
import type { SecuritySign, SecuritySignKind } from '../device/security-sign.ts';
import type { Datagram } from '../network/datagram.ts';
import type { FlowTable } from '../network/flow.ts';
import { COAPS_PORT, SecurityKind } from '../security/association.ts';
import type { ConversationTable } from '../security/conversation.ts';
import type { DtlsRecords } from '../security/dtls-record.ts';
import { MovingIds } from '../security/moving-ids.ts';

/** Signs that are handed over; a capture with more of them is an attack, and no more are. */
const MAX_SIGNS = 200_000;
/** Flows whose cipher suite is remembered until the client has named its key. */
const MAX_SUITES = 65_536;
/** Longest identity that is kept, in bytes (RFC 4279 §5.3 wants 128 of all). */
const MAX_IDENTITY = 128;

/** Flags of the OSCORE option: length of the partial IV, a key id, a context of it (RFC 8613 §6.1). */
const PARTIAL_IV = 7;
const KEY_ID = 8;
const KEY_ID_CONTEXT = 16;

/** When and where the frame that is read was captured. */
interface Place {
  time: Nanoseconds;
  file: number;
  frame: FrameNumber;
}

/** Finds in sealed datagrams and messages what tells of devices: handshakes, identities, ids that move. */
export class SecuritySigns {
  readonly #connections = new MovingIds();
  readonly #keys = new MovingIds();
  readonly #cursor = new OptionCursor();
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  /** By flow: cipher suite of the last ServerHello. */
  readonly #suites = new Map<number, number>();
  #count = 0;

  constructor(
    private readonly flows: FlowTable,
    private readonly conversations: ConversationTable,
    private readonly deliver: (sign: SecuritySign) => void,
  ) {}

  /** Takes a datagram of DTLS on a flow, whose direction the flow table knows; gives it its conversation. */
  dtls(datagram: Datagram, flow: number, found: Readonly<DtlsRecords>, kind: number, place: Place): void {
    const { flows, conversations } = this;
    const { fromA } = flows;
    if (found.cidStart >= 0) {
      const { bytes } = datagram;
      const { cidStart, cidLength, epoch, sequence } = found;
      const receiver = fromA ? flows.endpointB(flow) : flows.endpointA(flow);
      this.#connections.take(bytes, cidStart, cidLength, receiver, flow, fromA, epoch, sequence);
      const { movedFrom } = this.#connections;
      if (movedFrom >= 0) {
        conversations.move(movedFrom, flow);
        const text = hex(bytes, cidStart, cidLength);
        const conversation = conversations.conversationOf(flow, kind);
        this.#tell('connection id', conversation, flow, fromA, movedFrom, text, false, NO_ROW, place);
      }
    }
    const isNew = !conversations.hasDtls(flow);
    const conversation = conversations.conversationOf(flow, kind);
    if (isNew) {
      const isFromServer =
        flows.endpointPort(fromA ? flows.endpointA(flow) : flows.endpointB(flow)) === COAPS_PORT;
      this.#tell('association', conversation, flow, fromA !== isFromServer, -1, '', false, NO_ROW, place);
    }
    if (found.clientHello)
      this.#tell('handshake', conversation, flow, fromA, -1, '', found.resumes, NO_ROW, place);
    if (found.suite !== 0) {
      if (this.#suites.size === MAX_SUITES) this.#suites.clear();
      this.#suites.set(flow, found.suite);
    }
    if (found.identityStart >= 0) this.#identity(datagram, conversation, flow, found, place);
  }

  /** Takes a message with the OSCORE option that stands at `row`: a request names the key of its sender. */
  oscore(view: MessageView, flow: number, fromA: boolean, row: MessageRow, place: Place): void {
    if (!isRequest(view.code)) return;
    const cursor = this.#cursor;
    cursor.start(view);
    while (cursor.next()) if (cursor.number === OptionNumber.oscore) break;
    const { valueStart: start, valueLength: length } = cursor;
    if (cursor.number !== OptionNumber.oscore || length === 0) return;
    const { bytes } = view;
    const flags = bytes[start]!;
    const ivLength = flags & PARTIAL_IV;
    if ((flags & KEY_ID) === 0 || 1 + ivLength > length) return;
    let sequence = 0;
    for (let at = start + 1; at <= start + ivLength; at++) sequence = sequence * 256 + bytes[at]!;
    let contextStart = start + 1 + ivLength;
    let contextLength = 0;
    if ((flags & KEY_ID_CONTEXT) !== 0) {
      contextLength = bytes[contextStart++] ?? 0;
      if (contextStart + contextLength > start + length) return;
    }
    const { flows } = this;
    const receiver = fromA ? flows.endpointB(flow) : flows.endpointA(flow);
    // The context and the id together, as they stand one behind the other.
    const idLength = start + length - contextStart;
    this.#keys.take(bytes, contextStart, idLength, receiver, flow, fromA, 0, sequence);
    const { movedFrom, isNew } = this.#keys;
    if (!isNew && movedFrom < 0) return;
    const keyStart = contextStart + contextLength;
    const key = hex(bytes, keyStart, start + length - keyStart);
    const text = contextLength === 0 ? key : `${key} in context ${hex(bytes, contextStart, contextLength)}`;
    const conversation = this.conversations.conversationOf(flow, SecurityKind.clear);
    this.#tell('OSCORE key id', conversation, flow, fromA, movedFrom, text, false, row, place);
  }

  #identity(
    datagram: Datagram,
    conversation: number,
    flow: number,
    found: Readonly<DtlsRecords>,
    place: Place,
  ): void {
    const { identityStart, identityLength } = found;
    const suite = this.#suites.get(flow);
    if (suite === undefined ? identityLength > MAX_IDENTITY - 1 : !hasSharedKey(suite)) return;
    const kept = datagram.bytes.subarray(
      identityStart,
      identityStart + Math.min(identityLength, MAX_IDENTITY),
    );
    const text = `psk:${this.#text(kept)}`;
    this.#tell('identity', conversation, flow, this.flows.fromA, -1, text, false, NO_ROW, place);
  }

  /** Text where it is one without control characters, else hex. */
  #text(bytes: Uint8Array): string {
    if (bytes.every((byte) => byte >= 0x20 && byte !== 0x7f))
      try {
        return this.#decoder.decode(bytes);
      } catch {
        // No UTF-8.
      }
    return hex(bytes, 0, bytes.length);
  }

  #tell(
    kind: SecuritySignKind,
    conversation: number,
    flow: number,
    isClientA: boolean,
    movedFrom: number,
    text: string,
    resumes: boolean,
    row: MessageRow,
    { time, file, frame }: Place,
  ): void {
    if (this.#count === MAX_SIGNS) return;
    this.#count++;
    const { flows } = this;
    const serverEndpoint = isClientA ? flows.endpointB(flow) : flows.endpointA(flow);
    this.deliver({
      kind,
      conversation,
      deviceEndpoint: isClientA ? flows.endpointA(flow) : flows.endpointB(flow),
      serverEndpoint,
      isCoap: this.#isCoap(serverEndpoint),
      movedFrom: movedFrom < 0 ? -1 : this.#clientOf(movedFrom, serverEndpoint),
      text,
      resumes,
      row,
      time,
      file,
      frame,
    });
  }

  /** The client's end of a flow that an id was on before: with the same server, or with another address of it. */
  #clientOf(flow: number, serverEndpoint: number): number {
    const { flows } = this;
    const [a, b] = [flows.endpointA(flow), flows.endpointB(flow)];
    if (a === serverEndpoint) return b;
    return b !== serverEndpoint && this.#isCoap(a) ? b : a;
  }

  #isCoap(endpoint: number): boolean {
    const port = this.flows.endpointPort(endpoint);
    return port === COAPS_PORT || port === COAP_PORT;
  }
}

/** Cipher suites in which the client names a pre-shared key (TLS Cipher Suites registry, IANA). */
function hasSharedKey(suite: number): boolean {
  return (
    (suite >= 0x008a && suite <= 0x0095) ||
    (suite >= 0x00a8 && suite <= 0x00b9) ||
    (suite >= 0xc033 && suite <= 0xc03b) ||
    (suite >= 0xc0a4 && suite <= 0xc0ab) ||
    (suite >= 0xccab && suite <= 0xccae) ||
    (suite >= 0xd001 && suite <= 0xd005)
  );
}

function hex(bytes: Uint8Array, start: number, length: number): string {
  let text = '';
  for (let at = start; at < start + length; at++) text += bytes[at]!.toString(16).padStart(2, '0');
  return text;
}
