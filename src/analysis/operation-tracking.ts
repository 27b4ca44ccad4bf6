import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { Code } from '../coap/code.ts';
import { EXCHANGE_LIFETIME } from '../coap/exchange.ts';
import type { MessageBatch } from '../coap/message-batch.ts';
import { NO_OPTION } from '../coap/message.ts';
import { Operation, type OperationCode } from '../lwm2m/operation.ts';
import { PathKind } from '../lwm2m/path.ts';
import {
  classifyRequest,
  Direction,
  RequestFacts,
  roleEvidence,
  settleByResponse,
} from '../lwm2m/request-classification.ts';
import type { FlowTable } from '../network/flow.ts';
import type { ConversationTable } from '../security/conversation.ts';
import { MessageFlag, type MessageTable } from './message-table.ts';
import type { PathFacts } from './path-facts.ts';

/** Score from which a role stands, whatever weaker evidence follows (LwM2M roles, Transport §6.4). */
const CERTAIN = 100;

/** Names the operation of each message and works out which end of a conversation is the device. */
export class OperationTracking {
  readonly #facts = new RequestFacts();
  /** By conversation: positive where endpoint A is the LwM2M client, negative where B is. */
  #roles = new Int16Array(1024);
  /** By conversation: the request that decided, or that first told, which end is the device. */
  #decided = new Uint32Array(1024);
  /** End of the bootstrap window of a conversation; only of those that had one. */
  readonly #bootstrap = new Map<number, Nanoseconds>();
  /** Locations given to registrations: server endpoint and path number in one. */
  readonly #locations = new Set<number>();
  /** Whether a path is that of a package URI that was written; what is fetched from it is a download. */
  isDownloadTarget: (pathText: string) => boolean = () => false;

  constructor(
    private readonly messages: MessageTable,
    private readonly paths: PathFacts,
    private readonly conversations: ConversationTable,
    private readonly flows: FlowTable,
  ) {}

  /** 0 unknown, 1 endpoint A is the device, 2 endpoint B is. */
  deviceEnd(conversation: number): 0 | 1 | 2 {
    const score = this.#roles[conversation] ?? 0;
    return score > 0 ? 1 : score < 0 ? 2 : 0;
  }

  /** What shows which end of a conversation is the device: a request, and whether it leaves no doubt. */
  roleOf(conversation: number): { row: MessageRow; isCertain: boolean } | undefined {
    const score = this.#roles[conversation] ?? 0;
    if (score === 0) return undefined;
    return { row: this.#decided[conversation]!, isCertain: Math.abs(score) === CERTAIN };
  }

  /** True where endpoint A of a conversation is the device; where nothing tells, the end with the client's port. */
  deviceIsA(conversation: number): boolean {
    const end = this.deviceEnd(conversation);
    if (end !== 0) return end === 1;
    const flow = this.conversations.flowOf(conversation);
    return (
      this.flows.endpointPort(this.flows.endpointB(flow)) <=
      this.flows.endpointPort(this.flows.endpointA(flow))
    );
  }

  /** Endpoint id of the device's end, and of the server's, of a conversation. */
  deviceEndpoint(conversation: number): number {
    const flow = this.conversations.flowOf(conversation);
    return this.deviceIsA(conversation) ? this.flows.endpointA(flow) : this.flows.endpointB(flow);
  }
  serverEndpoint(conversation: number): number {
    const flow = this.conversations.flowOf(conversation);
    return this.deviceIsA(conversation) ? this.flows.endpointB(flow) : this.flows.endpointA(flow);
  }

  /** A location that a server gave to a registration: requests to it are updates. */
  addLocation(serverEndpoint: number, pathId: number): void {
    if (pathId > 0) this.#locations.add(serverEndpoint * 0x200000 + pathId);
  }

  /** Names the operation of a request and weighs what it says of the roles. */
  request(batch: MessageBatch, index: number, row: MessageRow, time: Nanoseconds): OperationCode {
    const conversation = batch.conversation[index]!;
    const fromA = batch.fromA[index] === 1;
    const facts = this.#factsOf(row, fromA, time);
    const evidence = roleEvidence(facts);
    if (evidence !== 0) {
      if (conversation >= this.#roles.length) {
        const roles = new Int16Array(Math.max(this.#roles.length * 2, conversation + 1));
        roles.set(this.#roles);
        this.#roles = roles;
        const decided = new Uint32Array(roles.length);
        decided.set(this.#decided);
        this.#decided = decided;
      }
      const score = this.#roles[conversation]!;
      const signed = fromA ? evidence : -evidence;
      if (score === 0 || (Math.abs(evidence) === 2 && Math.abs(score) < CERTAIN))
        this.#decided[conversation] = row;
      if (Math.abs(evidence) === 2) this.#roles[conversation] = signed > 0 ? CERTAIN : -CERTAIN;
      else if (Math.abs(score) < CERTAIN)
        this.#roles[conversation] = Math.max(-9, Math.min(9, score + signed));
    }
    const operation = classifyRequest(this.#factsOf(row, fromA, time));
    if (this.#bootstrap.size > 0) this.#extendBootstrap(conversation, time);
    return operation;
  }

  /** Names the operation of an answer: its request's, settled by what the answer shows. */
  response(
    batch: MessageBatch,
    index: number,
    _row: MessageRow,
    request: MessageRow,
    notification: boolean,
    time: Nanoseconds,
  ): OperationCode {
    let operation = this.messages.operation.get(request) as OperationCode;
    if (notification && (operation === Operation.observe || operation === Operation.observeComposite))
      return Operation.notify;
    const code = batch.code[index]!;
    if (
      operation === Operation.none ||
      operation === Operation.read ||
      operation === Operation.bootstrapRead ||
      operation === Operation.writeReplace
    ) {
      const settled = settleByResponse(
        operation,
        this.#factsOf(request, this.messages.has(request, MessageFlag.fromA), time),
        code,
        batch.contentFormat[index]!,
      );
      if (settled !== operation) {
        operation = settled;
        this.messages.operation.set(request, settled);
      }
    }
    const conversation = batch.conversation[index]!;
    if (operation <= Operation.register) this.#moveWindow(conversation, operation, code, time);
    return operation;
  }

  /**
   * The bootstrap window of a conversation: from the answer to a Bootstrap-Request, or from a Write or Delete that a
   * client takes in bootstrap only, until a Finish that is accepted, or a Register (LwM2M Core §6.1).
   */
  #moveWindow(conversation: number, operation: OperationCode, code: number, time: Nanoseconds): void {
    const isOpening =
      (operation === Operation.bootstrapRequest && code === Code.changed) ||
      (operation === Operation.bootstrapWrite && code === Code.changed) ||
      (operation === Operation.bootstrapDelete && code === Code.deleted);
    if (isOpening) this.#bootstrap.set(conversation, time + EXCHANGE_LIFETIME * 1e9);
    else if (this.#bootstrap.size === 0 || code >> 5 !== 2) return;
    else if (operation === Operation.bootstrapFinish || operation === Operation.register)
      this.#bootstrap.delete(conversation);
  }

  #extendBootstrap(conversation: number, time: Nanoseconds): void {
    const end = this.#bootstrap.get(conversation);
    if (end === undefined) return;
    if (time > end) this.#bootstrap.delete(conversation);
    else this.#bootstrap.set(conversation, time + EXCHANGE_LIFETIME * 1e9);
  }

  #factsOf(row: MessageRow, fromA: boolean, time: Nanoseconds): RequestFacts {
    const { messages } = this;
    const facts = this.#facts;
    const conversation = messages.conversation.get(row);
    const pathId = messages.path.get(row);
    const queryId = messages.query.get(row);
    facts.method = messages.code.get(row);
    facts.path = this.paths.path(pathId);
    facts.queryFlags = queryId === 0 ? 0 : this.paths.queryFlags(queryId);
    facts.contentFormat = messages.contentFormat.get(row);
    facts.accept = messages.accept.get(row);
    const observe = messages.observe.get(row);
    facts.observe = observe === NO_OPTION ? -1 : observe;
    facts.payloadLength = messages.payloadLength.get(row);
    const end = this.deviceEnd(conversation);
    facts.direction = end === 0 ? Direction.unknown : (end === 1) === fromA ? Direction.up : Direction.down;
    const window = this.#bootstrap.size > 0 ? this.#bootstrap.get(conversation) : undefined;
    facts.inBootstrapWindow = window !== undefined && time <= window;
    facts.isRegistrationLocation =
      this.#locations.size > 0 &&
      pathId > 0 &&
      this.#locations.has(this.#receiver(conversation, fromA) * 0x200000 + pathId);
    facts.isDownloadTarget =
      facts.path.kind === PathKind.other && this.isDownloadTarget(messages.texts.text(pathId));
    facts.executable = this.paths.executable(pathId);
    return facts;
  }

  #receiver(conversation: number, fromA: boolean): number {
    const flow = this.conversations.flowOf(conversation);
    return fromA ? this.flows.endpointB(flow) : this.flows.endpointA(flow);
  }
}
