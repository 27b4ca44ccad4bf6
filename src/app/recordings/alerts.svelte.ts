import { plural } from '../number-text.ts';
import type { Session } from '../session.svelte.ts';
import type { AlertAnswer } from '../../analysis/recording-protocol.ts';

/** How an alert shows: as a count in the page's title, as a sound, as a notification of the system. */
export type AlertMeans = 'title' | 'sound' | 'notification';

/** Sounds and notifications come at most this often, in milliseconds. */
const REST_MS = 2000;
/** The sound: pitch in hertz, length in seconds, loudness of 1. */
const PITCH = 880;
const LENGTH = 0.18;
const LOUDNESS = 0.12;

/** The alert on live messages that the person asked for; of this page only, and gone with it. */
export class Alerts {
  /** The filter expression; empty where no alert is on. */
  text = $state('');
  means = $state.raw<readonly AlertMeans[]>(['title']);
  /** Messages that came since somebody last looked. */
  unseen = $state(0);

  #known = 0;
  #lastLoud = -Infinity;
  #sound: AudioContext | undefined;

  constructor(private readonly session: Session) {}

  /** What stands before the page's title. */
  get titlePrefix(): string {
    return this.unseen > 0 && this.means.includes('title') ? `(${this.unseen}) ` : '';
  }

  /**
   * Turns an alert on, in place of the one before; an empty text turns it off. Called by a press of a key or a button,
   * for sounds need one. Gives what is wrong in the text.
   */
  async set(text: string, means: readonly AlertMeans[]): Promise<AlertAnswer | undefined> {
    if (text.trim() !== '' && means.includes('sound')) {
      this.#sound ??= new AudioContext();
      void this.#sound.resume();
    }
    const answer = await this.session.attempt(this.session.client.setAlert(text));
    if (answer?.ok !== true) return answer;
    this.text = text.trim();
    this.means = means;
    this.unseen = 0;
    this.#known = 0;
    return answer;
  }

  /** Takes the count that the analysis tells. */
  take(messages: number): void {
    if (messages > this.#known) {
      this.unseen += messages - this.#known;
      this.#tell();
    }
    this.#known = messages;
  }

  /** Somebody looks at the page. */
  look(): void {
    this.unseen = 0;
  }

  #tell(): void {
    const now = performance.now();
    if (now - this.#lastLoud < REST_MS) return;
    this.#lastLoud = now;
    if (this.means.includes('sound')) this.#beep();
    if (this.means.includes('notification') && Notification.permission === 'granted') {
      const notification = new Notification(`${plural(this.unseen, 'message')} on the live tap`, {
        body: this.text,
        tag: 'lwm2m-scope alert',
      });
      notification.onclick = () => window.focus();
    }
  }

  #beep(): void {
    const context = this.#sound;
    if (context === undefined) return;
    const tone = new OscillatorNode(context, { frequency: PITCH });
    const volume = new GainNode(context, { gain: LOUDNESS });
    tone.connect(volume).connect(context.destination);
    volume.gain.setTargetAtTime(0, context.currentTime + LENGTH / 2, LENGTH / 6);
    tone.start();
    tone.stop(context.currentTime + LENGTH);
  }
}
