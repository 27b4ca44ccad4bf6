import { Buffer } from 'node:buffer';
import type { Claim } from './claim.ts';

/** A truth file of a capture with OpenSSL: what went into its tools, and came out. */
export interface OpensslTruth {
  events?: { what: string; hex?: string }[];
  /** Messages that were typed by hand, without any stack. */
  datagrams_hex?: string[];
}

/** One claim for each message that was handed to OpenSSL: its type, code and token. */
export function opensslClaims({ events = [], datagrams_hex: typed = [] }: OpensslTruth): Claim[] {
  const byHand = typed.map((hex) => ({ what: 'typed by hand, plaintext sent', hex }));
  return [...events, ...byHand].flatMap(({ what, hex }) => {
    if (!what.endsWith('plaintext sent') || hex === undefined) return [];
    const bytes = Buffer.from(hex, 'hex');
    if (bytes.length < 4) return [];
    const code = `${bytes[1]! >> 5}.${String(bytes[1]! & 31).padStart(2, '0')}`;
    const token = bytes.subarray(4, 4 + (bytes[0]! & 15)).toString('hex');
    const type = ['CON', 'NON', 'ACK', 'RST'][(bytes[0]! >> 4) & 3]!;
    const mid = bytes.readUInt16BE(2);
    const find: Claim['parts'][number]['find'] = (capture) => capture.with({ token, mid, code });
    return [
      { said: `${what}: ${type} ${code} ${mid}`, parts: [{ role: 'message', find, told: { code, type } }] },
    ];
  });
}
