import { sha256 } from '@noble/hashes/sha2.js';
import { hexText } from '../../lwm2m/value-text.ts';

/** SHA-256 of what comes in pieces, as lower-case hex; undefined where fewer or more than `length` bytes come. */
export async function sha256OfPieces(
  pieces: AsyncIterable<Uint8Array>,
  length: number,
): Promise<string | undefined> {
  const hash = sha256.create();
  let hashed = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    hashed += piece.length;
  }
  return hashed === length ? hexText(hash.digest()) : undefined;
}

/** SHA-256 of a body as lower-case hex (FIPS 180-4). */
export function sha256Text(body: Uint8Array): string {
  return hexText(sha256(body));
}
