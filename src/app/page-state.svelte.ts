import type { LiveOffer } from '../analysis/live-tap-protocol.ts';
import type { CaptureMoment } from '../capture/frame.ts';
import { Alerts } from './recordings/alerts.svelte.ts';
import { Recordings } from './recordings/recordings.svelte.ts';
import { Session } from './session.svelte.ts';
import { Theme } from './theme.svelte.ts';

/** What belongs to the page and not to a capture: theme, dialogs, where the keys lead. */
export class PageState {
  readonly session = new Session();
  readonly theme = new Theme();
  readonly recordings = new Recordings(this.session);
  readonly alerts = new Alerts();

  /** Why a capture could not even be fetched, one sentence. */
  fault = $state<string | undefined>();
  /** What the page's own server offers; undefined on a plain host of files. */
  live = $state.raw<LiveOffer | undefined>();
  /** Why that server does not say what it offers: the token of its printed address is missing. */
  liveRefusal = $state<string | undefined>();

  /** The dialog that is open. */
  dialog = $state<
    | 'keys'
    | 'commands'
    | 'decode-as'
    | 'objects'
    | 'clocks'
    | 'paste'
    | 'show-only'
    | 'tap'
    | 'mark'
    | 'alert'
    | undefined
  >();
  /** What was wrong in the object definitions that were loaded last, one line each; and what is to be said of them. */
  objectFaults = $state.raw<readonly string[]>([]);
  objectNotes = $state.raw<readonly string[]>([]);
  /** Text that was pasted onto the page and waits in the dialog. */
  pasted = '';
  /** The moment of the mark that its dialog asks about, as it was when the key was pressed. */
  markMoment: Promise<CaptureMoment | undefined> | undefined;
  /** Whether single keys without Ctrl or Command are commands; some people's tools type keys by accident. */
  singleKeys = $state(true);

  /** Asks for a mark on this moment. */
  askMark(): void {
    this.markMoment = this.session.attempt(this.session.client.captureMoment());
    this.dialog = 'mark';
  }

  /** Set by the filter box. */
  focusFilter: (() => void) | undefined;
  /** Set by the file picker. */
  pickFiles: (() => void) | undefined;
}
