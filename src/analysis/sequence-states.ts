import type { Nanoseconds } from '../capture/units.ts';
import { OPEN_END } from '../device/span.ts';
import type { Analysis } from './analysis.ts';
import type { SequenceLanes } from './sequence-lanes.ts';
import type { SequenceLine } from './sequence-protocol.ts';

interface RegisteredSpan {
  from: Nanoseconds;
  to: Nanoseconds;
  bit: number;
  isAssumed: boolean;
}

interface UpdateSpan {
  from: Nanoseconds;
  to: Nanoseconds;
  state: string;
  isInferred: boolean;
}

/** What was the case with a device at a time: where it was registered, and how its update stood. */
export class SequenceStates {
  readonly #registered: RegisteredSpan[] = [];
  readonly #updates: UpdateSpan[] = [];

  /** Gathers the spans of one device; without one (-1) there are none to tell. */
  constructor(analysis: Analysis, lanes: SequenceLanes, device: number) {
    if (device < 0) return;
    const { registrations, firmware, devices } = analysis.tracking.devices;
    for (const registration of registrations.registrations) {
      if (registration.duplicateOf >= 0 || devices.resolve(registration.device) !== device) continue;
      const lane = lanes.ofEndpoint(registration.serverEndpoint);
      if (lane < 0) continue;
      for (const { state, from, to } of registration.spans)
        if (state === 'registered' || state === 'assumed')
          this.#registered.push({ from, to, bit: 1 << lane, isAssumed: state === 'assumed' });
    }
    for (const attempt of firmware.attempts) {
      if (devices.resolve(attempt.device) !== device) continue;
      attempt.states.forEach(({ time, state, how }, index) => {
        const to = attempt.states[index + 1]?.time ?? (attempt.to === OPEN_END ? OPEN_END : attempt.to);
        this.#updates.push({ from: time, to: Math.max(time, to), state, isInferred: how === 'inferred' });
      });
    }
    this.#updates.sort((one, other) => one.from - other.from);
  }

  /** The states at a time. */
  at(time: Nanoseconds): Pick<SequenceLine, 'registered' | 'assumed' | 'firmware' | 'isFirmwareInferred'> {
    let registered = 0;
    let assumed = 0;
    for (const span of this.#registered) {
      if (span.from > time || span.to < time) continue;
      if (span.isAssumed) assumed |= span.bit;
      else registered |= span.bit;
    }
    const update = this.#updates.findLast(({ from, to }) => from <= time && time <= to);
    return {
      registered,
      assumed,
      firmware: update?.state ?? '',
      isFirmwareInferred: update?.isInferred ?? false,
    };
  }
}
