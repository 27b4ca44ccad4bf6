import type { FieldNode } from '../protocol.ts';

/** A field whose value is bytes and no secret. */
export interface OpaqueField {
  field: FieldNode;
  /** Its bytes as hex text. */
  hex: string;
}

/** Fields of one message that are looked into. */
const MAX_FIELDS = 256;

/**
 * Adds below each field how its bytes can be read, as text or as CBOR. Only for the message that is looked at, so that
 * what reads CBOR is loaded then.
 */
export async function addReadings(opaque: readonly OpaqueField[]): Promise<void> {
  if (opaque.length === 0) return;
  // Where it cannot be loaded, the bytes are shown without.
  const reading = await import('../../lwm2m/opaque-reading.ts').catch(() => undefined);
  if (reading === undefined) return;
  const { MAX_OPAQUE, opaqueReadings } = reading;
  for (const { field, hex } of opaque.slice(0, MAX_FIELDS)) {
    if (hex.length > 2 * MAX_OPAQUE) continue;
    const { view, start, length } = field;
    for (const { as, value } of opaqueReadings(bytesOfHex(hex)))
      (field.children ??= []).push({ label: `Reading as ${as}`, view, start, length, value });
  }
}

function bytesOfHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = parseInt(hex.slice(2 * index, 2 * index + 2), 16);
  return bytes;
}
