import type { FirmwareSpan } from '../device/firmware-attempt.ts';
import { SpanLook } from './timeline-protocol.ts';

/** How a state of an update looks. */
export function firmwareLook(span: FirmwareSpan): number {
  if (span.how === 'inferred') return SpanLook.unproven;
  switch (span.state) {
    case 'Idle':
    case 'Initial':
      return SpanLook.idle;
    case 'Downloading':
    case 'Download Started':
      return SpanLook.downloading;
    case 'Downloaded':
    case 'Delivered':
      return SpanLook.downloaded;
    case 'Updating':
      return SpanLook.updating;
    case 'Installed':
      return SpanLook.updated;
  }
}

/** A state of an update in words, with how far it is and what is doubtful. */
export function firmwareLabel(span: FirmwareSpan): string {
  const share = !Number.isNaN(span.progress) ? ` · ${Math.round(span.progress * 100)} %` : '';
  const doubt = span.illegal ? ' · illegal step' : span.how === 'inferred' ? ' ?' : '';
  return `${span.state}${share}${doubt}`;
}
