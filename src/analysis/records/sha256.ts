import { sha256 } from '@noble/hashes/sha2.js';
import { hexText } from '../../lwm2m/value-text.ts';

/** SHA-256 of a body as lower-case hex (FIPS 180-4). */
export function sha256Text(body: Uint8Array): string {
  return hexText(sha256(body));
}
