import type { SpanScope } from '../analysis/span-protocol.ts';
import type { DeviceState } from '../analysis/device-protocol.ts';

/** How the state of a device's registration looks: a mark in a square of 10, its colour, and the state in words. */
export const DEVICE_STATES = {
  registered: { shape: 'M5 1a4 4 0 1 0 .01 0z', filled: true, colour: '--ok', text: 'registered' },
  expired: { shape: 'M5 1.4a3.6 3.6 0 1 0 .01 0z', filled: false, colour: '--muted', text: 'expired' },
  deregistered: { shape: 'M1.6 1.6h6.8v6.8H1.6z', filled: false, colour: '--muted', text: 'de-registered' },
  refused: { shape: 'M5 0l5 5-5 5-5-5z', filled: true, colour: '--error', text: 'refused' },
  lost: { shape: 'M5 .6L10 9.4H0z', filled: true, colour: '--warning-mark', text: 'lost' },
  unknown: { shape: 'M1 5h8', filled: false, colour: '--muted', text: 'not seen to register' },
} as const satisfies Record<DeviceState, object>;

/** A filter that chooses the messages of a device. */
export function deviceFilter(name: string): string {
  return `lwm2m.device == ${JSON.stringify(name)}`;
}

/** The messages of a device, to be shown alone. */
export function deviceScope({ name, device }: { name: string; device: number }): SpanScope {
  return { title: name, filter: deviceFilter(name), device };
}
