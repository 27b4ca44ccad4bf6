import type { AlertAnswer } from '../../analysis/recording-protocol.ts';
import { plural } from '../number-text.ts';
import type { Session } from '../session.svelte.ts';
import type { AlertMeans, Alerts } from './alerts.svelte.ts';

/** Sounds and notifications come at most this often, in milliseconds. */
const REST_MS = 2000;
/** The sound: pitch in hertz, length in seconds, loudness of 1. */
const PITCH = 880;
const LENGTH = 0.18;
const LOUDNESS = 0.12;

let sounding: AudioContext | undefined;

/**
 * Turns an alert on, in place of the one before; an empty text turns it off. Called by a press of a key or a button,
 * for sounds need one. Gives what is wrong in the text.
 */
export async function setAlert(
  session: Session,
  alerts: Alerts,
  text: string,
  means: readonly AlertMeans[],
): Promise<AlertAnswer | undefined> {
  if (text.trim() !== '' && means.includes('sound')) {
    sounding ??= new AudioContext();
    void sounding.resume();
  }
  const answer = await session.attempt(session.client.setAlert(text));
  if (answer?.ok !== true) return answer;
  alerts.text = text.trim();
  alerts.means = means;
  alerts.unseen = 0;
  alerts.known = 0;
  let last = -Infinity;
  alerts.signal = () => {
    const now = performance.now();
    if (now - last < REST_MS) return;
    last = now;
    signal(alerts);
  };
  return answer;
}

function signal({ means, text, unseen }: Alerts): void {
  if (means.includes('sound') && sounding !== undefined) beep(sounding);
  if (!means.includes('notification') || Notification.permission !== 'granted') return;
  const notification = new Notification(`${plural(unseen, 'message')} on the live tap`, {
    body: text,
    tag: 'lwm2m-scope alert',
  });
  notification.onclick = () => window.focus();
}

function beep(context: AudioContext): void {
  const tone = new OscillatorNode(context, { frequency: PITCH });
  const volume = new GainNode(context, { gain: LOUDNESS });
  tone.connect(volume).connect(context.destination);
  volume.gain.setTargetAtTime(0, context.currentTime + LENGTH / 2, LENGTH / 6);
  tone.start();
  tone.stop(context.currentTime + LENGTH);
}
