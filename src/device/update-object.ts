/** Names of the states of /5 and /33629, by value of resource 3 (Firmware Update object, LwM2M Core §E.6). */
export const FIRMWARE_STATES = ['Idle', 'Downloading', 'Downloaded', 'Updating'] as const;
export type FirmwareState = (typeof FIRMWARE_STATES)[number];

/** Names of the states of /9, by value of resource 7, Update State (Software Management object 1.0). */
export const SOFTWARE_STATES = [
  'Initial',
  'Download Started',
  'Downloaded',
  'Delivered',
  'Installed',
] as const;
export type SoftwareState = (typeof SOFTWARE_STATES)[number];

export type UpdateState = FirmwareState | SoftwareState;

export const FIRMWARE_OBJECT = 5;
export const ADVANCED_FIRMWARE_OBJECT = 33_629;
export const SOFTWARE_OBJECT = 9;

/** Values of resource 5, Update Result, that decide how an attempt ended (LwM2M Core §E.6). */
export const FirmwareResult = {
  initial: 0,
  updated: 1,
  updateFailed: 8,
  cancelled: 10,
  deferred: 11,
  conflictingState: 12,
  dependencyError: 13,
} as const;

/** Values of resource 9, Update Result, of /9 that say more than that something failed. */
export const SoftwareResult = {
  initial: 0,
  downloading: 1,
  installed: 2,
  verified: 3,
  integrity: 53,
  deviceError: 57,
  installFailed: 58,
  uninstallFailed: 59,
} as const;
/** From here on results of /9 are failures. */
export const FIRST_SOFTWARE_FAILURE = 50;

const FIRMWARE_RESULT_NAMES = [
  'Initial value',
  'Firmware updated successfully',
  'Not enough flash memory',
  'Out of RAM during download',
  'Connection lost during download',
  'Integrity check failed',
  'Unsupported package type',
  'Invalid URI',
  'Firmware update failed',
  'Unsupported protocol',
  'Firmware update cancelled',
  'Firmware update deferred',
  'Conflicting state',
  'Dependency error',
] as const;

const SOFTWARE_RESULT_NAMES: Readonly<Record<number, string>> = {
  0: 'Initial value',
  1: 'Downloading',
  2: 'Software installed successfully',
  3: 'Downloaded and integrity verified',
  50: 'Not enough storage',
  51: 'Out of memory during download',
  52: 'Connection lost during download',
  53: 'Integrity check failed',
  54: 'Unsupported package type',
  56: 'Invalid URI',
  57: 'Device defined update error',
  58: 'Software installation failed',
  59: 'Software uninstallation failed',
};

/** Name of an Update Result of an object; a value that the object does not define is named by number. */
export function updateResultName(objectId: number, value: number): string {
  const names = objectId === SOFTWARE_OBJECT ? SOFTWARE_RESULT_NAMES : FIRMWARE_RESULT_NAMES;
  return names[value] ?? `Result ${value}`;
}

/** What an executable resource of an update object asks for. */
export type UpdateCommand = 'update' | 'cancel' | 'install' | 'uninstall' | 'activate' | 'deactivate';

/** One object that updates a device: which resource is what. A resource that it does not have is -1. */
export interface UpdateObject {
  readonly objectId: number;
  readonly package: number;
  readonly uri: number;
  readonly state: number;
  readonly result: number;
  readonly packageName: number;
  readonly packageVersion: number;
  /** Version of what runs, told by the instance itself (/33629/x/15). */
  readonly currentVersion: number;
  readonly protocols: number;
  readonly delivery: number;
  readonly severity: number;
  readonly deferPeriod: number;
  readonly automatic: number;
  readonly linked: number;
  readonly conflicting: number;
  /** Executable resources. */
  readonly commands: Readonly<Record<number, UpdateCommand>>;
  /** Where its states are defined. */
  readonly clause: string;
}

const FIRMWARE: UpdateObject = {
  objectId: FIRMWARE_OBJECT,
  package: 0,
  uri: 1,
  state: 3,
  result: 5,
  packageName: 6,
  packageVersion: 7,
  currentVersion: -1,
  protocols: 8,
  delivery: 9,
  severity: 11,
  deferPeriod: 13,
  automatic: 14,
  linked: -1,
  conflicting: -1,
  commands: { 2: 'update', 10: 'cancel' },
  clause: 'LwM2M Core §E.6.1',
};

const ADVANCED_FIRMWARE: UpdateObject = {
  ...FIRMWARE,
  objectId: ADVANCED_FIRMWARE_OBJECT,
  currentVersion: 15,
  // Resource 14 is the component's name here.
  automatic: -1,
  linked: 16,
  conflicting: 17,
  clause: 'Advanced Firmware Update object /33629, State',
};

const SOFTWARE: UpdateObject = {
  objectId: SOFTWARE_OBJECT,
  package: 2,
  uri: 3,
  state: 7,
  result: 9,
  packageName: 0,
  packageVersion: 1,
  currentVersion: -1,
  protocols: -1,
  delivery: -1,
  severity: -1,
  deferPeriod: -1,
  automatic: -1,
  linked: -1,
  conflicting: -1,
  commands: { 4: 'install', 6: 'uninstall', 10: 'activate', 11: 'deactivate' },
  clause: 'Software Management object /9, Update State',
};

/** The object of a number, if it is one that updates a device: /5, /9 or /33629. Called for every message. */
export function updateObject(objectId: number): UpdateObject | undefined {
  if (objectId === FIRMWARE_OBJECT) return FIRMWARE;
  if (objectId === SOFTWARE_OBJECT) return SOFTWARE;
  return objectId === ADVANCED_FIRMWARE_OBJECT ? ADVANCED_FIRMWARE : undefined;
}
