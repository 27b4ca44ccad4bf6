import type { MessageView } from '../../coap/message.ts';
import type { TracedHeader } from '../../network/header-trace.ts';

/**
 * What a message filter reads of bytes. A row is made ready before it is asked about; of any other row there is
 * nothing. What is given holds until the next row is made ready.
 */
export interface MessageBytesAccess {
  /** The message, read again; undefined where its bytes are gone. */
  message(row: number): MessageView | undefined;
  /** The headers of the frame that holds the message or completes it, from the outermost on. */
  headers(row: number): readonly TracedHeader[];
  /** Bytes of that frame on the wire; NaN where it is not known. */
  frameLength(row: number): number;
  /** A `UdpChecksum` code; -1 where there is no UDP header. */
  udpChecksum(row: number): number;
}

/** For fields that are only named, not asked. */
export const NO_BYTES: MessageBytesAccess = {
  message: () => undefined,
  headers: () => [],
  frameLength: () => NaN,
  udpChecksum: () => -1,
};
