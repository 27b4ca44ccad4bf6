import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TapOffer } from '../analysis/live-tap-protocol.ts';

/** What answers at the relay's WebSocket. */
export interface LiveEndpoint {
  /** True where no further connection is taken now. */
  readonly full: boolean;
  /** Says what can be captured. */
  offer(): Promise<TapOffer>;
  /** Completes the handshake of a request that was found allowed. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Hears that a connection or a question was refused. */
  countRefused(): void;
  /** Says goodbye to all connections and ends what feeds them; resolves when nothing that was started runs any more. */
  close(): Promise<void>;
  /** Ends connections that did not answer the goodbye. */
  terminate(): void;
}

/** Close codes (RFC 6455 §7.4.1). */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  policyViolation: 1008,
  internalError: 1011,
} as const;
