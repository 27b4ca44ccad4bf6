import { NO_ROW } from '../capture/units.ts';
import type { Transfer } from '../coap/transfer.ts';
import type { FirmwareAttempt } from '../device/firmware-attempt.ts';
import type { Analysis } from './analysis.ts';
import type { MessageBytes } from './message-bytes.ts';

/** The transfer that brought the whole package of an attempt; undefined where none did. */
export function packageTransfer(analysis: Analysis, attempt: FirmwareAttempt): Transfer | undefined {
  if (!attempt.complete) return undefined;
  const transfer = analysis.tracking.transfers.transfers[attempt.transfers.at(-1) ?? -1];
  return transfer?.ended === 'complete' ? transfer : undefined;
}

/**
 * The package of an attempt byte by byte, read again from where it lies; undefined where it did not come whole. Of a
 * write in a structured format only the transfer's body is given.
 */
export async function packageBody(
  analysis: Analysis,
  bytes: MessageBytes,
  attempt: FirmwareAttempt,
): Promise<Uint8Array | undefined> {
  if (attempt.complete && attempt.packageRow !== NO_ROW) {
    const payload = await bytes.payload(attempt.packageRow);
    return payload?.slice();
  }
  const transfer = packageTransfer(analysis, attempt);
  return transfer === undefined ? undefined : bytes.transferBody(transfer);
}
