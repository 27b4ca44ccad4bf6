import { COMMANDS } from './commands.ts';
import type { PageState } from './page-state.svelte.ts';

/** Whether this computer's modifier key is Command. */
export const APPLE = /mac|iphone|ipad/i.test(navigator.platform);

const KEY_NAMES: Record<string, string> = { Escape: 'Esc', ArrowRight: '→', ArrowLeft: '←' };

/** A key as people read it: `⌘K` or `Ctrl K`, `W`, `Esc`. */
export function keyText(key: string): string {
  const plain = key.replace('Mod+', '');
  const name = KEY_NAMES[plain] ?? (plain.length === 1 ? plain.toUpperCase() : plain);
  if (plain === key) return name;
  return APPLE ? `⌘${name}` : `Ctrl ${name}`;
}

/** Whether a key or a paste belongs to a field in which somebody writes. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Runs the command that a key press means; gives whether there was one. */
export function runKey(page: PageState, event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.altKey || event.isComposing) return false;
  const held = APPLE ? event.metaKey : event.ctrlKey;
  if (!held && (event.ctrlKey || event.metaKey)) return false;
  // A dialog has the keys to itself, but for those that open and close it.
  if (page.dialog !== undefined && !(held || event.key === '?')) return false;
  if (!held && isTyping(event.target)) return false;
  if (!held && event.key.length === 1 && !page.singleKeys) return false;
  const key = (held ? 'Mod+' : '') + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  const command = COMMANDS.find(
    (candidate) => candidate.keys.includes(key) && (candidate.when?.(page) ?? true),
  );
  if (!command) return false;
  event.preventDefault();
  command.run(page);
  return true;
}
