import type { MessageRow } from '../../capture/units.ts';
import { contentFormatName } from '../../lwm2m/content-format.ts';
import { OPERATION_NAMES } from '../../lwm2m/operation.ts';
import { isRelativeTime, VALUE_TYPE_NAMES } from '../../lwm2m/value.ts';
import type { ValueReading } from '../value-reading.ts';
import { decimalText } from '../seconds-text.ts';
import { doubtText } from './doubt-text.ts';
import type { JsonObject } from './json.ts';
import type { RecordContext } from './record-context.ts';

/** The record of one value that crossed the wire (`values`); undefined where its bytes are gone. */
export async function valueRecord(
  context: RecordContext,
  reading: ValueReading,
  valueRow: number,
): Promise<JsonObject | undefined> {
  const { analysis, facts, devices } = context;
  const { values, messages, operations } = analysis.tracking;
  const read = await reading.read(valueRow);
  if (read === undefined) return undefined;
  const row: MessageRow = values.message.get(valueRow);
  const path = values.path.get(valueRow);
  const record: JsonObject = {};
  const device = devices.nameOf(row);
  if (device !== undefined) record.device = device;
  record.server = analysis.frames.flows.endpointText(
    operations.serverEndpoint(messages.conversation.get(row)),
  );
  record.path = values.paths.text(path);
  const definition = reading.definition(valueRow);
  if (definition !== undefined) record.name = definition.name;
  if (analysis.frames.hasEpoch) record.time = facts.rowTimeText(row);
  const own = values.time.get(valueRow);
  if (!Number.isNaN(own)) {
    if (isRelativeTime(own)) record.value_time_relative = own;
    else record.value_time = decimalText(own);
  }
  const isCovered = context.redact && read.isSecret;
  record.value = isCovered ? '' : read.value;
  if (isCovered) {
    record.redacted = true;
    record.length = read.length;
  }
  if (definition !== undefined && definition.unit !== '') record.unit = definition.unit;
  record.type = VALUE_TYPE_NAMES[values.type.get(valueRow)]!;
  record.format = contentFormatName(facts.bodyFormat(row));
  record.operation = OPERATION_NAMES[messages.operation.get(row)]!;
  record.id = facts.id(row);
  const doubt = doubtText(values.doubts.get(valueRow));
  if (doubt !== '') record.doubt = doubt;
  return record;
}
