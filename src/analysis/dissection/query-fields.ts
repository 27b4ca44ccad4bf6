import type { OperationCode } from '../../lwm2m/operation.ts';
import { queryParameters } from '../../lwm2m/query-parameters.ts';
import type { FieldBuilder, FieldDetail } from './field-builder.ts';

/** Adds what the query of a request says, each parameter in words. */
export function addQueryFields(operation: OperationCode, query: string, builder: FieldBuilder): void {
  for (const { label, value, isWrong, clause } of queryParameters(operation, query)) {
    const detail: FieldDetail = { value, clause };
    if (isWrong) detail.severity = 'warning';
    builder.add(label, 0, 0, detail);
  }
}
