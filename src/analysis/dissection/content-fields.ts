import { Outcome } from '../../capture/outcome.ts';
import { contentFormat, contentFormatName } from '../../lwm2m/content-format.ts';
import { readObjectLinks } from '../../lwm2m/content/object-links.ts';
import { readExecuteArguments } from '../../lwm2m/execute-arguments.ts';
import { Operation, type OperationCode } from '../../lwm2m/operation.ts';
import type { LwM2mPath } from '../../lwm2m/path.ts';
import type { ObjectRegistry } from '../../lwm2m/registry/registry.ts';
import { describeValue, readValue } from '../../lwm2m/value-text.ts';
import { type ContentContext, type ContentSink, NO_ID, VALUE_TYPE_NAMES } from '../../lwm2m/value.ts';
import { speaksOfValues } from '../content-values.ts';
import { doubtText } from '../records/doubt-text.ts';
import type { FieldBuilder, FieldDetail } from './field-builder.ts';

const LINK_FORMAT = 40;
const decoder = new TextDecoder();

/** Adds the fields of a content, through the same readers that fill the value table. */
export function addContentFields(
  body: Uint8Array,
  format: number,
  operation: OperationCode,
  code: number,
  path: LwM2mPath,
  registry: ObjectRegistry,
  builder: FieldBuilder,
): void {
  if (body.length === 0) return;
  if (operation === Operation.execute) {
    addArguments(body, builder);
    return;
  }
  if (format === LINK_FORMAT) {
    addLinks(body, builder);
    return;
  }
  const known = contentFormat(format);
  const hasValues = speaksOfValues(operation, code, format, path);
  if (known?.read === undefined || !hasValues) {
    const detail: FieldDetail =
      hasValues && known !== undefined && known.lwm2m && !known.readable
        ? { value: 'not read yet', severity: 'note' }
        : { value: `${body.length} bytes` };
    builder.add(contentFormatName(format), 0, body.length, detail);
    return;
  }
  const context: ContentContext = {
    objectId: path.objectId,
    instanceId: path.instanceId,
    resourceId: path.resourceId,
    resourceInstanceId: path.resourceInstanceId,
    typeOf: (objectId, resourceId) => registry.typeOf(objectId, resourceId),
  };
  const sink: ContentSink = {
    value: (objectId, instanceId, resourceId, resourceInstanceId, type, _number, start, end, doubts) => {
      const definition = registry.resource(objectId, resourceId);
      const ids = [objectId, instanceId, resourceId, resourceInstanceId].filter((id) => id !== NO_ID);
      const detail: FieldDetail = {
        value: describeValue(
          objectId,
          resourceId,
          type,
          readValue(type, format, body, start, end),
          definition?.unit,
        ),
      };
      const doubt = doubtText(doubts);
      if (doubt !== '') {
        detail.severity = 'warning';
        detail.value += ` (${doubt})`;
      }
      const name = definition?.name ?? '';
      builder.open(`/${ids.join('/')} ${name}`.trim(), start, end, detail);
      const object = registry.objectName(objectId);
      const source =
        definition === undefined
          ? 'no definition is known'
          : `${VALUE_TYPE_NAMES[type]}, ${object} version ${registry.object(objectId)?.version ?? '?'}`;
      builder.add('Type', start, start, { value: source });
      builder.close();
    },
    open: (label, start, end) => {
      builder.open(label, start, end);
    },
    close: () => builder.close(),
  };
  builder.open(known.name, 0, body.length, { value: `${body.length} bytes` });
  const result = known.read(body, 0, body.length, context, sink);
  if (result.outcome !== Outcome.ok && result.fault !== undefined) {
    const at = Math.min(body.length, result.fault.offset ?? 0);
    const detail: FieldDetail = { value: result.fault.text, severity: 'error' };
    if (result.fault.clause !== undefined) detail.clause = result.fault.clause;
    builder.add('Damaged content', at, body.length, detail);
  }
  builder.close();
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
