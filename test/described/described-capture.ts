import { captureOfPackets } from '../analysis/written-capture.ts';
import { type Description, START } from './description.ts';

/** The capture (pcap, nanoseconds, raw IP) of a description. */
export function captureOfDescription({ packets }: Description): Uint8Array {
  return captureOfPackets(
    packets.map(({ time, bytes, kept }) => ({
      at: START + Math.floor(time / 1e9),
      nanoseconds: time % 1e9,
      packet: bytes,
      captured: kept,
    })),
  );
}
