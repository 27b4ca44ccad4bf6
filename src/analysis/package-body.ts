import { NO_ROW } from '../capture/units.ts';
import { NO_FORMAT } from '../coap/message.ts';
import { sortBlocks, type Transfer } from '../coap/transfer.ts';
import type { FirmwareAttempt } from '../device/firmware-attempt.ts';
import { updateObject } from '../device/update-object.ts';
import { contentFormat } from '../lwm2m/content-format.ts';
import { NO_ID, type ContentSink, ValueType } from '../lwm2m/value.ts';
import type { Analysis } from './analysis.ts';
import type { MessageBytes } from './message-bytes.ts';

/** Content formats whose content is the package itself: none, text/plain, application/octet-stream. */
const PLAIN: ReadonlySet<number> = new Set([NO_FORMAT, 0, 42]);
/** Formats that hold opaque bytes as they are, in a frame of their own: TLV, CBOR, SenML CBOR, LwM2M CBOR. */
const FRAMED: ReadonlySet<number> = new Set([11542, 1542, 60, 112, 11544]);

/** The transfer that brought the whole package of an attempt; undefined where none did. */
function packageTransfer(analysis: Analysis, attempt: FirmwareAttempt): Transfer | undefined {
  const transfer = analysis.tracking.transfers.transfers[attempt.transfers.at(-1) ?? -1];
  return transfer?.ended === 'complete' ? transfer : undefined;
}

/**
 * The package of an attempt byte by byte, read again from where it lies and taken out of the format in which it was
 * written; undefined where it did not come whole, or was written as text.
 */
export async function packageBody(
  analysis: Analysis,
  bytes: MessageBytes,
  attempt: FirmwareAttempt,
): Promise<Uint8Array | undefined> {
  if (!attempt.complete) return undefined;
  const { messages } = analysis.tracking;
  let body: Uint8Array | undefined;
  let format: number;
  if (attempt.packageRow !== NO_ROW) {
    body = (await bytes.payload(attempt.packageRow))?.slice();
    format = messages.contentFormat.get(attempt.packageRow);
  } else {
    const transfer = packageTransfer(analysis, attempt);
    if (transfer === undefined) return undefined;
    sortBlocks(transfer);
    body = await bytes.transferBody(transfer);
    format = transfer.contentFormat;
  }
  // A file server says what it likes of the file; what is written to a resource says how it is written.
  if (body === undefined || attempt.method !== 'push' || PLAIN.has(format)) return body;
  return FRAMED.has(format) ? framedPackage(attempt, body, format) : undefined;
}

/** The value of the package resource in a structured content. */
function framedPackage(attempt: FirmwareAttempt, body: Uint8Array, format: number): Uint8Array | undefined {
  const resource = updateObject(attempt.objectId)?.package ?? NO_ID;
  let found: Uint8Array | undefined;
  const sink: ContentSink = {
    value: (objectId, _instance, resourceId, _resourceInstance, _type, _number, start, end) => {
      if (objectId === attempt.objectId && resourceId === resource) found = body.subarray(start, end);
    },
  };
  const context = {
    objectId: attempt.objectId,
    instanceId: attempt.instanceId,
    resourceId: resource,
    resourceInstanceId: NO_ID,
    listsPaths: false,
    typeOf: () => ValueType.opaque,
  };
  contentFormat(format)?.read?.(body, 0, body.length, context, sink);
  return found;
}
