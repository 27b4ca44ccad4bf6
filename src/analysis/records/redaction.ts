import type { Transfer } from '../../coap/transfer.ts';
import { PathKind } from '../../lwm2m/path.ts';
import { holdsSecrets } from '../../lwm2m/sensitive-data.ts';
import type { Analysis } from '../analysis.ts';

/**
 * Whether the hash of a transfer's body gives nothing away: only for a resource, an instance or an object without
 * secrets. A secret can be guessed by trying what gives the same hash.
 */
export function mayHash({ tracking }: Analysis, transfer: Transfer): boolean {
  const path = tracking.paths.path(transfer.pathId);
  return path.kind === PathKind.numeric && !holdsSecrets(path.objectId, tracking.modelOf(transfer.first));
}
