import type { TapBlocks, TapHello, TapMessage, TapStatus } from '../../analysis/live-tap-protocol.ts';
import { LEAST_BLOCK_LENGTH, SECTION_HEADER } from '../../capture/pcapng-blocks.ts';
import type { ByteCount } from '../../capture/units.ts';

/** Longest text message that is read; the longest that a relay sends are a few kilobytes. */
const MOST_TEXT: ByteCount = 64 << 10;
/** Longest text of a message that is shown, and most names. */
const MOST_WORDS = 2000;
const MOST_NAMES = 64;

const STATES: ReadonlySet<unknown> = new Set(['idle', 'starting', 'capturing', 'ended', 'failed']);
const HOLDS: ReadonlySet<unknown> = new Set(['section', 'interfaces', 'packets', 'tick']);

type Loose = Readonly<Record<string, unknown>>;

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isWords(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MOST_WORDS;
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null;
}

function areCounts(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => isCount(value[name]));
}

/**
 * Reads a text message of a relay; undefined where it is none that a relay sends. Whoever answers at the address may
 * be anything: what is not as it should be is not taken.
 */
export function readTapMessage(text: string): TapMessage | undefined {
  if (text.length > MOST_TEXT) return undefined;
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(message)) return undefined;
  switch (message['type']) {
    case 'hello':
      return isHello(message) ? message : undefined;
    case 'blocks':
      return isBlocks(message) ? message : undefined;
    case 'status':
      return isStatus(message) ? message : undefined;
    case 'refused':
      return isWords(message['error']) ? { type: 'refused', error: message['error'] } : undefined;
    default:
      return undefined;
  }
}

function isHello(message: Loose): message is Loose & TapHello {
  return (
    isWords(message['stream']) &&
    typeof message['continues'] === 'boolean' &&
    areCounts(message, ['next', 'missed'])
  );
}

function isBlocks(message: Loose): message is Loose & TapBlocks {
  return HOLDS.has(message['holds']) && areCounts(message, ['first', 'count']);
}

function isStatus(message: Loose): message is Loose & TapStatus {
  const { interfaces, file, error } = message;
  return (
    STATES.has(message['state']) &&
    Array.isArray(interfaces) &&
    interfaces.length <= MOST_NAMES &&
    interfaces.every(isWords) &&
    isWords(message['filter']) &&
    typeof message['rate'] === 'number' &&
    areCounts(message, ['packets', 'behind', 'viewers', 'refused']) &&
    areCounts(message['drops'], ['kernel', 'file', 'viewer']) &&
    areCounts(message['ring'], ['bytes', 'capacity', 'firstSequence', 'nextSequence']) &&
    (file === undefined || isWords(file)) &&
    (error === undefined || isWords(error))
  );
}

/**
 * Whether bytes are whole blocks of a little-endian pcapng section, and begin with its header where `isSection`. So
 * nothing is kept that would make the recording unreadable behind it.
 */
export function areWholeBlocks(bytes: Uint8Array, isSection: boolean): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isSection && (bytes.length < LEAST_BLOCK_LENGTH || view.getUint32(0, true) !== SECTION_HEADER))
    return false;
  let at = 0;
  while (at + LEAST_BLOCK_LENGTH <= bytes.length) {
    // A section within a section would change the order of bytes and the interfaces behind the relay's back.
    if (view.getUint32(at, true) === SECTION_HEADER && !(isSection && at === 0)) return false;
    const length = view.getUint32(at + 4, true);
    if (length < LEAST_BLOCK_LENGTH || length % 4 !== 0 || at + length > bytes.length) return false;
    if (view.getUint32(at + length - 4, true) !== length) return false;
    at += length;
  }
  return at === bytes.length;
}
