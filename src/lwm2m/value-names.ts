/** Names of values by object, then resource; a resource that shares its values with another names it once. */
type Names = Readonly<Record<number, string>>;

const SECURITY_MODES: Names = {
  0: 'Pre-Shared Key',
  1: 'Raw Public Key',
  2: 'Certificate',
  3: 'NoSec',
  4: 'Certificate with EST',
};

const BEARERS: Names = {
  0: 'GSM',
  1: 'TD-SCDMA',
  2: 'WCDMA',
  3: 'CDMA2000',
  4: 'WiMAX',
  5: 'LTE-TDD',
  6: 'LTE-FDD',
  7: 'NB-IoT',
  8: '5G-NR TDD',
  9: '5G-NR FDD',
  21: 'WLAN',
  22: 'Bluetooth',
  23: 'IEEE 802.15.4',
  41: 'Ethernet',
  42: 'DSL',
  43: 'PLC',
};

const FIRMWARE_STATES: Names = { 0: 'Idle', 1: 'Downloading', 2: 'Downloaded', 3: 'Updating' };

const FIRMWARE_RESULTS: Names = {
  0: 'Initial value',
  1: 'Firmware updated successfully',
  2: 'Not enough flash memory',
  3: 'Out of RAM during download',
  4: 'Connection lost during download',
  5: 'Integrity check failure',
  6: 'Unsupported package type',
  7: 'Invalid URI',
  8: 'Firmware update failed',
  9: 'Unsupported protocol',
  10: 'Firmware update cancelled',
  11: 'Firmware update deferred',
};

const PROTOCOLS: Names = {
  0: 'CoAP',
  1: 'CoAPS',
  2: 'HTTP',
  3: 'HTTPS',
  4: 'CoAP over TCP',
  5: 'CoAP over TLS',
};
const DELIVERY_METHODS: Names = { 0: 'Pull', 1: 'Push', 2: 'Pull and push' };
const SEVERITIES: Names = { 0: 'Critical', 1: 'Mandatory', 2: 'Optional' };

/** Objects 0, 3, 4, 5 and 9 by the OMA registry; 33629 by AVSystem's definition. */
const NAMES: Readonly<Record<number, Readonly<Record<number, Names>>>> = {
  0: {
    2: SECURITY_MODES,
    13: { 0: 'Exact match', 1: 'SHA-256 hash', 2: 'SHA-384 hash', 3: 'SHA-512 hash' },
    15: {
      0: 'CA constraint',
      1: 'Service certificate constraint',
      2: 'Trust anchor assertion',
      3: 'Domain-issued certificate',
    },
  },
  3: {
    6: {
      0: 'DC power',
      1: 'Internal battery',
      2: 'External battery',
      3: 'Fuel cell',
      4: 'Power over Ethernet',
      5: 'USB',
      6: 'AC (mains) power',
      7: 'Solar',
    },
    11: {
      0: 'No error',
      1: 'Low battery power',
      2: 'External power supply off',
      3: 'GPS module failure',
      4: 'Low received signal strength',
      5: 'Out of memory',
      6: 'SMS failure',
      7: 'IP connectivity failure',
      8: 'Peripheral malfunction',
    },
    20: {
      0: 'Normal',
      1: 'Charging',
      2: 'Charge complete',
      3: 'Damaged',
      4: 'Low battery',
      5: 'Not installed',
      6: 'Unknown',
    },
  },
  4: { 0: BEARERS, 1: BEARERS },
  5: { 3: FIRMWARE_STATES, 5: FIRMWARE_RESULTS, 8: PROTOCOLS, 9: DELIVERY_METHODS, 11: SEVERITIES },
  9: {
    7: { 0: 'Initial', 1: 'Download Started', 2: 'Downloaded', 3: 'Delivered', 4: 'Installed' },
    9: {
      0: 'Initial value',
      1: 'Downloading',
      2: 'Software installed successfully',
      3: 'Downloaded and integrity verified',
      50: 'Not enough storage',
      51: 'Out of memory during download',
      52: 'Connection lost during download',
      53: 'Integrity check failure',
      54: 'Unsupported package type',
      56: 'Invalid URI',
      57: 'Device-defined update error',
      58: 'Installation failure',
      59: 'Uninstallation failure',
    },
    12: { 0: 'Disabled', 1: 'Enabled' },
  },
  33629: {
    3: FIRMWARE_STATES,
    5: { ...FIRMWARE_RESULTS, 12: 'Conflicting state', 13: 'Dependency error' },
    8: PROTOCOLS,
    9: DELIVERY_METHODS,
    11: SEVERITIES,
  },
};

/** Name of an enumerated value such as 2 of /5/0/3, `Downloaded`; undefined where the registry names none. */
export function valueName(objectId: number, resourceId: number, value: number): string | undefined {
  return NAMES[objectId]?.[resourceId]?.[value];
}

/** Whether the values of a resource have names, so that they are states rather than amounts. */
export function hasValueNames(objectId: number, resourceId: number): boolean {
  return NAMES[objectId]?.[resourceId] !== undefined;
}
