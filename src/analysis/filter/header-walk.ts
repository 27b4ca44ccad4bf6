import type { HeaderCode, TracedHeader } from '../../network/header-trace.ts';
import type { MessageBytesAccess } from './bytes-access.ts';
import type { EachValue } from './field.ts';

/** Visits each header of one kind, and keeps it as the one at hand. */
export class HeaderWalk {
  /** The header at hand; valid during a visit. */
  current: TracedHeader | undefined;

  constructor(private readonly access: MessageBytesAccess) {}

  of(kind: HeaderCode): EachValue {
    return (row, visit) => {
      for (const header of this.access.headers(row)) {
        if (header.kind !== kind) continue;
        this.current = header;
        if (visit(row)) return true;
      }
      return false;
    };
  }
}
