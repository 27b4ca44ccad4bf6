import type { Command } from './command.ts';
import type { PageState } from './page-state.svelte.ts';
import { SPAN_COMMANDS } from './span-commands.ts';

const withCapture = (page: PageState): boolean => page.session.hasCapture;
const withTimeline = (page: PageState): boolean => page.session.timelineCommands !== undefined;
const withValues = (page: PageState): boolean => page.session.valueCommands !== undefined;
const withList = (page: PageState): boolean => page.session.listCommands !== undefined;
const withUpdates = (page: PageState): boolean => page.session.updateCommands !== undefined;
const withSequence = (page: PageState): boolean => page.session.sequenceCommands !== undefined;
const whileReading = (page: PageState): boolean =>
  page.session.status.state === 'loading' || page.session.status.state === 'live';

const withRecording = (page: PageState): boolean =>
  page.session.status.recording !== undefined || page.session.openRecording !== undefined;
const whileLive = (page: PageState): boolean => page.session.status.state === 'live';

/** All commands of the page; key handling, help sheet and palette are made from this list. */
export const COMMANDS: readonly Command[] = [
  {
    id: 'open',
    title: 'Open captures…',
    group: 'Page',
    keys: ['Mod+o'],
    run: (page) => page.pickFiles?.(),
  },
  {
    id: 'paste',
    title: 'Paste a hex dump…',
    group: 'Page',
    keys: [],
    run: (page) => {
      page.pasted = '';
      page.dialog = 'paste';
    },
  },
  {
    id: 'commands',
    title: 'Find a command',
    group: 'Page',
    keys: ['Mod+k'],
    run: (page) => {
      page.dialog = page.dialog === 'commands' ? undefined : 'commands';
    },
  },
  {
    id: 'decode-as',
    title: 'Decode ports as…',
    group: 'Page',
    keys: ['p'],
    run: (page) => {
      page.dialog = page.dialog === 'decode-as' ? undefined : 'decode-as';
    },
  },
  {
    id: 'objects',
    title: 'Object definitions…',
    group: 'Page',
    keys: ['o'],
    run: (page) => {
      page.dialog = page.dialog === 'objects' ? undefined : 'objects';
    },
  },
  {
    id: 'secrets',
    title: 'Show or cover keys and passwords',
    group: 'Page',
    keys: [],
    when: withCapture,
    run: (page) => {
      page.session.showSecrets = !page.session.showSecrets;
    },
  },
  {
    id: 'clocks',
    title: 'Correct the clocks of captures…',
    group: 'Page',
    keys: ['c'],
    when: withCapture,
    run: (page) => {
      page.dialog = page.dialog === 'clocks' ? undefined : 'clocks';
    },
  },
  {
    id: 'keys',
    title: 'Show the keys',
    group: 'Page',
    keys: ['?'],
    run: (page) => {
      page.dialog = page.dialog === 'keys' ? undefined : 'keys';
    },
  },
  {
    id: 'filter',
    title: 'Filter messages',
    group: 'Page',
    keys: ['/'],
    when: withCapture,
    run: (page) => page.focusFilter?.(),
  },
  {
    id: 'clear-filter',
    title: 'Clear the filter',
    group: 'Page',
    keys: [],
    when: (page) => withCapture(page) && page.session.filterText !== '',
    run: (page) => void page.session.setFilter(''),
  },
  {
    id: 'theme',
    title: 'Switch between dark and light',
    group: 'Page',
    keys: [],
    run: (page) => page.theme.toggle(),
  },
  {
    id: 'stop',
    title: 'Stop reading, keep what was read',
    group: 'Page',
    keys: [],
    when: whileReading,
    run: (page) => void page.session.attempt(page.session.client.stop()),
  },
  {
    id: 'close',
    title: 'Close the capture',
    group: 'Page',
    keys: [],
    when: withCapture,
    run: (page) => void page.session.close(),
  },
  {
    id: 'save-capture',
    title: 'Save capture…',
    group: 'Live',
    keys: ['Mod+s'],
    when: withRecording,
    run: (page) => void page.recordings.saveOpen(),
  },
  {
    id: 'mark',
    title: 'Mark this moment…',
    group: 'Live',
    keys: ['m'],
    when: (page) => whileLive(page) && page.session.status.recording?.takesMarks === true,
    run: (page) => page.askMark(),
  },
  {
    id: 'alert',
    title: 'Alert on messages…',
    group: 'Live',
    keys: [],
    when: whileLive,
    run: (page) => {
      page.dialog = 'alert';
    },
  },
  {
    id: 'view-timeline',
    title: 'Timeline',
    group: 'Views',
    keys: ['1'],
    when: withCapture,
    run: (page) => {
      page.session.view = 'timeline';
    },
  },
  {
    id: 'view-messages',
    title: 'Messages',
    group: 'Views',
    keys: ['2'],
    when: withCapture,
    run: (page) => {
      page.session.view = 'messages';
    },
  },
  {
    id: 'view-values',
    title: 'Values',
    group: 'Views',
    keys: ['3'],
    when: withCapture,
    run: (page) => {
      page.session.view = 'values';
    },
  },
  {
    id: 'view-firmware',
    title: 'Firmware',
    group: 'Views',
    keys: ['4'],
    when: withCapture,
    run: (page) => {
      page.session.view = 'firmware';
    },
  },
  {
    id: 'view-sequence',
    title: 'Sequence',
    group: 'Views',
    keys: ['5'],
    when: withCapture,
    run: (page) => {
      page.session.view = 'sequence';
    },
  },
  {
    id: 'view-devices',
    title: 'Devices',
    group: 'Views',
    keys: ['6'],
    when: withCapture,
    run: (page) => {
      page.session.view = 'devices';
    },
  },
  {
    id: 'zoom-in',
    title: 'Zoom in',
    group: 'Timeline',
    keys: ['w'],
    when: withTimeline,
    run: (page) => page.session.timelineCommands?.zoomIn(),
  },
  {
    id: 'zoom-out',
    title: 'Zoom out',
    group: 'Timeline',
    keys: ['s'],
    when: withTimeline,
    run: (page) => page.session.timelineCommands?.zoomOut(),
  },
  {
    id: 'pan-left',
    title: 'Earlier',
    group: 'Timeline',
    keys: ['a'],
    when: withTimeline,
    run: (page) => page.session.timelineCommands?.panLeft(),
  },
  {
    id: 'pan-right',
    title: 'Later',
    group: 'Timeline',
    keys: ['d'],
    when: withTimeline,
    run: (page) => page.session.timelineCommands?.panRight(),
  },
  {
    id: 'fit',
    title: 'Fit the whole capture',
    group: 'Timeline',
    keys: ['f'],
    when: withTimeline,
    run: (page) => page.session.timelineCommands?.fit(),
  },
  ...SPAN_COMMANDS,
  {
    id: 'next',
    title: 'Next message',
    group: 'Messages',
    keys: ['.'],
    when: withList,
    run: (page) => page.session.listCommands?.step(1),
  },
  {
    id: 'previous',
    title: 'Previous message',
    group: 'Messages',
    keys: [','],
    when: withList,
    run: (page) => page.session.listCommands?.step(-1),
  },
  {
    id: 'list',
    title: 'Go to the message list',
    group: 'Messages',
    keys: ['l'],
    when: withList,
    run: (page) => page.session.listCommands?.focus(),
  },
  {
    id: 'next-update',
    title: 'Next update',
    group: 'Updates',
    keys: [']'],
    when: withUpdates,
    run: (page) => page.session.updateCommands?.step(1),
  },
  {
    id: 'previous-update',
    title: 'Previous update',
    group: 'Updates',
    keys: ['['],
    when: withUpdates,
    run: (page) => page.session.updateCommands?.step(-1),
  },
  {
    id: 'save-package',
    title: 'Save the package…',
    group: 'Updates',
    keys: [],
    when: withUpdates,
    run: (page) => page.session.updateCommands?.savePackage(),
  },
  {
    id: 'next-sample',
    title: 'Next sample',
    group: 'Values',
    keys: ['ArrowRight'],
    when: withValues,
    run: (page) => page.session.valueCommands?.step(1),
  },
  {
    id: 'previous-sample',
    title: 'Previous sample',
    group: 'Values',
    keys: ['ArrowLeft'],
    when: withValues,
    run: (page) => page.session.valueCommands?.step(-1),
  },
  ...(['csv', 'ndjson', 'svg', 'png'] as const).map((format): Command => ({
    id: `save-${format}`,
    title: `Save the chart${format === 'csv' || format === 'ndjson' ? '’s values' : ''} as ${format.toUpperCase()}`,
    group: 'Values',
    keys: [],
    when: (page) => withValues(page) && page.session.valueSeries.length > 0,
    run: (page) => void page.session.valueCommands?.save(format),
  })),
  {
    id: 'sequence-acks',
    title: 'Hide or show empty ACKs',
    group: 'Sequence',
    keys: ['e'],
    when: withSequence,
    run: (page) => page.session.sequenceCommands?.toggleAcks(),
  },
  {
    id: 'sequence-transfers',
    title: 'Fold or unfold all transfers',
    group: 'Sequence',
    keys: ['u'],
    when: withSequence,
    run: (page) => page.session.sequenceCommands?.toggleTransfers(),
  },
  ...(['svg', 'png'] as const).map((format): Command => ({
    id: `save-sequence-${format}`,
    title: `Save the ladder as ${format.toUpperCase()}`,
    group: 'Sequence',
    keys: [],
    when: withSequence,
    run: (page) => void page.session.sequenceCommands?.save(format),
  })),
  {
    id: 'time',
    title: 'Time of day, or seconds since the start',
    group: 'Messages',
    keys: ['t'],
    when: withCapture,
    run: (page) => {
      page.session.absoluteTime = !page.session.absoluteTime;
    },
  },
  {
    id: 'deselect',
    title: 'Select nothing',
    group: 'Messages',
    keys: ['Escape'],
    when: (page) => page.session.selectedRow !== undefined,
    run: (page) => page.session.deselect(),
  },
];

/** The commands, and a way to each mark of the capture that is open. */
export function commandsOf(page: PageState): Command[] {
  const marks = page.session.marks.map((mark): Command => ({
    id: `mark-${mark.id}`,
    title: `Go to mark: ${mark.text}`,
    group: 'Marks',
    keys: [],
    run: () => page.session.showTime(mark.time),
  }));
  return [...COMMANDS, ...marks];
}
