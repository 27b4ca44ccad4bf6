import type { ByteStore } from '../capture/byte-store.ts';
import { detectContainer, DETECT_LENGTH, openReader } from '../capture/container.ts';
import { PcapngCutter } from '../capture/pcapng-cutter.ts';
import type { ByteCount } from '../capture/units.ts';
import type { RecordingFacts } from './recording-protocol.ts';

/** Bytes read at once. */
const PIECE_BYTES: ByteCount = 1 << 20;

/**
 * Says what a kept recording holds. How much of it is whole blocks is of interest because what a tab wrote last before
 * it died may be cut. What is no pcapng, or is damaged, counts as whole and as holding something: it is left as it is.
 */
export async function recordingFacts(store: ByteStore): Promise<RecordingFacts> {
  const head = await store.read(0, DETECT_LENGTH);
  const container = detectContainer(head);
  if (container !== 'pcapng') return { container, whole: store.size, holdsAnything: store.size > 0 };
  const cutter = new PcapngCutter();
  let firstSeconds: number | undefined;
  const reader = openReader(container, {
    frame: (frame) => {
      if (frame.hasTime) firstSeconds ??= frame.seconds;
    },
  });
  const holds = (): boolean => reader.frames > 0 || (reader.comments?.some(({ moment }) => moment) ?? false);
  for (let offset = 0; offset < store.size && !cutter.isLost; offset += PIECE_BYTES) {
    const piece = await store.read(offset, PIECE_BYTES);
    cutter.cut(piece);
    if (firstSeconds === undefined) reader.push(piece);
  }
  return {
    container,
    whole: cutter.isLost ? store.size : cutter.whole,
    ...(firstSeconds !== undefined && { firstSeconds }),
    holdsAnything: cutter.isLost || holds(),
  };
}
