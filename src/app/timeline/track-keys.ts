import type { TrackFocus } from './track-focus.svelte.ts';

/** What the keys of the tracks do beside moving the place. */
export interface TrackKeys {
  focus: TrackFocus;
  total: number;
  /** Lines that fit. */
  page: number;
  /** True while a span has the place. */
  onSpan: boolean;
  /** Left and Right on a line. */
  sideways(step: 1 | -1): void;
  /** Opens what has the place. */
  activate(): void;
  /** Zooms to the span. */
  zoom(): void;
}

/** Does what a key means in the tracks; gives whether it means something. */
export function trackKey(event: KeyboardEvent, keys: TrackKeys): boolean {
  if (event.altKey || event.metaKey) return false;
  const { focus, total, page, onSpan } = keys;
  const actions: Record<string, (() => void) | undefined> = event.ctrlKey
    ? { Home: () => focus.goTo(0), End: () => focus.goTo(total - 1) }
    : {
        ArrowDown: () => focus.moveTrack(1),
        ArrowUp: () => focus.moveTrack(-1),
        PageDown: () => focus.moveTrack(page),
        PageUp: () => focus.moveTrack(-page),
        ArrowRight: () => keys.sideways(1),
        ArrowLeft: () => keys.sideways(-1),
        Home: () => focus.moveToEdge(1),
        End: () => focus.moveToEdge(-1),
        Enter: () => keys.activate(),
        ' ': () => keys.activate(),
        z: onSpan ? () => keys.zoom() : undefined,
        Escape: onSpan ? () => focus.leaveSpan() : undefined,
      };
  const action = actions[event.key];
  if (!action) return false;
  event.preventDefault();
  action();
  return true;
}
