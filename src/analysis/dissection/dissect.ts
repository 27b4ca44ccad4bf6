import { LOG_DATAGRAM } from '../../capture/hex-dump.ts';
import { linkTypeName } from '../../capture/link-types.ts';
import { Outcome } from '../../capture/outcome.ts';
import type { MessageRow } from '../../capture/units.ts';
import { NO_ROW } from '../../capture/units.ts';
import { codeName, codeText, isRequest, TYPE_NAMES } from '../../coap/code.ts';
import { blockMore, blockNumber, NO_OPTION } from '../../coap/message.ts';
import { Transport } from '../../network/flow.ts';
import { INTERFACE_NAMES, interfaceOf, OPERATION_NAMES, type OperationCode } from '../../lwm2m/operation.ts';
import { mayHoldSecrets } from '../../lwm2m/sensitive-data.ts';
import type { Analysis } from '../analysis.ts';
import type { DeviceIndex } from '../device-index.ts';
import { incompleteOfCreate } from '../create-check.ts';
import { FrameComments, nameOfAddress } from '../frame-comments.ts';
import { MessageAtHand } from '../message-at-hand.ts';
import type { MessageBytes } from '../message-bytes.ts';
import type { MessageFacts } from '../message-facts.ts';
import type { MessageSummary } from '../message-summary.ts';
import type { ByteView, Dissection, FieldNode } from '../protocol.ts';
import { MAXIMUM_SHOWN_BODY, messageViews, type MessageViews } from './byte-views.ts';
import { addCoapFields } from './coap-fields.ts';
import { type IcmpError, icmpErrorText } from '../icmp-errors.ts';
import { addContentFields, addIncomplete } from './content-fields.ts';
import { FieldBuilder, type FieldDetail } from './field-builder.ts';
import { secretBytes } from './secret-bytes.ts';
import { addQueryFields } from './query-fields.ts';
import { addReadings } from './opaque-fields.ts';
import { updateFields } from './related-life.ts';
import { NO_LONGER_HELD, RelatedMessages } from './related-messages.ts';
import { headerNodes } from './header-nodes.ts';
import { quoteText } from '../filter/word.ts';
import { addSightingFields, piecesText } from './frame-places.ts';

/** Reads one message again from its bytes and says all that it says: the tree for one. */
export class Dissector {
  readonly #comments: FrameComments;
  readonly #others: RelatedMessages;

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly bytes: MessageBytes,
    private readonly devices: DeviceIndex,
    summaries: MessageSummary,
  ) {
    this.#comments = new FrameComments(analysis.files);
    this.#others = new RelatedMessages(analysis, facts, devices, summaries);
  }

  /** The dissection of a row; undefined where there is no such row or its bytes are gone. */
  async dissect(row: MessageRow): Promise<Dissection | undefined> {
    const { messages } = this.analysis.tracking;
    if (row < 0 || row >= messages.count) return undefined;
    if (!messages.isHeld(row)) return noLongerHeld(row);
    const views: ByteView[] = [];
    const fields = await this.#fields(row, views);
    const missing = fields === undefined ? this.#missing(row) : undefined;
    if (fields === undefined && missing === undefined) return undefined;
    return {
      row,
      id: this.facts.id(row),
      frame: messages.frame.get(row),
      time: messages.time.get(row),
      title: this.#title(row),
      views,
      fields: fields ?? [],
      ...(missing === undefined ? {} : { missing }),
      exchange: await this.#others.exchange(row),
      related: await this.#others.related(row),
    };
  }

  /** Why the bytes of a message are not there, where that is known. */
  #missing(row: MessageRow): string | undefined {
    const { unkept } = this.analysis.files[this.analysis.tracking.messages.file.get(row)] ?? {};
    return unkept === undefined ? undefined : `The bytes of this message were not kept: ${unkept.why}`;
  }

  #title(row: MessageRow): string {
    const { messages } = this.analysis.tracking;
    const operation = OPERATION_NAMES[messages.operation.get(row)] ?? '';
    const code = messages.code.get(row);
    return `${operation === '' ? codeName(code) : operation} · ${`${TYPE_NAMES[messages.type.get(row)] ?? ''} ${codeText(code)}`.trim()}`;
  }

  async #fields(row: MessageRow, views: ByteView[]): Promise<FieldNode[] | undefined> {
    const { messages, paths } = this.analysis.tracking;
    // One for each message: another may be asked for while this one waits for bytes.
    const atHand = new MessageAtHand(this.analysis, this.bytes);
    await atHand.take(row);
    const shown = messageViews(this.analysis, this.facts, atHand, row);
    const view = atHand.message(row);
    if (shown === undefined || view === undefined) return undefined;
    views.push(...shown.views);
    const roots = this.#frameFields(row, shown, atHand.udpChecksum(row));
    // The view's own range may lie anywhere in what was read.
    const own = view.payloadEnd - view.payloadStart;
    const payloadAt = shown.messageAt + view.payloadStart - view.start;
    const body = await this.bytes.body(row);
    const isReassembled = body !== undefined && body.length !== own;
    const operation = messages.operation.get(row) as OperationCode;
    const request = messages.requestOf(row);
    const path = paths.path(request === NO_ROW ? 0 : messages.path.get(request));
    const model = this.analysis.tracking.modelOf(row);
    // Of a content that the capture cut off, nothing is read.
    const isWhole = messages.outcome.get(row) === Outcome.ok && !this.#isPartOfBody(row, isReassembled);
    const isShown = body !== undefined && body.length <= MAXIMUM_SHOWN_BODY;
    const isSecret = operation !== 0 && own > 0 && mayHoldSecrets(operation, path, model);
    const coap = new FieldBuilder(0, shown.messageAt - view.start);
    addCoapFields(view, coap, isSecret && (isReassembled || !isWhole || !isShown));
    for (const error of this.analysis.tracking.icmpErrors.of(row)) addIcmpError(error, coap);
    roots.push(...coap.roots);
    if (isSecret) roots.push(...secretBytes(shown));
    const viewIndex = isReassembled ? views.length : 0;
    if (isReassembled) {
      const blocks = `Body from ${this.#blockCount(row)} blocks`;
      const isCut = body.length > MAXIMUM_SHOWN_BODY;
      const title = isCut ? `${blocks}, first ${MAXIMUM_SHOWN_BODY >> 20} MiB` : blocks;
      views.push({ title, bytes: body.slice(0, MAXIMUM_SHOWN_BODY) });
      const whole = new FieldBuilder(viewIndex);
      whole.add('Body', 0, Math.min(body.length, MAXIMUM_SHOWN_BODY), {
        value: `${body.length} bytes from ${this.#blockCount(row)} blocks`,
        clause: 'RFC 7959 §2',
        ...(isSecret && !(isShown && isWhole) ? { sensitive: 'key' } : {}),
      });
      roots.push(...whole.roots);
    }
    if (operation === 0) return roots;
    const format = this.facts.bodyFormat(row);
    const lwm2m = new FieldBuilder(viewIndex, isReassembled ? 0 : payloadAt);
    this.#operationFields(row, operation, lwm2m);
    if (isShown && isWhole) {
      const opaque = addContentFields(
        { body, format, isGuessed: this.facts.isGuessed(row), operation, code: messages.code.get(row), path },
        model,
        lwm2m,
      );
      await addReadings(opaque);
    }
    addIncomplete(await incompleteOfCreate(this.analysis, this.facts, this.bytes, row), lwm2m);
    roots.push(...lwm2m.roots);
    return roots;
  }

  /** True for a block of a body that is not whole here: its bytes alone have no meaning. */
  #isPartOfBody(row: MessageRow, isReassembled: boolean): boolean {
    const { messages } = this.analysis.tracking;
    const block = isRequest(messages.code.get(row)) ? messages.block1(row) : messages.block2(row);
    return !isReassembled && block !== NO_OPTION && (blockMore(block) || blockNumber(block) > 0);
  }

  #blockCount(row: MessageRow): number {
    const { messages, transfers } = this.analysis.tracking;
    return transfers.transfers[messages.transfer.get(row) - 1]?.blocks ?? 0;
  }

  /** True for a message that a log holds without its headers. */
  #isLogged(row: MessageRow): boolean {
    const { messages } = this.analysis.tracking;
    const { reader } = this.analysis.files[messages.file.get(row)]!;
    return reader?.interfaces[messages.interfaceIndex.get(row)]?.linkType === LOG_DATAGRAM;
  }

  /** What carried the message: frame, headers, and where its bytes come from. */
  #frameFields(row: MessageRow, shown: MessageViews, checksum: number): FieldNode[] {
    const { messages } = this.analysis.tracking;
    const { flows, hasEpoch } = this.analysis.frames;
    const file = this.analysis.files[messages.file.get(row)]!;
    const point = file.reader?.interfaces[messages.interfaceIndex.get(row)];
    const builder = new FieldBuilder(Math.max(0, shown.frame));
    const frame = shown.frame < 0 ? undefined : shown.views[shown.frame];
    const number = messages.frame.get(row);
    const length = frame?.title === `Frame ${number}` ? frame.bytes.length : 0;
    const link = point === undefined ? '' : linkTypeName(point.linkType);
    builder.open(`Frame ${number}`, 0, length, {
      value: length === 0 ? link : `${length} B · ${link}`,
      filter: `frame.number == ${number}`,
    });
    if (hasEpoch) builder.add('Time', 0, 0, { value: this.facts.rowTimeText(row) });
    builder.add('File', 0, 0, { value: file.name });
    if (point !== undefined && point.name !== '') builder.add('Interface', 0, 0, { value: point.name });
    addSightingFields(this.analysis, this.facts, row, builder);
    for (const comment of this.#comments.of(this.#comments.idOf(messages.file.get(row), number)))
      builder.add('Comment', 0, 0, { value: comment, filter: `frame.comment == ${quoteText(comment)}` });
    const source = this.facts.source(row);
    const destination = this.facts.destination(row);
    if (this.#isLogged(row)) {
      builder.add('From', 0, 0, { value: flows.endpointText(source) });
      builder.add('To', 0, 0, { value: flows.endpointText(destination) });
    }
    builder.close();
    if (this.#isLogged(row)) return builder.roots;
    const nodes = headerNodes(shown.headers, {
      viewOf: shown.viewOf,
      nameOf: (address) => nameOfAddress(file, address),
      checksum,
    });
    if (nodes.length > 0) builder.roots.push(...nodes);
    else this.#endFields(row, source, destination, builder);
    const rest = new FieldBuilder(0);
    if (this.facts.transport(row) === Transport.ws)
      rest.add('WebSocket', 0, 0, { value: 'message', filter: 'transport == "ws"', clause: 'RFC 8323 §4.2' });
    if (shown.views[0]!.title !== `Frame ${number}`)
      rest.add('Frames', 0, shown.views[0]!.bytes.length, { value: piecesText(this.analysis, row) });
    return [...builder.roots, ...rest.roots];
  }

  /** Addresses and ports of a message whose headers are not at hand. */
  #endFields(row: MessageRow, source: number, destination: number, builder: FieldBuilder): void {
    const { flows } = this.analysis.frames;
    const isSix = flows.ipVersion(source) === 6;
    builder.add(isSix ? 'IPv6' : 'IPv4', 0, 0, {
      value: `${flows.endpointAddressText(source)} → ${flows.endpointAddressText(destination)}`,
      filter: `${isSix ? 'ipv6' : 'ip'}.addr == ${flows.endpointAddressText(source)}`,
    });
    const isUdp = this.facts.transport(row) === Transport.udp;
    builder.add(isUdp ? 'UDP' : 'TCP', 0, 0, {
      value: `${flows.endpointPort(source)} → ${flows.endpointPort(destination)}`,
      filter: `${isUdp ? 'udp' : 'tcp'}.port == ${flows.endpointPort(source)}`,
    });
  }

  #operationFields(row: MessageRow, operation: OperationCode, builder: FieldBuilder): void {
    const { messages } = this.analysis.tracking;
    const name = OPERATION_NAMES[operation]!;
    const request = messages.requestOf(row);
    const interfaceName = INTERFACE_NAMES[interfaceOf(operation)]!;
    builder.open('LwM2M', 0, 0, {
      value: interfaceName === '' ? name : `${name} · ${interfaceName} interface`,
      filter: `lwm2m.operation == "${name}"`,
    });
    if (request !== NO_ROW && messages.path.get(request) !== 0) {
      const path = messages.texts.text(messages.path.get(request));
      const detail: FieldDetail = { value: path };
      if (request !== row) detail.link = request;
      builder.add(request === row ? 'Path' : 'Path of the request', 0, 0, detail);
    }
    const device = this.devices.nameOf(row);
    if (device !== undefined)
      builder.add('Device', 0, 0, {
        value: device,
        filter: `lwm2m.device == "${device.replaceAll('"', '\\"')}"`,
      });
    this.#role(row, builder);
    for (const { label, value } of updateFields(this.analysis, this.facts, row))
      builder.add(label, 0, 0, { value, clause: 'LwM2M Core §6.2.2' });
    const query = request === row ? messages.query.get(row) : 0;
    if (query !== 0) addQueryFields(operation, messages.texts.text(query), builder);
    builder.close();
  }

  /** Which end is the LwM2M client, and what shows it. */
  #role(row: MessageRow, builder: FieldBuilder): void {
    const { messages, operations } = this.analysis.tracking;
    const conversation = messages.conversation.get(row);
    const role = operations.roleOf(conversation);
    if (role === undefined) return;
    const client = this.analysis.frames.flows.endpointText(operations.deviceEndpoint(conversation));
    const isHeld = messages.isHeld(role.row);
    const operation = isHeld ? OPERATION_NAMES[messages.operation.get(role.row)]! : '';
    const shown = operation === '' ? 'a request' : operation;
    const where = isHeld ? `in frame ${messages.frame.get(role.row)}` : 'that is no longer held';
    builder.add('Client', 0, 0, {
      value: `${client}, ${role.isCertain ? 'by' : 'probably, by'} ${shown} ${where}`,
      ...(isHeld ? { link: role.row } : {}),
    });
  }
}

/** What is said of a message that a live stream has dropped. */
function noLongerHeld(row: MessageRow): Dissection {
  return {
    row,
    id: '',
    frame: 0,
    time: NaN,
    title: NO_LONGER_HELD,
    views: [],
    fields: [],
    missing: NO_LONGER_HELD,
    exchange: [],
    related: [],
  };
}

/** What the network said of a message; the exchange may end by it (RFC 7252 §4.2). */
function addIcmpError(error: IcmpError, builder: FieldBuilder): void {
  builder.add('ICMP error', 0, 0, {
    value: `${icmpErrorText(error)}, in frame ${error.frame}`,
    filter: `coap.icmp == ${quoteText(error.kind)}`,
    clause: error.clause,
    severity: 'warning',
  });
}
