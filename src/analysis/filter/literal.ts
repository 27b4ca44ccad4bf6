/** Values as people write them in a filter. Each reader gives undefined for what it does not understand. */

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const HEXADECIMAL = /^0[xX][0-9a-fA-F]+$/;

/** A number: decimal with fraction and exponent, or hexadecimal behind `0x`. */
export function readNumber(text: string): number | undefined {
  if (!DECIMAL.test(text) && !HEXADECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const TRUTH: Readonly<Record<string, number>> = { true: 1, false: 0, yes: 1, no: 0, '1': 1, '0': 0 };

/** True or false as 1 or 0. */
export function readBoolean(text: string): number | undefined {
  const word = text.toLowerCase();
  return Object.hasOwn(TRUTH, word) ? TRUTH[word] : undefined;
}

const HEX_PAIRS = /^([0-9a-fA-F]{2})*$/;
const SEPARATED_PAIRS = /^[0-9a-fA-F]{2}([:.-][0-9a-fA-F]{2})*$/;

/** Bytes in hexadecimal: `a1b2`, `a1:b2`, `a1-b2`, `0xa1b2`; an empty text is no bytes. */
export function readBytes(text: string): Uint8Array | undefined {
  const digits = /^0[xX]/.test(text) ? text.slice(2) : text;
  if (!HEX_PAIRS.test(digits) && !SEPARATED_PAIRS.test(digits)) return undefined;
  const plain = digits.replace(/[:.-]/g, '');
  const bytes = new Uint8Array(plain.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = parseInt(plain.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}

const CODE = /^([0-7])\.(\d{2})$/;

/** A CoAP code byte from `class.detail`, such as `2.05` (RFC 7252 §3): 3 bits and 5 bits. */
export function readCode(text: string): number | undefined {
  const match = CODE.exec(text);
  if (match === null) return undefined;
  const detail = Number(match[2]);
  return detail < 32 ? (Number(match[1]) << 5) | detail : undefined;
}
