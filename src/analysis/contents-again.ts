import type { Fault } from '../capture/outcome.ts';
import { type MessageRow, NO_ROW } from '../capture/units.ts';
import { blockMore, blockNumber, NO_OPTION } from '../coap/message.ts';
import { contentFormat } from '../lwm2m/content-format.ts';
import type { OperationCode } from '../lwm2m/operation.ts';
import { pathText } from '../lwm2m/path.ts';
import type { ContentSink } from '../lwm2m/value.ts';
import type { Analysis } from './analysis.ts';
import { contextOf, listsPaths } from './content-values.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { MessageFacts } from './message-facts.ts';

/** Reads again what contents hold beside values, when somebody asks. */
export class ContentsAgain {
  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly bytes: MessageBytes,
  ) {}

  /** Paths that a composite request asks for; undefined for every other message, and for a block that is not the last. */
  async listedPaths(row: MessageRow): Promise<string[] | undefined> {
    const { messages, transfers } = this.analysis.tracking;
    const operation = messages.operation.get(row) as OperationCode;
    if (!listsPaths(operation, messages.code.get(row))) return undefined;
    const block = messages.block1(row);
    const isPart = block !== NO_OPTION && (blockMore(block) || blockNumber(block) > 0);
    if (isPart && transfers.transfers[messages.transfer.get(row) - 1]?.wholeRow !== row) return undefined;
    const paths: string[] = [];
    await this.read(row, row, (objectId, instanceId, resourceId, resourceInstanceId) => {
      paths.push(pathText(objectId, instanceId, resourceId, resourceInstanceId));
    });
    return paths.length === 0 ? undefined : paths;
  }

  /** The same for any block of a request: the paths of the body that it is a part of. */
  async listedPathsOfWhole(row: MessageRow): Promise<string[] | undefined> {
    const { messages, transfers } = this.analysis.tracking;
    const whole = transfers.transfers[messages.transfer.get(row) - 1]?.wholeRow;
    return this.listedPaths(messages.block1(row) === NO_OPTION ? row : (whole ?? row));
  }

  /** The fault of a content; gives `name` the paths that it lists. */
  async read(row: MessageRow, request: MessageRow, name?: ContentSink['name']): Promise<Fault | undefined> {
    const { messages, paths } = this.analysis.tracking;
    const body = await this.bytes.body(row);
    const read = contentFormat(this.facts.bodyFormat(row))?.read;
    if (body === undefined || body.length === 0 || read === undefined) return undefined;
    const path = paths.path(request === NO_ROW ? 0 : messages.path.get(request));
    const operation = messages.operation.get(row) as OperationCode;
    const model = this.analysis.tracking.modelOf(row);
    const context = contextOf(operation, messages.code.get(row), path, model);
    return read(body, 0, body.length, context, { value: () => {}, name }).fault;
  }
}
