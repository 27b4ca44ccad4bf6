import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ByteCount } from '../capture/units.ts';

/** Randomness in a token. */
const TOKEN_LENGTH: ByteCount = 18;
/** Longest text that is looked at. */
const MOST_GIVEN = 200;

/** What tells those apart who were given the printed address; made anew for each run. */
export class AccessToken {
  readonly text = randomBytes(TOKEN_LENGTH).toString('base64url');
  readonly #digest = digest(this.text);

  /** True where a request's target holds `token=…` with this token. Takes the same time for any wrong one. */
  isIn(target: string | undefined): boolean {
    const query = target?.split('#', 1)[0]!.split('?').slice(1).join('?');
    const given = new URLSearchParams(query).get('token');
    if (given === null || given.length > MOST_GIVEN) return false;
    return timingSafeEqual(digest(given), this.#digest);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
