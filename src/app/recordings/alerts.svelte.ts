/** How an alert shows: as a count in the page's title, as a sound, as a notification of the system. */
export type AlertMeans = 'title' | 'sound' | 'notification';

/** The alert on live messages that the person asked for; of this page only, and gone with it. */
export class Alerts {
  /** The filter expression; empty where no alert is on. */
  text = $state('');
  means = $state.raw<readonly AlertMeans[]>(['title']);
  /** Messages that came since somebody last looked. */
  unseen = $state(0);
  /** Messages that the analysis has told of. */
  known = 0;
  /** Makes sounds and notifications, where they were asked for. */
  signal: (() => void) | undefined;

  /** What stands before the page's title. */
  get titlePrefix(): string {
    return this.unseen > 0 && this.means.includes('title') ? `(${this.unseen}) ` : '';
  }

  /** Takes the count that the analysis tells. */
  take(messages: number): void {
    if (messages > this.known) {
      this.unseen += messages - this.known;
      this.signal?.();
    }
    this.known = messages;
  }

  /** Somebody looks at the page. */
  look(): void {
    this.unseen = 0;
  }
}
