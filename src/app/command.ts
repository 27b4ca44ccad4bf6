import type { PageState } from './page-state.svelte.ts';

/** A command: what the help sheet and the palette list, and what a key does. */
export interface Command {
  id: string;
  title: string;
  group: 'Page' | 'Live' | 'Marks' | 'Views' | 'Timeline' | 'Messages' | 'Values' | 'Updates' | 'Sequence';
  /** Keys as `KeyboardEvent.key` has them, `Mod+` before where Ctrl or Command is held. */
  keys: readonly string[];
  /** Whether it can be done now; without it, always. */
  when?(page: PageState): boolean;
  run(page: PageState): void;
}
