import type { ByteCount, MessageRow } from '../capture/units.ts';
import { CHUNK_ROWS } from './column.ts';
import { forgetClosedSpans } from './closed-spans.ts';
import type { JoinedSources } from './joined-sources.ts';
import { KeptRows } from './kept-rows.ts';
import type { MessageTracking } from './message-tracking.ts';
import { rowsToKeep } from './rows-to-keep.ts';

/** What the tables of a live stream may take, where nothing else is said. */
export const DEFAULT_MEMORY_LIMIT: ByteCount = 512 << 20;
/** Less is not enough for the newest messages: two chunks of rows, their values and what they refer to. */
export const LEAST_MEMORY_LIMIT: ByteCount = 24 << 20;
/** Beyond the limit the oldest go until this share of it is left. */
const SHARE_LEFT = 0.9;
/** The tables grow by chunks: room for the next ones of messages and of values. */
const GROWTH: ByteCount = 8 << 20;
/** Chunks of messages that always stay: the one that is filled and the one before. */
const LEAST_CHUNKS = 2;

/** Of spans of one kind that were over before the first message held, so many stay as take this share of the limit. */
const CLOSED_SHARE = 1 / 16;

/** Size in memory of what is kept as objects, rows and texts in them included: an estimate, rather too much than too little. */
const BYTES = {
  transfer: 500,
  block: 16,
  observation: 320,
  registration: 1500,
  bootstrap: 2500,
  event: 250,
  window: 1000,
  attempt: 3000,
} as const satisfies Record<string, ByteCount>;

/** What a live stream has dropped. */
export interface Dropped {
  messages: number;
  values: number;
  /** Registrations, bootstraps, observations, transfers, events and queue-mode windows that were over. */
  spans: number;
}

/**
 * Keeps the tables of a live stream below a limit: the oldest chunks of messages go with all that stands in them, then
 * the spans that were over before the first message held. Row numbers stay.
 */
export class MemoryBound {
  readonly limit: ByteCount;
  readonly dropped: Dropped = { messages: 0, values: 0, spans: 0 };

  constructor(
    private readonly tracking: MessageTracking,
    private readonly joined: JoinedSources,
    limit: ByteCount = DEFAULT_MEMORY_LIMIT,
  ) {
    this.limit = Math.max(limit, LEAST_MEMORY_LIMIT);
  }

  /** Bytes that the tables and all that was understood take, about. */
  get estimate(): ByteCount {
    const { messages, values, sightings, transfers, observations, devices } = this.tracking;
    let bytes = messages.bytes + values.bytes + sightings.bytes + messages.texts.bytes;
    bytes += transfers.transfers.length * BYTES.transfer + transfers.blocks * BYTES.block;
    bytes += observations.observations.length * BYTES.observation;
    bytes += devices.registrations.registrations.length * BYTES.registration;
    bytes += devices.bootstraps.bootstraps.length * BYTES.bootstrap;
    bytes += devices.life.events.length * BYTES.event;
    bytes += devices.queueMode.windows.length * BYTES.window;
    return bytes + devices.firmware.attempts.length * BYTES.attempt;
  }

  /**
   * Drops the oldest where the estimate has come near the limit; true where something went. Not while somebody reads
   * rows: what was found before may be gone after it.
   */
  makeRoom(): boolean {
    const most = this.limit - GROWTH;
    let estimate = this.estimate;
    if (estimate <= most) return false;
    const left = Math.min(most, this.limit * SHARE_LEFT);
    const before = this.dropped.messages + this.dropped.spans;
    const { messages, values, sightings } = this.tracking;
    for (;;) {
      const last = messages.count - (messages.count % CHUNK_ROWS) - (LEAST_CHUNKS - 1) * CHUNK_ROWS;
      if (estimate <= left || messages.firstRow >= last) break;
      const each = (messages.bytes + values.bytes + sightings.bytes) / (messages.count - messages.firstRow);
      const chunks = Math.max(1, Math.ceil((estimate - left) / each / CHUNK_ROWS));
      this.#dropBefore(Math.min(last, messages.firstRow + chunks * CHUNK_ROWS));
      estimate = this.estimate;
    }
    return this.dropped.messages + this.dropped.spans > before;
  }

  #dropBefore(first: MessageRow): void {
    const { tracking } = this;
    const { messages, values, sightings } = tracking;
    // Before the rows go, for what they say decides which spans were over.
    const room = this.limit * CLOSED_SHARE;
    this.dropped.spans += forgetClosedSpans(tracking, first, (kind) => Math.floor(room / BYTES[kind]));
    const kept = new KeptRows(rowsToKeep(tracking, first));
    this.dropped.messages += messages.dropBefore(first, kept);
    this.dropped.values += values.dropBefore(first);
    sightings.dropBefore(first);
    tracking.icmpErrors.dropBefore(messages.time.get(first));
    let joined = -Infinity;
    for (let row = first; row < messages.count && joined === -Infinity; row++)
      if (messages.source.get(row) < 0) joined = messages.source.get(row);
    const stays = new Set([...kept.rows].map((row) => messages.source.get(row)));
    if (joined !== -Infinity) this.joined.dropBefore(joined, (reference) => stays.has(reference));
  }
}
