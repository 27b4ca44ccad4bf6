import { LOG_DATAGRAM } from '../../capture/hex-dump.ts';
import { linkTypeName } from '../../capture/link-types.ts';
import { Outcome } from '../../capture/outcome.ts';
import type { MessageRow } from '../../capture/units.ts';
import { NO_ROW } from '../../capture/units.ts';
import { codeName, codeText, isRequest, isResponse, TYPE_NAMES } from '../../coap/code.ts';
import { ExchangeKind } from '../../coap/exchange.ts';
import { blockMore, blockNumber, NO_OPTION } from '../../coap/message.ts';
import { receivedBytes, transferEnd } from '../../coap/transfer.ts';
import { Transport } from '../../network/flow.ts';
import { INTERFACE_NAMES, interfaceOf, OPERATION_NAMES, type OperationCode } from '../../lwm2m/operation.ts';
import type { Analysis } from '../analysis.ts';
import type { DeviceIndex } from '../device-index.ts';
import { FrameComments, nameOfAddress } from '../frame-comments.ts';
import type { MessageBytes } from '../message-bytes.ts';
import type { MessageFacts } from '../message-facts.ts';
import type { MessageSummary } from '../message-summary.ts';
import { MessageFlag } from '../message-table.ts';
import type { ByteView, Dissection, FieldNode, RelatedMessage } from '../protocol.ts';
import { addCoapFields } from './coap-fields.ts';
import { addContentFields } from './content-fields.ts';
import { FieldBuilder, type FieldDetail } from './field-builder.ts';
import { relatedLife, updateFields } from './related-life.ts';
import { observedPath } from '../records/observation-record.ts';

/** Messages listed for one thing that a message belongs to; the first and the last of more. */
const LISTED_MESSAGES = 12;
/** Length of a UDP header (RFC 768). */
const UDP_HEADER = 8;

/** Reads one message again from its bytes and says all that it says: the tree for one. */
export class Dissector {
  readonly #comments: FrameComments;

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly bytes: MessageBytes,
    private readonly devices: DeviceIndex,
    private readonly summaries: MessageSummary,
  ) {
    this.#comments = new FrameComments(analysis.files);
  }

  /** The dissection of a row; undefined where there is no such row or its bytes are gone. */
  async dissect(row: MessageRow): Promise<Dissection | undefined> {
    const { messages } = this.analysis.tracking;
    if (row < 0 || row >= messages.count) return undefined;
    const views: ByteView[] = [];
    const fields = await this.#fields(row, views);
    if (fields === undefined) return undefined;
    return {
      row,
      id: this.facts.id(row),
      frame: messages.frame.get(row),
      time: messages.time.get(row),
      title: this.#title(row),
      views,
      fields,
      exchange: await this.#exchange(row),
      related: await this.#related(row),
    };
  }

  #title(row: MessageRow): string {
    const { messages } = this.analysis.tracking;
    const operation = OPERATION_NAMES[messages.operation.get(row)] ?? '';
    const code = messages.code.get(row);
    return `${operation === '' ? codeName(code) : operation} · ${`${TYPE_NAMES[messages.type.get(row)] ?? ''} ${codeText(code)}`.trim()}`;
  }

  async #fields(row: MessageRow, views: ByteView[]): Promise<FieldNode[] | undefined> {
    const { messages, paths } = this.analysis.tracking;
    const frameBytes = await this.#frameBytes(row);
    const view = await this.bytes.view(row);
    if (view === undefined) return undefined;
    const header = messages.headerLength.get(row);
    const roots: FieldNode[] = [];
    const shift = frameBytes === undefined ? 0 : header;
    if (frameBytes === undefined) {
      const isDatagram = this.facts.transport(row) === Transport.udp;
      views.push({ title: isDatagram ? 'Joined datagram' : 'Message', bytes: view.bytes.slice() });
      const joined = new FieldBuilder(0);
      if (!isDatagram) this.#streamFields(row, joined);
      joined.add('Frames', 0, view.bytes.length, { value: this.#pieces(row) });
      roots.push(...joined.roots);
    } else {
      views.push({ title: `Frame ${messages.frame.get(row)}`, bytes: frameBytes });
      const frame = new FieldBuilder(0);
      this.#frameFields(row, header, frameBytes, frame);
      roots.push(...frame.roots);
    }
    const coap = new FieldBuilder(0, shift);
    addCoapFields(view, coap);
    roots.push(...coap.roots);
    const operation = messages.operation.get(row) as OperationCode;
    if (operation === 0) return roots;
    const body = await this.bytes.body(row);
    const format = this.facts.bodyFormat(row);
    const request = messages.requestOf(row);
    const path = paths.path(request === NO_ROW ? 0 : messages.path.get(request));
    const again = await this.bytes.view(row);
    const own = again === undefined ? 0 : again.payloadEnd - again.payloadStart;
    const isReassembled = body !== undefined && body.length !== own;
    const viewIndex = isReassembled ? views.length : 0;
    if (isReassembled && body !== undefined)
      views.push({ title: `Body from ${this.#blockCount(row)} blocks`, bytes: body.slice() });
    const lwm2m = new FieldBuilder(
      viewIndex,
      isReassembled || again === undefined ? 0 : shift + again.payloadStart,
    );
    this.#operationFields(row, operation, lwm2m);
    // Of a content that the capture cut off, nothing is read.
    const isWhole = messages.outcome.get(row) === Outcome.ok && !this.#isPartOfBody(row, isReassembled);
    if (body !== undefined && body.length > 0 && isWhole)
      addContentFields(
        { body, format, isGuessed: this.facts.isGuessed(row), operation, code: messages.code.get(row), path },
        this.analysis.tracking.modelOf(row),
        lwm2m,
      );
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

  async #frameBytes(row: MessageRow): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { messages } = this.analysis.tracking;
    const header = messages.headerLength.get(row);
    const source = messages.source.get(row);
    if (source < 0 || (header === 0 && !this.#isLogged(row))) return undefined;
    const bytes = await this.bytes.range(
      messages.file.get(row),
      source - header,
      header + messages.length.get(row),
    );
    return bytes.slice();
  }

  /** True for a message that a log holds without its headers. */
  #isLogged(row: MessageRow): boolean {
    const { messages } = this.analysis.tracking;
    const { reader } = this.analysis.files[messages.file.get(row)]!;
    return reader?.interfaces[messages.interfaceIndex.get(row)]?.linkType === LOG_DATAGRAM;
  }

  #pieces(row: MessageRow): string {
    const { messages } = this.analysis.tracking;
    const source = messages.source.get(row);
    if (source >= 0) return `${messages.length.get(row)} B of frame ${messages.frame.get(row)}`;
    const pieces = this.analysis.frames.joined.pieces(source).filter((piece) => piece.length > 0);
    return pieces.map((piece) => `${piece.length} B of frame ${piece.frame}`).join(', ');
  }

  /** Addresses, ports and transport of a message that a stream brought. */
  #streamFields(row: MessageRow, builder: FieldBuilder): void {
    const { flows } = this.analysis.frames;
    const source = this.facts.source(row);
    const destination = this.facts.destination(row);
    const name = flows.ipVersion(source) === 4 ? 'ip' : 'ipv6';
    builder.add('Time', 0, 0, { value: this.facts.rowTimeText(row) });
    builder.add(name === 'ip' ? 'IPv4' : 'IPv6', 0, 0, {
      value: `${flows.endpointAddressText(source)} → ${flows.endpointAddressText(destination)}`,
      filter: `${name}.addr == ${flows.endpointAddressText(source)}`,
    });
    builder.add('TCP', 0, 0, {
      value: `${flows.endpointPort(source)} → ${flows.endpointPort(destination)}`,
      filter: `tcp.port == ${flows.endpointPort(source)}`,
    });
    if (this.facts.transport(row) === Transport.ws)
      builder.add('WebSocket', 0, 0, {
        value: 'message',
        filter: 'transport == "ws"',
        clause: 'RFC 8323 §4.2',
      });
  }

  #frameFields(row: MessageRow, header: number, frameBytes: Uint8Array, builder: FieldBuilder): void {
    const { length } = frameBytes;
    const { messages } = this.analysis.tracking;
    const { flows } = this.analysis.frames;
    const file = this.analysis.files[messages.file.get(row)]!;
    const point = file.reader?.interfaces[messages.interfaceIndex.get(row)];
    const source = this.facts.source(row);
    const destination = this.facts.destination(row);
    builder.open(`Frame ${messages.frame.get(row)}`, 0, length, {
      value: `${length} B · ${point === undefined ? '' : linkTypeName(point.linkType)}`,
      filter: `frame.number == ${messages.frame.get(row)}`,
    });
    if (this.analysis.frames.hasEpoch) builder.add('Time', 0, 0, { value: this.facts.rowTimeText(row) });
    builder.add('File', 0, 0, { value: file.name });
    if (point !== undefined && point.name !== '') builder.add('Interface', 0, 0, { value: point.name });
    const comments = this.#comments.idOf(messages.file.get(row), messages.frame.get(row));
    for (const comment of this.#comments.of(comments))
      builder.add('Comment', 0, 0, { value: comment, filter: `frame.comment == ${quotedText(comment)}` });
    if (this.#isLogged(row)) {
      builder.add('From', 0, 0, { value: flows.endpointText(source) });
      builder.add('To', 0, 0, { value: flows.endpointText(destination) });
    }
    builder.close();
    if (this.#isLogged(row)) return;
    const version = flows.ipVersion(source);
    const sourcePort = flows.endpointPort(source);
    const destinationPort = flows.endpointPort(destination);
    // 6LoWPAN may have compressed the header: then no bytes of the frame are the ports.
    const isInFull = hasPorts(frameBytes, header - UDP_HEADER, sourcePort, destinationPort);
    const udp = isInFull ? header - UDP_HEADER : header;
    const port = isInFull ? 2 : 0;
    const addresses: [string, number][] = [
      ['Source', source],
      ['Destination', destination],
    ];
    const name = version === 4 ? 'IPv4' : 'IPv6';
    builder.open(name, 0, udp, {
      value: `${flows.endpointAddressText(source)} → ${flows.endpointAddressText(destination)}`,
    });
    for (const [label, endpoint] of addresses) {
      const text = flows.endpointAddressText(endpoint);
      const known = nameOfAddress(file, text);
      const value = known === undefined ? text : `${text} (${known})`;
      builder.add(label, 0, 0, { value, filter: `${version === 4 ? 'ip' : 'ipv6'}.addr == ${text}` });
    }
    builder.close();
    builder.open('UDP', udp, header, {
      value: `${sourcePort} → ${destinationPort}`,
    });
    builder.add('Source port', udp, udp + port, {
      value: String(sourcePort),
      filter: `udp.port == ${sourcePort}`,
    });
    builder.add('Destination port', udp + port, udp + 2 * port, {
      value: String(destinationPort),
      filter: `udp.port == ${destinationPort}`,
    });
    builder.close();
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
    builder.close();
  }

  /** Which end is the LwM2M client, and what shows it. */
  #role(row: MessageRow, builder: FieldBuilder): void {
    const { messages, operations } = this.analysis.tracking;
    const conversation = messages.conversation.get(row);
    const role = operations.roleOf(conversation);
    if (role === undefined) return;
    const client = this.analysis.frames.flows.endpointText(operations.deviceEndpoint(conversation));
    const operation = OPERATION_NAMES[messages.operation.get(role.row)]!;
    const shown = operation === '' ? 'a request' : operation;
    builder.add('Client', 0, 0, {
      value: `${client}, ${role.isCertain ? 'by' : 'probably, by'} ${shown} in frame ${messages.frame.get(role.row)}`,
      link: role.row,
    });
  }

  async #message(row: MessageRow, role: string): Promise<RelatedMessage> {
    const { messages } = this.analysis.tracking;
    return {
      row,
      id: this.facts.id(row),
      role,
      summary:
        `${TYPE_NAMES[messages.type.get(row)] ?? ''} ${codeText(messages.code.get(row))} ${await this.summaries.text(row)}`.trim(),
      time: messages.time.get(row),
      fromDevice: this.facts.direction(row) === 1,
    };
  }

  /** One after the other, since the bytes of a message are only there until the next one's are asked for. */
  async #messages(rows: readonly MessageRow[], role: (row: MessageRow) => string): Promise<RelatedMessage[]> {
    const messages: RelatedMessage[] = [];
    for (const row of rows) messages.push(await this.#message(row, role(row)));
    return messages;
  }

  /** The messages of the exchange: request, acknowledgement, answer, their repeats; in capture order. */
  async #exchange(row: MessageRow): Promise<RelatedMessage[]> {
    const { messages } = this.analysis.tracking;
    const first = this.facts.firstCopy(row);
    const partner = messages.partnerOf(first);
    const roles = new Map<MessageRow, string>();
    const code = messages.code.get(first);
    if (isRequest(code) || messages.kindOf(first) === ExchangeKind.ping) {
      roles.set(first, messages.kindOf(first) === ExchangeKind.ping ? 'Ping' : 'Request');
      if (partner !== NO_ROW) roles.set(partner, 'Answer');
    } else {
      roles.set(first, isResponse(code) ? 'Answer' : 'Empty');
      if (partner !== NO_ROW)
        roles.set(partner, isRequest(messages.code.get(partner)) ? 'Request' : 'Acknowledged');
      const isNotification = messages.has(first, MessageFlag.notification);
      if (isNotification) roles.set(first, 'Notification');
      else if (partner !== NO_ROW && isRequest(messages.code.get(partner))) {
        const answer = messages.partnerOf(partner);
        if (answer !== NO_ROW && !roles.has(answer)) roles.set(answer, 'Answer');
      }
    }
    this.#addNeighbours(roles);
    const rows = [...roles.keys()].sort((a, b) => a - b);
    return this.#messages(rows, (one) => roles.get(one)!);
  }

  /** Empty messages and repeats stand close to what they belong to: looks along the conversation, bounded. */
  #addNeighbours(roles: Map<MessageRow, string>): void {
    const { messages } = this.analysis.tracking;
    const known = [...roles.keys()];
    const from = Math.min(...known);
    const conversation = messages.conversation.get(from);
    let looked = 0;
    for (
      let row = messages.lastOf(conversation);
      row !== NO_ROW && row > from && looked < 100_000;
      row = messages.previous.get(row), looked++
    ) {
      if (roles.has(row)) continue;
      const first = messages.firstOf(row);
      if (first !== NO_ROW && roles.has(first)) roles.set(row, `${roles.get(first)!} again`);
      else if (messages.code.get(row) === 0 && roles.has(messages.partnerOf(row)))
        roles.set(row, messages.type.get(row) === 3 ? 'Reset' : 'Acknowledgement');
    }
  }

  async #related(row: MessageRow): Promise<Dissection['related']> {
    const { messages, transfers, observations, devices, clock } = this.analysis.tracking;
    const related: Dissection['related'] = [];
    const transfer = messages.transfer.get(row);
    if (transfer > 0) {
      const known = transfers.transfers[transfer - 1]!;
      related.push({
        label: `Transfer by ${known.isQuick ? 'Q-' : ''}${known.direction === 'block1' ? 'Block1' : 'Block2'}`,
        detail: `${receivedBytes(known)} bytes in ${known.blocks} blocks of ${known.size}, ${transferEnd(known, clock)}`,
        messages: await this.#listed(
          [...new Set([known.first, ...known.rows, known.endRow ?? known.last])],
          'Block',
        ),
      });
    }
    const observation = messages.observation.get(row);
    if (observation > 0) {
      const known = observations.observations[observation - 1]!;
      related.push({
        label: `Observation of ${observedPath(known, this.analysis.tracking.paths)}`,
        detail: `${known.notifications} notifications, ${known.ended}`,
        messages: await this.#listed(
          [known.first, known.established ?? known.first, known.last],
          'Observation',
        ),
      });
    }
    const device = this.devices.deviceOf(row);
    for (const registration of devices.registrations.registrations) {
      if (device < 0 || devices.devices.resolve(registration.device) !== device) continue;
      const time = messages.time.get(row);
      if (time < registration.from || time > registration.to) continue;
      related.push({
        label: `Registration ${registration.location ?? ''}`.trim(),
        detail: `lifetime ${registration.lifetime ?? '?'} s, ${registration.updates} updates, ${registration.ended}`,
        messages: await this.#listed(registration.evidence.rows(), 'Registration'),
      });
      break;
    }
    for (const { label, detail, rows, role } of relatedLife(this.analysis, row, device))
      related.push({ label, detail, messages: await this.#listed(rows, role) });
    for (const attempt of devices.firmware.attempts) {
      const rows = attempt.evidence.rows();
      const isOne = rows.includes(row) || (transfer > 0 && attempt.transfers.includes(transfer - 1));
      if (!isOne) continue;
      related.push({
        label: `Firmware update /${attempt.objectId}/${attempt.instanceId}`,
        detail: `${attempt.method ?? 'unknown way'}, ${attempt.ended}${attempt.result === undefined ? '' : `: ${attempt.result.name}`}`,
        messages: await this.#listed(rows, 'Update'),
      });
    }
    return related;
  }

  async #listed(rows: readonly MessageRow[], role: string): Promise<RelatedMessage[]> {
    const sorted = [...new Set(rows)].sort((a, b) => a - b);
    const half = LISTED_MESSAGES / 2;
    const listed =
      sorted.length <= LISTED_MESSAGES ? sorted : [...sorted.slice(0, half), ...sorted.slice(-half)];
    return this.#messages(listed, () => role);
  }
}

/** Whether the UDP header in full (RFC 768) stands at `at`. */
function hasPorts(bytes: Uint8Array, at: number, source: number, destination: number): boolean {
  return (
    at >= 0 &&
    at + 4 <= bytes.length &&
    ((bytes[at]! << 8) | bytes[at + 1]!) === source &&
    ((bytes[at + 2]! << 8) | bytes[at + 3]!) === destination
  );
}

/** A text as the filter takes it in double quotes. */
function quotedText(text: string): string {
  const escaped = text
    .replace(/["\\]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}
