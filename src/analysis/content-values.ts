import { Interface, interfaceOf, Operation, type OperationCode } from '../lwm2m/operation.ts';
import { type LwM2mPath, PathKind } from '../lwm2m/path.ts';

/**
 * Formats whose records name the resources they speak of (LwM2M Core §7.5.4 to §7.5.6); the others speak of the
 * path of the request.
 */
const NAMING_FORMATS: ReadonlySet<number> = new Set([110, 112, 320, 322, 1543, 11543, 11544]);

/**
 * Whether a content of this operation, code and path speaks of values of resources: not links, arguments, files,
 * diagnostic texts and what is beside LwM2M. The table of values and the tree of fields both ask here, so that they
 * say the same.
 */
export function speaksOfValues(
  operation: OperationCode,
  code: number,
  format: number,
  path: LwM2mPath,
): boolean {
  const isError = code >= 0x60;
  const side = interfaceOf(operation);
  if (isError || side === Interface.none || side === Interface.registration) return false;
  if (operation === Operation.bootstrapRequest || operation === Operation.execute) return false;
  if (path.kind === PathKind.numeric) return true;
  const isPathless =
    path.kind === PathKind.root || path.kind === PathKind.dp || path.kind === PathKind.bspack;
  return isPathless && NAMING_FORMATS.has(format);
}
