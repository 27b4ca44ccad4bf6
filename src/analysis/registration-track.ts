import type { Nanoseconds } from '../capture/units.ts';
import { codeText } from '../coap/code.ts';
import type { Registration, RegistrationState } from '../device/registration-record.ts';
import { bindingText, type RegistrationUpdate } from '../device/registration-update.ts';
import { OPEN_END, type Span } from '../device/span.ts';
import { secondsText } from './life-tracks.ts';
import { SpanLook } from './timeline-protocol.ts';
import type { SpanBuilder } from './span-builder.ts';

/** Adds the states of a device's registrations; what an Update changed begins a span of its own. */
export function addRegistrations(
  registrations: readonly Registration[],
  window: { from: Nanoseconds; to: Nanoseconds },
  clock: Nanoseconds,
  builder: SpanBuilder,
): void {
  for (const registration of registrations) {
    for (const span of registration.spans) {
      const to = span.to === OPEN_END ? Math.max(clock, span.from) : span.to;
      if (to < window.from || span.from > window.to) continue;
      if (span.state === 'registered') addRegistered(registration, span, to, builder);
      else builder.add(span.from, to, LOOKS[span.state], span.row, labelOf(span.state, registration));
    }
  }
}

const LOOKS: Readonly<Record<RegistrationState, number>> = {
  registered: SpanLook.registered,
  assumed: SpanLook.unproven,
  registering: SpanLook.registering,
  expired: SpanLook.expired,
  lost: SpanLook.lost,
  refused: SpanLook.refused,
  unanswered: SpanLook.unanswered,
};

function labelOf(state: RegistrationState, { code }: Registration): string {
  switch (state) {
    case 'registered':
      return 'Registered';
    case 'assumed':
      return 'Registered (answer not seen)';
    case 'registering':
      return 'Registering';
    case 'expired':
      return 'Expired';
    case 'lost':
      return 'Lost: 4.04 to an Update';
    case 'refused':
      return `Refused ${codeText(code)}`;
    case 'unanswered':
      return 'Register unanswered';
  }
}

/** A registered span, cut where an Update changed something, each piece with what was in force. */
function addRegistered(
  registration: Registration,
  span: Span<RegistrationState>,
  to: Nanoseconds,
  builder: SpanBuilder,
): void {
  const changes = registration.changes.filter(({ time }) => time > span.from && time < to);
  let { from, row } = span;
  let label = '';
  for (let index = 0; index <= changes.length; index++) {
    const change = changes[index];
    const { lifetime, binding } = parametersUntil(registration, change?.time ?? to);
    const parameters = `lifetime ${lifetime ?? '?'} s · binding ${binding ?? '?'}`;
    const end = change?.time ?? to;
    builder.add(from, end, SpanLook.registered, row, `Registered · ${parameters}${label}`);
    if (change === undefined) break;
    from = change.time;
    row = change.row;
    label = ` · ${updateText(change)}`;
  }
}

/** Lifetime and binding before a time: what the next change to each one changed, else what is in force. */
function parametersUntil(
  registration: Registration,
  time: Nanoseconds,
): { lifetime: number | undefined; binding: string | undefined } {
  const later = registration.changes.filter((change) => change.time >= time);
  const lifetime = later.find((change) => change.lifetime !== undefined)?.lifetime?.from;
  const binding = later.find((change) => change.binding !== undefined)?.binding?.from;
  return {
    lifetime: lifetime ?? registration.lifetime,
    binding: binding ?? bindingText(registration.binding, registration.queue),
  };
}

/** What an Update changed, in words: `lifetime 60 → 120 s, + /3303/0`. */
export function updateText(update: RegistrationUpdate): string {
  const parts: string[] = [];
  const { lifetime, binding, sms, added, removed, versions, late } = update;
  if (lifetime !== undefined) parts.push(`lifetime ${lifetime.from} → ${lifetime.to} s`);
  if (binding !== undefined) parts.push(`binding ${binding.from ?? '?'} → ${binding.to ?? '?'}`);
  if (sms !== undefined) parts.push(sms.from === undefined ? `SMS ${sms.to ?? ''}` : 'SMS changed');
  if (added !== undefined) parts.push(listText('+', added));
  if (removed !== undefined) parts.push(listText('−', removed));
  if (versions !== undefined)
    parts.push(versions.map(({ path, version }) => `${path} version ${version ?? '1.0'}`).join(', '));
  if (late !== undefined) parts.push(`${secondsText(late)} after the lifetime was over`);
  return parts.join(', ');
}

/** Paths that are named in one text; of more, their number. */
const NAMED_PATHS = 4;

function listText(sign: string, paths: readonly string[]): string {
  const named = paths.slice(0, NAMED_PATHS).join(' ');
  return paths.length > NAMED_PATHS
    ? `${sign} ${named} and ${paths.length - NAMED_PATHS} more`
    : `${sign} ${named}`;
}
