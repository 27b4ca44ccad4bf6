import type { MessageBatch } from './message-batch.ts';
import type { Transfer } from './transfer.ts';

/** Bytes of a body kept for the content readers; larger bodies are read again from their rows. */
const KEPT_BODY_BYTES = 64 << 10;
/** Bytes of all bodies kept; beyond it the oldest go. */
const KEPT_BYTES = 16 << 20;
/** content-format of opaque bodies, which no reader needs as a whole (LwM2M Core §7.5.2). */
const OCTET_STREAM = 42;

/** The bodies of transfers that readers of contents may want, as far as their blocks came; bounded, the oldest go. */
export class KeptBodies {
  /** Transfers whose bodies are kept, oldest first. */
  readonly #kept = new Set<Transfer>();
  /** What all of them take. */
  #bytes = 0;

  /** Adds a block, whose payload is at `index` of a batch, to the body at `offset`; gives the body up where it is not wanted. */
  keep(transfer: Transfer, batch: MessageBatch, index: number, offset: number): void {
    if (transfer.contentFormat === OCTET_STREAM) {
      this.release(transfer);
      return;
    }
    const from = batch.payloadOffset[index]!;
    const end = batch.bytesOffset[index]! + batch.length[index]!;
    const needed = offset + (end - from);
    const isCut = end - from < batch.payloadLength[index]!;
    const { body } = transfer;
    if (isCut || needed > KEPT_BODY_BYTES || (transfer.blocks > 0 && body === undefined)) {
      this.release(transfer);
      return;
    }
    let whole = body?.buffer;
    if (whole === undefined || whole.byteLength < needed) {
      const before = whole?.byteLength ?? 0;
      whole = new ArrayBuffer(Math.min(KEPT_BODY_BYTES, Math.max(needed, before * 2)));
      if (body !== undefined) new Uint8Array(whole).set(body);
      this.#bytes += whole.byteLength - before;
      this.#kept.add(transfer);
    }
    transfer.body = new Uint8Array(whole, 0, Math.max(needed, body?.length ?? 0));
    transfer.body.set(batch.bytes.subarray(from, end), offset);
    for (const oldest of this.#kept) {
      if (this.#bytes <= KEPT_BYTES) break;
      this.release(oldest);
    }
  }

  /** Forgets the body that was kept of a transfer. */
  release(transfer: Transfer): void {
    if (!this.#kept.delete(transfer)) return;
    this.#bytes -= transfer.body?.buffer.byteLength ?? 0;
    // Not deleted: that would make a dictionary of the object, several times as large.
    transfer.body = undefined;
  }
}
