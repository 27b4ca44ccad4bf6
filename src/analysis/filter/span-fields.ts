import type { BootstrapEnd, BootstrapState } from '../../device/bootstrap-record.ts';
import type { FirmwareEnd } from '../../device/firmware-attempt.ts';
import type { RegistrationEnd, RegistrationState } from '../../device/registration-record.ts';
import { FIRMWARE_STATES, SOFTWARE_STATES } from '../../device/update-object.ts';
import { withoutCredentials } from '../../lwm2m/sensitive-data.ts';
import type { DeviceState } from '../device-protocol.ts';
import { OWN, namedByIndex } from './field-declaration.ts';
import type { EachValue, FilterField, IdOfRow, NumberOfRow } from './field.ts';
import type { DeviceFacts, KnownSpanText, MessageSpansAccess } from './spans-access.ts';

const SESSION_KINDS = ['registration', 'bootstrap'] as const;
const SESSION_STATES = [
  'registering',
  'registered',
  'assumed',
  'expired',
  'lost',
  'refused',
  'unanswered',
  'requested',
  'bootstrapping',
  'inconsistent',
] as const satisfies readonly (RegistrationState | BootstrapState)[];
const SESSION_ENDS = [
  'deregistered',
  'expired',
  'replaced',
  'lost',
  'refused',
  'unanswered',
  'open',
  'unknown',
  'finished',
  'failed',
  'abandoned',
] as const satisfies readonly (RegistrationEnd | BootstrapEnd)[];
const UPDATE_STATES = [...new Set([...FIRMWARE_STATES, ...SOFTWARE_STATES])];
const UPDATE_ENDS = [
  'updated',
  'failed',
  'cancelled',
  'deferred',
  'open',
  'unknown',
] as const satisfies readonly FirmwareEnd[];
const UPDATE_METHODS = ['push', 'pull'] as const;
const DEVICE_STATES = [
  'registered',
  'expired',
  'deregistered',
  'refused',
  'lost',
  'unknown',
] as const satisfies readonly DeviceState[];

const SHAPE = { where: 'values', wireshark: OWN } as const;

/** A field with named values, told by name. */
function named(
  name: string,
  title: string,
  names: readonly string[],
  of: (row: number) => string | undefined,
  each?: EachValue,
): FilterField {
  const index: NumberOfRow = (row) => {
    const text = of(row);
    const at = text === undefined ? -1 : names.indexOf(text);
    return at < 0 ? NaN : at;
  };
  const field = { kind: 'enumerated', ...SHAPE, name, title, numeric: false, sources: [index] } as const;
  const whole = { ...field, values: namedByIndex(names) };
  return each === undefined ? whole : { ...whole, each };
}

/** Fields of the device of a message, of the sessions it belongs to, and of the updates. */
export function spanFields(access: MessageSpansAccess, deviceOf: IdOfRow): FilterField[] {
  const { known } = access;
  return [
    ...deviceFields(access, deviceOf, known),
    ...sessionFields(access, known),
    ...updateFields(access, known),
  ];
}

type Known = (what: KnownSpanText) => readonly string[];

function deviceFields(access: MessageSpansAccess, deviceOf: IdOfRow, known: Known): FilterField[] {
  const one = (key: 'endpoint' | 'manufacturer' | 'model' | 'firmware', title: string): FilterField => ({
    kind: 'text',
    ...SHAPE,
    name: `device.${key}`,
    title,
    textOfRow: (row) => {
      const device = deviceOf(row);
      return device < 0 ? undefined : access.device(device)[key];
    },
    known: () => known(`device.${key}`),
  });
  const several = (
    name: string,
    key: Exclude<keyof DeviceFacts, 'endpoint' | 'manufacturer' | 'model' | 'firmware'>,
    title: string,
  ): FilterField => ({
    kind: 'text',
    ...SHAPE,
    name: `device.${name}`,
    title,
    idOf: deviceOf,
    textOf: (device) => access.device(device)[key].join('\n'),
    partsOf: (joined) => (joined === '' ? [] : joined.split('\n')),
    known: () => known(`device.${key}`),
  });
  return [
    one('endpoint', 'endpoint client name of the device'),
    named('device.state', 'what became of its last registration', DEVICE_STATES, access.deviceState),
    several('version', 'versions', 'each version of LwM2M it registered with'),
    several('binding', 'bindings', 'each binding mode it registered with'),
    several('security', 'security', 'each way its messages are protected'),
    several('address', 'addresses', 'each own address with its port'),
    several('server', 'servers', 'each server it talked with'),
    one('manufacturer', 'manufacturer that it told last'),
    one('model', 'model number that it told last'),
    one('firmware', 'firmware version that it told last'),
    {
      kind: 'number',
      ...SHAPE,
      name: 'device.messages',
      title: 'how many messages it has',
      whole: true,
      sources: [access.deviceMessages],
    },
  ];
}

function sessionFields(access: MessageSpansAccess, known: Known): FilterField[] {
  const { session, eachSession: each } = access;
  const text = (key: 'endpoint' | 'location' | 'version' | 'binding', title: string): FilterField => ({
    kind: 'text',
    ...SHAPE,
    name: `session.${key}`,
    title,
    textOfRow: () => session()[key],
    known: () => known(`session.${key}`),
    each,
  });
  return [
    {
      kind: 'text',
      ...SHAPE,
      name: 'session.id',
      title: 'id of the first message of the session',
      textOfRow: access.sessionId,
      known: () => known('session.id'),
      each,
    },
    named('session.kind', 'registration or bootstrap', SESSION_KINDS, () => session().kind, each),
    named('session.state', 'its state when the message came', SESSION_STATES, access.sessionState, each),
    named('session.ended', 'how it ended', SESSION_ENDS, () => session().ended, each),
    {
      kind: 'text',
      ...SHAPE,
      name: 'session.server',
      title: 'address of its server with the port',
      textOfRow: access.sessionServer,
      known: () => known('session.server'),
      each,
    },
    text('endpoint', 'endpoint client name in its request'),
    text('location', 'location of the registration'),
    text('version', 'version of LwM2M in force'),
    {
      kind: 'number',
      ...SHAPE,
      name: 'session.lifetime',
      title: 'lifetime in force last',
      whole: true,
      unit: 'seconds',
      sources: [() => session().lifetime ?? NaN],
      each,
    },
    text('binding', 'binding mode in force last'),
    {
      kind: 'boolean',
      ...SHAPE,
      name: 'session.queue',
      title: 'the client uses queue mode',
      sources: [
        () => {
          const { queue } = session();
          return queue === undefined ? NaN : Number(queue);
        },
      ],
      each,
    },
  ];
}

function updateFields(access: MessageSpansAccess, known: Known): FilterField[] {
  const { update, eachUpdate: each } = access;
  const text = (
    name: string,
    what: KnownSpanText,
    title: string,
    of: () => string | undefined,
  ): FilterField => ({
    kind: 'text',
    ...SHAPE,
    name: `firmware.${name}`,
    title,
    textOfRow: of,
    known: () => known(what),
    each,
  });
  return [
    {
      kind: 'text',
      ...SHAPE,
      name: 'firmware.id',
      title: 'id of the first message of the update',
      idOf: () => update().index,
      textOf: access.updateId,
      known: () => known('firmware.id'),
      each,
    },
    text('object', 'firmware.object', 'object instance that is updated', () => {
      const { objectId, instanceId } = update();
      return `/${objectId}/${instanceId}`;
    }),
    named('firmware.state', 'its state when the message came', UPDATE_STATES, access.updateState, each),
    {
      kind: 'number',
      ...SHAPE,
      name: 'firmware.result',
      title: 'its result, by number or in words',
      whole: true,
      sources: [() => update().result?.value ?? NaN],
      each,
      orText: {
        kind: 'text',
        ...SHAPE,
        name: 'firmware.result',
        title: 'its result in words',
        textOfRow: () => update().result?.name,
        known: () => known('firmware.result'),
        each,
      },
    },
    named('firmware.ended', 'how it ended', UPDATE_ENDS, () => update().ended, each),
    named('firmware.method', 'which way the package came', UPDATE_METHODS, () => update().method, each),
    text('uri', 'firmware.uri', 'address of the package', () => {
      const { uri } = update();
      // What the address gives away is not told, here as in the page.
      return uri === undefined ? undefined : withoutCredentials(uri);
    }),
    text('package.name', 'firmware.package', 'name of the package', () => update().package.name),
    text('package.version', 'firmware.version', 'version of the package', () => update().package.version),
    text('before.version', 'firmware.before', 'version that ran before', () => update().before.version),
    text('after.version', 'firmware.after', 'version that ran after', () => update().after.version),
  ];
}
