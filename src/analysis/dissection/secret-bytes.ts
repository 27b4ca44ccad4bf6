import type { FieldNode } from '../protocol.ts';
import type { MessageViews } from './byte-views.ts';
import { FieldBuilder } from './field-builder.ts';

/**
 * Fields that cover what a message that may hold secrets has in further views: the segment or fragment of the frame it
 * was joined from, and the packet that 6LoWPAN compressed. Headers stay to be seen.
 */
export function secretBytes({ views, headers, viewOf }: MessageViews): FieldNode[] {
  return views.flatMap(({ bytes }, view) => {
    if (view === 0) return [];
    let start = 0;
    for (const header of headers) if (viewOf(header) === view) start = Math.max(start, header.end);
    if (start >= bytes.length) return [];
    const builder = new FieldBuilder(view);
    builder.add('Bytes of the message', start, bytes.length, {
      value: `${bytes.length - start} bytes`,
      sensitive: 'key',
    });
    return builder.roots;
  });
}
