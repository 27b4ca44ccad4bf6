import { codeText, isRequest } from '../coap/code.ts';
import type { Device } from '../device/device-record.ts';
import {
  Interface,
  interfaceOf,
  Operation,
  OPERATION_NAMES,
  type OperationCode,
} from '../lwm2m/operation.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceRows } from './device-rows.ts';
import type { MessageFacts } from './message-facts.ts';
import { MessageFlag } from './message-table.ts';
import { SpanLook, type TrackQuery } from './timeline-protocol.ts';
import type { ShownRows } from './shown-rows.ts';
import type { SpanBuilder } from './span-builder.ts';

/** Marks closer than this many pixels become one cluster. */
export const CLUSTER_PIXELS = 3;

/** The marks of exchanges on the timeline: one for each request and each notification that passes the filter. */
export class ExchangeMarks {
  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly rows: DeviceRows,
    private readonly shown: ShownRows,
  ) {}

  /** Adds the marks of a device's exchanges inside the asked window; those too close to draw apart become one. */
  add(device: Device, query: TrackQuery, builder: SpanBuilder): void {
    const { messages } = this.analysis.tracking;
    const rows = this.rows.of(device);
    const apart = ((query.to - query.from) / Math.max(1, query.pixels)) * CLUSTER_PIXELS;
    let at = this.rows.lowerBound(rows, query.from - apart);
    while (at < rows.length) {
      const row = rows[at]!;
      const time = messages.time.get(row);
      if (time > query.to) break;
      if (!this.#isMark(row)) {
        at++;
        continue;
      }
      let count = 1;
      let bad = this.#isBad(row) ? 1 : 0;
      let last = time;
      let worst = this.#lookOf(row);
      let next = at + 1;
      for (; next < rows.length; next++) {
        const other = messages.time.get(rows[next]!);
        if (other - time > apart) break;
        if (!this.#isMark(rows[next]!)) continue;
        count++;
        last = other;
        const look = this.#lookOf(rows[next]!);
        if (look === SpanLook.errorAnswer || look === SpanLook.unanswered) {
          worst = look;
          bad++;
        }
      }
      if (count === 1) builder.add(time, time, worst, row, this.#labelOf(row));
      else {
        const look =
          worst === SpanLook.errorAnswer || worst === SpanLook.unanswered ? worst : SpanLook.cluster;
        const failures = bad === 0 ? '' : `, ${bad} refused or unanswered`;
        builder.add(time, last, look, row, `${count} exchanges${failures}`);
      }
      at = next;
    }
  }

  #isBad(row: number): boolean {
    const look = this.#lookOf(row);
    return look === SpanLook.errorAnswer || look === SpanLook.unanswered;
  }

  /** Requests and notifications stand for their exchange. */
  #isMark(row: number): boolean {
    const { messages } = this.analysis.tracking;
    if (messages.has(row, MessageFlag.duplicate) || !this.shown.passes(row)) return false;
    return isRequest(messages.code.get(row)) || messages.has(row, MessageFlag.notification);
  }

  #lookOf(row: number): number {
    const { messages } = this.analysis.tracking;
    if (isRequest(messages.code.get(row))) {
      const end = this.facts.exchangeEnd(row);
      if (end === 'timeout') return SpanLook.unanswered;
      const partner = messages.partnerOf(row);
      const answer = end === 'answered' ? messages.code.get(partner) >> 5 : 0;
      if (answer === 4 || answer === 5 || end === 'reset') return SpanLook.errorAnswer;
    }
    const operation = messages.operation.get(row) as OperationCode;
    switch (interfaceOf(operation)) {
      case Interface.bootstrap:
        return SpanLook.bootstrap;
      case Interface.registration:
        return SpanLook.registration;
      case Interface.reporting:
        return operation === Operation.send ? SpanLook.send : SpanLook.notify;
      case Interface.management:
        if (operation === Operation.execute) return SpanLook.execute;
        if (
          operation === Operation.read ||
          operation === Operation.readComposite ||
          operation === Operation.discover
        )
          return SpanLook.read;
        return SpanLook.write;
      default:
        return SpanLook.otherCoap;
    }
  }

  #labelOf(row: number): string {
    const { messages } = this.analysis.tracking;
    const operation = OPERATION_NAMES[messages.operation.get(row)] ?? '';
    const request = messages.requestOf(row);
    const path = request === 0xffffffff ? '' : messages.texts.text(messages.path.get(request));
    const partner = messages.partnerOf(row);
    const answer =
      isRequest(messages.code.get(row)) && partner !== 0xffffffff
        ? ` → ${codeText(messages.code.get(partner))}`
        : '';
    return `${operation === '' ? codeText(messages.code.get(row)) : operation} ${path}${answer}`.trim();
  }
}
