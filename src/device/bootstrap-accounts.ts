import type { LwM2mPath } from '../lwm2m/path.ts';
import { Operation } from '../lwm2m/operation.ts';
import type { Bootstrap } from './bootstrap-record.ts';
import { isTrue, ProvisionedObject } from './provisioned-instances.ts';

/** Security object, resource 1: true for the account of the bootstrap server (LwM2M Core §E.1). */
const IS_BOOTSTRAP_SERVER = 1;

/** Whether the Delete of a path leaves a client without any server account (LwM2M Core §6.1.7.6). */
export function takesAllAccounts({ depth, objectId }: LwM2mPath): boolean {
  const { security, server } = ProvisionedObject;
  return depth === 0 || (depth === 1 && (objectId === security || objectId === server));
}

/**
 * Whether the Delete of one instance takes the only account that a client has. Known for sure only where the bootstrap
 * `before` deleted all accounts and then wrote one, and the one that goes on has not written any yet.
 */
export function isOnlyAccount(bootstrap: Bootstrap, before: Bootstrap, path: LwM2mPath): boolean {
  const { security, server } = ProvisionedObject;
  if (path.depth !== 2 || (path.objectId !== security && path.objectId !== server)) return false;
  const isKnown = before.steps.some(
    (step) =>
      step.operation === Operation.bootstrapDelete && step.code >> 5 === 2 && takesAllAccounts(step.path),
  );
  if (!isKnown || bootstrap.instances.of(path.objectId).length > 0) return false;
  const accounts = before.instances
    .of(path.objectId)
    .filter(({ objectId, values }) => objectId === server || !isTrue(values.get(IS_BOOTSTRAP_SERVER)));
  return accounts.length === 1 && accounts[0]!.instanceId === path.instanceId;
}
