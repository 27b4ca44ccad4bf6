import { OPERATION_NAMES } from '../../lwm2m/operation.ts';

/** Colour variable of each operation, by the interface it belongs to; the badge always says the name too. */
const COLOURS: readonly string[] = OPERATION_NAMES.map((name) => {
  if (name.startsWith('Bootstrap')) return '--op-bootstrap';
  if (/^(Register|Update|De-register)$/.test(name)) return '--op-registration';
  if (/^(Write|Create|Delete)/.test(name)) return '--op-write';
  if (name === 'Execute') return '--op-execute';
  if (/^(Observe|Cancel|Notify)/.test(name)) return '--op-observe';
  if (name === 'Send') return '--op-send';
  if (/^(Read|Discover)/.test(name)) return '--op-read';
  return '--op-security';
});

/** Name of an operation as records have it; empty for none. */
export function operationName(operation: number): string {
  return OPERATION_NAMES[operation] ?? '';
}

/** CSS variable with the colour of an operation. */
export function operationColour(operation: number): string {
  return COLOURS[operation] ?? '--op-security';
}
