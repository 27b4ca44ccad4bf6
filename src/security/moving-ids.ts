/** Ids that are followed; the one that was added first goes for a new one. */
const MAX_IDS = 65_536;
/** Bytes from which on an id is taken for a random one, that no other receiver has given out too. */
const UNIQUE_ID = 8;
const ANY_RECEIVER = -1;

interface MovingId {
  bytes: Uint8Array;
  receiver: number;
  flow: number;
  epoch: number;
  sequence: number;
  /** Another id with the same hash. */
  next: MovingId | undefined;
}

/**
 * Ids that stand in the clear in sealed messages and outlive addresses: connection ids of DTLS (RFC 9146) and key ids
 * of OSCORE (RFC 8613 §6.1). The receiver has given them out, or tells its peers by them. One that comes on another
 * flow with a newer number has moved there; an older number is a packet on the way, or somebody else's.
 */
export class MovingIds {
  readonly #byHash = new Map<number, MovingId>();
  /** By flow and direction: the id that came last. */
  readonly #last: (MovingId | undefined)[] = [];

  /** The flow that the last id taken was on before; -1 where it is new or has not moved. */
  movedFrom = -1;
  /** The last id taken was not seen before. */
  isNew = false;

  /**
   * Takes the id `bytes[start..start + length)` that a message of a flow to the endpoint `receiver` bears. `fromA` tells
   * the two directions of the flow apart; `epoch` and `sequence` say how new it is. Allocates nothing for what goes on.
   */
  take(
    bytes: Uint8Array,
    start: number,
    length: number,
    receiver: number,
    flow: number,
    fromA: boolean,
    epoch: number,
    sequence: number,
  ): void {
    this.movedFrom = -1;
    this.isNew = false;
    const key = flow * 2 + (fromA ? 1 : 0);
    const at = length >= UNIQUE_ID ? ANY_RECEIVER : receiver;
    const last = this.#last[key];
    const isSame = last !== undefined && equals(last, bytes, start, length, at);
    const id = isSame ? last : this.#find(bytes, start, length, at);
    if (id === undefined) {
      this.#add(bytes.slice(start, start + length), at, key, epoch, sequence);
      return;
    }
    this.#last[key] = id;
    const isNewer = epoch > id.epoch || (epoch === id.epoch && sequence > id.sequence);
    if (!isNewer) return;
    id.epoch = epoch;
    id.sequence = sequence;
    if (id.flow === flow) return;
    this.movedFrom = id.flow;
    id.flow = flow;
  }

  #find(bytes: Uint8Array, start: number, length: number, receiver: number): MovingId | undefined {
    let id = this.#byHash.get(hashOf(bytes, start, length, receiver));
    while (id !== undefined && !equals(id, bytes, start, length, receiver)) id = id.next;
    return id;
  }

  #add(bytes: Uint8Array, receiver: number, key: number, epoch: number, sequence: number): void {
    this.isNew = true;
    const hash = hashOf(bytes, 0, bytes.length, receiver);
    if (this.#byHash.size === MAX_IDS) {
      const [oldest] = this.#byHash.keys();
      if (oldest !== undefined) this.#byHash.delete(oldest);
    }
    // Of ids with one hash, the chain is no longer than two.
    const other = this.#byHash.get(hash);
    if (other !== undefined) other.next = undefined;
    const id: MovingId = { bytes, receiver, flow: key >> 1, epoch, sequence, next: other };
    this.#byHash.set(hash, id);
    this.#last[key] = id;
  }
}

function equals(id: MovingId, bytes: Uint8Array, start: number, length: number, receiver: number): boolean {
  if (id.receiver !== receiver || id.bytes.length !== length) return false;
  for (let index = 0; index < length; index++) if (id.bytes[index] !== bytes[start + index]) return false;
  return true;
}

function hashOf(bytes: Uint8Array, start: number, length: number, receiver: number): number {
  let hash = Math.imul(receiver + length * 31, 0x9e3779b1);
  for (let index = 0; index < length; index++) hash = Math.imul(hash ^ bytes[start + index]!, 0x01000193);
  return hash | 0;
}
