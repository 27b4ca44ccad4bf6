import { Outcome } from '../../capture/outcome.ts';
import { contentFormat, contentFormatName, Encoding, type EncodingCode } from '../../lwm2m/content-format.ts';
import { readObjectLinks } from '../../lwm2m/content/object-links.ts';
import { utcText } from '../../lwm2m/civil-time.ts';
import { type IncompleteInstance, incompleteText } from '../../lwm2m/created-instances.ts';
import { readExecuteArguments } from '../../lwm2m/execute-arguments.ts';
import { Operation, type OperationCode } from '../../lwm2m/operation.ts';
import { type LwM2mPath, pathText } from '../../lwm2m/path.ts';
import type { ResourceDefinition } from '../../lwm2m/registry/object-definition.ts';
import { definitionText, type ObjectModel } from '../../lwm2m/registry/object-model.ts';
import { mayHoldSecrets, sensitiveKind } from '../../lwm2m/sensitive-data.ts';
import { accessOf, registryDoubts } from '../../lwm2m/value-doubts.ts';
import { describeValue, readValue } from '../../lwm2m/value-text.ts';
import {
  type ContentSink,
  Doubt,
  isRelativeTime,
  NO_ID,
  VALUE_TYPE_NAMES,
  ValueType,
  type ValueTypeCode,
} from '../../lwm2m/value.ts';
import { contextOf, formatOfValues, isEmptyValue, maySpeakOfValues } from '../content-values.ts';
import { doubtText } from '../records/doubt-text.ts';
import type { FieldBuilder, FieldDetail } from './field-builder.ts';
import type { OpaqueField } from './opaque-fields.ts';

const LINK_FORMAT = 40;
const decoder = new TextDecoder();

/** A content and what is known of the message around it. */
export interface Content {
  body: Uint8Array;
  /** Content format it is read as; `isGuessed` where only its shape tells that one. */
  format: number;
  isGuessed: boolean;
  operation: OperationCode;
  code: number;
  /** Path of the request. */
  path: LwM2mPath;
}

/**
 * Adds the fields of a content, through the same readers that fill the value table. Gives those whose bytes may have a
 * meaning of their own: `addReadings` looks for it.
 */
export function addContentFields(content: Content, model: ObjectModel, builder: FieldBuilder): OpaqueField[] {
  const { body, format, operation, code, path } = content;
  const opaque: OpaqueField[] = [];
  const context = contextOf(operation, code, path, model);
  const maySpeak = maySpeakOfValues(operation, code, path);
  const isEmpty = body.length === 0;
  if (isEmpty && !(maySpeak && isEmptyValue(format, code, path, context))) return opaque;
  if (operation === Operation.execute) {
    addArguments(body, builder);
    return opaque;
  }
  if (format === LINK_FORMAT) {
    addLinks(body, builder);
    return opaque;
  }
  const hasValues =
    maySpeak && (isEmpty || formatOfValues(format, code, path, body, 0, body.length, context) === format);
  const known = contentFormat(format);
  if (known?.read === undefined || !hasValues) {
    const unread: FieldDetail = { value: `${body.length} bytes` };
    if (mayHoldSecrets(operation, path, model)) unread.sensitive = 'key';
    builder.add(contentFormatName(format), 0, body.length, unread);
    return opaque;
  }
  const sink: ContentSink = {
    value: (objectId, instanceId, resourceId, resourceInstanceId, type, number, start, end, doubts, time) => {
      const definition = model.resource(objectId, resourceId);
      const ids = [objectId, instanceId, resourceId, resourceInstanceId].filter((id) => id !== NO_ID);
      const value = doubts & Doubt.baseAdded ? number : readValue(type, format, body, start, end);
      const detail: FieldDetail = {
        value: describeValue(objectId, resourceId, type, value, definition?.unit, definition?.limits?.names),
      };
      const sensitive = sensitiveKind(objectId, resourceId, definition, value);
      if (sensitive !== undefined) detail.sensitive = sensitive;
      const more =
        definition === undefined
          ? 0
          : registryDoubts(
              definition,
              accessOf(operation),
              known.encoding,
              resourceInstanceId,
              number,
              body,
              start,
              end,
              doubts,
            );
      const doubt = doubtText(doubts | more);
      if (doubt !== '') {
        detail.severity = 'warning';
        detail.value += ` (${doubt})`;
      }
      const name = definition?.name ?? '';
      const field = builder.open(`/${ids.join('/')} ${name}`.trim(), start, end, detail);
      if (sensitive === undefined && holdsBytes(type, known.encoding, doubts))
        opaque.push({ field, hex: String(value) });
      builder.add('Type', start, start, { value: VALUE_TYPE_NAMES[type]! });
      builder.add('Definition', start, start, { value: definitionLine(model, objectId, definition) });
      if (!Number.isNaN(time))
        builder.add('Time of the value', start, start, { value: timeText(time), clause: 'RFC 8428 §4.5.3' });
      builder.close();
    },
    name: (objectId, instanceId, resourceId, resourceInstanceId, start, end) => {
      const name =
        resourceId === NO_ID ? model.objectName(objectId) : model.resourceName(objectId, resourceId);
      const text = pathText(objectId, instanceId, resourceId, resourceInstanceId);
      builder.add(`${text} ${name}`.trim(), start, end);
    },
    open: (label, start, end) => {
      builder.open(label, start, end);
    },
    close: () => builder.close(),
  };
  const outline: FieldDetail = { value: `${body.length} bytes` };
  if (content.isGuessed) {
    outline.value += ', a guess by the shape of the content';
    outline.severity = 'warning';
  } else if (known.replacedBy !== undefined) {
    outline.value += `, by a number from before it became ${known.replacedBy}`;
    outline.severity = 'note';
  }
  builder.open(known.name, 0, body.length, outline);
  const result = known.read(body, 0, body.length, context, sink);
  if (result.outcome !== Outcome.ok && result.fault !== undefined) {
    const at = Math.min(body.length, result.fault.offset ?? 0);
    const detail: FieldDetail = { value: result.fault.text, severity: 'error' };
    if (result.fault.clause !== undefined) detail.clause = result.fault.clause;
    builder.add('Damaged content', at, body.length, detail);
    // What stands behind the damage is not read, and may be a secret all the same.
    if (mayHoldSecrets(operation, path, model))
      builder.add('Unread bytes', at, body.length, { value: `${body.length - at} bytes`, sensitive: 'key' });
  }
  builder.close();
  return opaque;
}

/** Whether a value was read as bytes: Opaque, or of no known type in a format that does not say what it holds. */
function holdsBytes(type: ValueTypeCode, encoding: EncodingCode, doubts: number): boolean {
  if ((doubts & (Doubt.typeDiffers | Doubt.wrongField | Doubt.baseAdded)) !== 0) return false;
  if (type === ValueType.opaque) return true;
  return type === ValueType.unknown && (encoding === Encoding.binary || encoding === Encoding.bytes);
}

/** What the definition says of a resource: `Battery Level · Integer · R · 0..100 % · Device 1.2 (…)`. */
function definitionLine(
  model: ObjectModel,
  objectId: number,
  resource: ResourceDefinition | undefined,
): string {
  if (resource === undefined) {
    const object = model.object(objectId)?.definition;
    return object === undefined ? 'none of the object' : `none in ${object.name} ${object.version}`;
  }
  const { name, type, operations, multiple, mandatory, range, unit, unitOf } = resource;
  return [
    name,
    VALUE_TYPE_NAMES[type],
    operations === '' ? 'bootstrap only' : operations,
    multiple ? 'multiple' : '',
    mandatory ? 'mandatory' : '',
    `${range} ${unit}${unitOf === undefined ? '' : ` as in ${unitOf}`}`.trim(),
    definitionText(model, resource),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** A value's own time in words; a small positive one may have been meant from 1970, as in the example of Core §7.5.6. */
function timeText(time: number): string {
  const since1970 = utcText(time);
  if (!isRelativeTime(time)) return `${since1970 ?? time} UTC`;
  if (time <= 0) return `${-time} s before the message was made`;
  return `${time} s after the message was made, or ${since1970 ?? '?'} UTC`;
}

/** Says of each new instance of a Create which mandatory resources it lacks. */
export function addIncomplete(instances: readonly IncompleteInstance[], builder: FieldBuilder): void {
  for (const instance of instances)
    builder.add('Missing', 0, 0, {
      value: incompleteText(instance),
      severity: 'warning',
      clause: 'LwM2M Transport §6.7',
    });
}

function addLinks(body: Uint8Array, builder: FieldBuilder): void {
  const { links, outcome, fault } = readObjectLinks(body, 0, body.length);
  builder.open('CoRE link', 0, body.length, { value: `${links.length} links`, clause: 'RFC 6690 §2' });
  for (const link of links) {
    const parts = [
      link.version === undefined ? '' : `version ${link.version}`,
      ...Object.entries(link.attributes).map(([name, value]) => (value === null ? name : `${name} ${value}`)),
    ];
    builder.add(decoder.decode(body.subarray(link.start, link.end)), link.start, link.end, {
      value: parts.filter((part) => part !== '').join(' · '),
    });
  }
  if (outcome !== Outcome.ok && fault !== undefined) {
    const at = Math.min(body.length, fault.offset ?? 0);
    builder.add('Damaged links', at, body.length, { value: fault.text, severity: 'error' });
  }
  builder.close();
}

function addArguments(body: Uint8Array, builder: FieldBuilder): void {
  const read = readExecuteArguments(body, 0, body.length);
  builder.open('Arguments', 0, body.length, { value: decoder.decode(body) });
  for (const argument of read.arguments) {
    builder.add(`Argument ${argument.digit}`, argument.start, argument.end, { value: argument.value ?? '' });
  }
  builder.close();
}
