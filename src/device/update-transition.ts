import type { UpdateState } from './update-object.ts';

/** What was accepted since a device last told its state; states between may have gone untold. */
export interface Happened {
  /** A package, or a URI of one, was taken. */
  began: boolean;
  /** Update or Install was executed. */
  executed: boolean;
  /** Reset, cancelled or uninstalled. */
  reset: boolean;
}

/** Where each state may go to at once, whoever asked for it (Firmware Update object, state diagram). */
const FIRMWARE_NEXT: Readonly<Record<string, readonly UpdateState[]>> = {
  // A package in one message, or a short one, is there before the device says that it comes.
  Idle: ['Downloading', 'Downloaded'],
  Downloading: ['Downloaded', 'Idle'],
  Downloaded: ['Updating', 'Idle'],
  Updating: ['Idle', 'Downloaded'],
};

/** The same of /9; a device that checks quickly never tells Downloaded. */
const SOFTWARE_NEXT: Readonly<Record<string, readonly UpdateState[]>> = {
  Initial: ['Download Started', 'Downloaded', 'Delivered'],
  'Download Started': ['Downloaded', 'Delivered', 'Initial'],
  Downloaded: ['Delivered', 'Initial'],
  Delivered: ['Installed', 'Initial'],
  Installed: ['Initial'],
};

/**
 * Whether a device of /5 or /33629 may tell `to` after `from`. A step over states is legal where a request that leads
 * there was accepted between; `isAutomatic` says that the device updates without being asked.
 */
export function isFirmwareStep(
  from: UpdateState,
  to: UpdateState,
  happened: Happened,
  isAutomatic: boolean,
): boolean {
  if (FIRMWARE_NEXT[from]?.includes(to) === true) return true;
  if (to === 'Updating') return happened.executed || isAutomatic || (from === 'Idle' && happened.began);
  // Back to Downloading: by way of Idle, and with another package.
  return happened.began;
}

/** Whether a device of /9 may tell `to` after `from`. */
export function isSoftwareStep(from: UpdateState, to: UpdateState, happened: Happened): boolean {
  if (SOFTWARE_NEXT[from]?.includes(to) === true) return true;
  if (to === 'Installed') return happened.executed;
  return happened.began;
}
