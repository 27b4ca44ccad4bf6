import type { Command } from './command.ts';
import type { PageState } from './page-state.svelte.ts';

const withTracks = (page: PageState): boolean => page.session.timelineCommands?.tracks !== undefined;

/** Commands that go from span to span, show one alone, and arrange the devices of the timeline. */
export const SPAN_COMMANDS: readonly Command[] = [
  {
    id: 'next-span',
    title: 'Next event on the track',
    group: 'Timeline',
    keys: ['n'],
    when: withTracks,
    run: (page) => void page.session.timelineCommands?.tracks?.step(1),
  },
  {
    id: 'previous-span',
    title: 'Previous event on the track',
    group: 'Timeline',
    keys: ['b'],
    when: withTracks,
    run: (page) => void page.session.timelineCommands?.tracks?.step(-1),
  },
  {
    id: 'pin-device',
    title: 'Pin the device at the top, or let it go',
    group: 'Timeline',
    keys: ['i'],
    when: withTracks,
    run: (page) => page.session.timelineCommands?.tracks?.pin(),
  },
  {
    id: 'hide-device',
    title: 'Hide the device',
    group: 'Timeline',
    keys: ['h'],
    when: withTracks,
    run: (page) => page.session.timelineCommands?.tracks?.hide(),
  },
  {
    id: 'show-devices',
    title: 'Show all hidden devices',
    group: 'Timeline',
    keys: ['v'],
    when: (page) => withTracks(page) && page.session.arrangement.layout.hidden.length > 0,
    run: (page) => page.session.arrangement.showAll(),
  },
  {
    id: 'fold-devices',
    title: 'Fold all devices, or open them',
    group: 'Timeline',
    keys: ['g'],
    when: withTracks,
    run: (page) => page.session.timelineCommands?.tracks?.foldAll(),
  },
  {
    id: 'show-only',
    title: 'Show only a span…',
    group: 'Messages',
    keys: ['x'],
    when: (page) =>
      page.session.selectedRow !== undefined || page.session.timelineCommands?.tracks?.span() !== undefined,
    run: (page) => {
      page.dialog = page.dialog === 'show-only' ? undefined : 'show-only';
    },
  },
  {
    id: 'leave-scope',
    title: 'Show again what was shown before',
    group: 'Messages',
    keys: ['Escape'],
    when: (page) => page.session.scope.title !== undefined,
    run: (page) => void page.session.scope.leave(),
  },
];
