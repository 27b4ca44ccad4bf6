import type { JsonObject } from '../../src/analysis/records/json.ts';
import type { Capture } from './capture.ts';
import type { Claim, Told } from './claim.ts';

/** What is known of a capture of Anjay: the line of INDEX.tsv that says what the test did, and the client's log. */
export interface AnjayTruth {
  shows: string;
  log: string;
}

const READ = ['Read', 'Bootstrap-Read'];
const WRITE = ['Write-Replace', 'Write-Partial-Update', 'Bootstrap-Write'];

/** Steps of Anjay's tests that stand for one operation at least, by the name of the test's own function. */
const STEPS: readonly [RegExp, readonly string[]][] = [
  [
    /^(Read|read_(resource|path|object|instance|state|update_result|bytes|activation_state)|lwm2m_read_int_resource|test_read)$/,
    READ,
  ],
  [/^read_composite$/, ['Read-Composite']],
  [
    /^(Write|write_(resource|instance|resource_instance|resource_payload|instance_payload|path)|test_write(_validated)?)$/,
    WRITE,
  ],
  [/^write_(firmware|software)_.*$/, WRITE],
  [/^write_composite$/, ['Write-Composite']],
  [/^(WriteAttributes|write_attributes(_path)?)$/, ['Write-Attributes']],
  [/^(Execute|execute_resource|test_execute|perform_(firmware|software)_\w+)$/, ['Execute']],
  [/^(Create|create_instance(_with_payload)?)$/, ['Create']],
  [/^(Delete|delete_instance)$/, ['Delete', 'Bootstrap-Delete']],
  [/^(discover(_path)?|test_discover)$/, ['Discover', 'Bootstrap-Discover']],
  [/^(Observe|observe(_path)?|test_observe)$/, ['Observe']],
  [/^Notify$/, ['Notify']],
  [/^(Register|assertDemoRegisters)$/, ['Register']],
  [/^(Update|assertDemoUpdatesRegistration)$/, ['Update']],
  [/^(Deregister|assertDemoDeregisters)$/, ['De-register']],
  [/^(RequestBootstrap|assertDemoRequestsBootstrap)$/, ['Bootstrap-Request']],
  [/^(BootstrapFinish|perform_bootstrap_finish|perform_typical_bootstrap)$/, ['Bootstrap-Finish']],
];

/** Codes by the names that Anjay's tests give to messages. */
const CODES: Readonly<Record<string, RegExp>> = {
  Changed: /^2\.04$/,
  Content: /^2\.05$/,
  Created: /^2\.01$/,
  Deleted: /^2\.02$/,
  Continue: /^2\.31$/,
  ErrorResponse: /^[45]\.\d\d$/,
};

/** Objects by their names in Anjay's tests, and the resources that its captures name. */
const OBJECTS: Readonly<Record<string, [id: number, resources?: Readonly<Record<string, number>>]>> = {
  Security: [0, { ServerURI: 0, Mode: 2, DtlsTlsCiphersuite: 16, ClientHoldOffTime: 11 }],
  Server: [
    1,
    {
      Lifetime: 1,
      DefaultMaxPeriod: 3,
      Disable: 4,
      DisableTimeout: 5,
      NotificationStoring: 6,
      Binding: 7,
      RequestBootstrapTrigger: 9,
    },
  ],
  AccessControl: [2],
  Device: [3, { Manufacturer: 0, ModelNumber: 1, SerialNumber: 2, Reboot: 4, CurrentTime: 13 }],
  FirmwareUpdate: [5, { Package: 0, PackageURI: 1, State: 3, UpdateResult: 5 }],
  Location: [6, { Latitude: 0 }],
  SoftwareManagement: [9],
  CellularConnectivity: [
    10,
    {
      ActivatedProfileNames: 11,
      PowerSavingModes: 13,
      ActivePowerSavingModes: 14,
      ServingPLMNRateControl: 6,
    },
  ],
  Portfolio: [16, { Identity: 0 }],
  BinaryAppDataContainer: [19, { Data: 0 }],
  Lwm2mGateway: [25],
  PushButton: [3347, { DigitalInputState: 5500, DigitalInputCounter: 5501 }],
  AdvancedFirmwareUpdate: [33629],
  Test: [
    33605,
    {
      Timestamp: 0,
      Counter: 1,
      IncrementCounter: 2,
      LastExecArgsArray: 4,
      ResRawBytes: 12,
      ResInt: 5,
      ResBool: 6,
      ResFloat: 7,
      ResString: 8,
      ResObjlnk: 9,
      ResDouble: 20,
      IntArray: 3,
    },
  ],
  GeoPoints: [33608, { Latitude: 0, Longitude: 1, Radius: 2, Description: 3, Inside: 4 }],
};

const coapOf = (record: JsonObject): JsonObject => (record.coap ?? {}) as JsonObject;
const lwm2mOf = (record: JsonObject): JsonObject => (record.lwm2m ?? {}) as JsonObject;
const isRequest = (record: JsonObject): boolean => String(coapOf(record).code).startsWith('0');

/** A claim that one more message is there that fits. */
function claim(
  said: string,
  purpose: string,
  fits: (record: JsonObject, capture: Capture) => boolean,
  told: Told = {},
): Claim {
  const find = (capture: Capture): JsonObject[] => capture.take(purpose, (record) => fits(record, capture));
  return { said, parts: [{ role: 'message', find, told }] };
}

const answerOf = (capture: Capture, record: JsonObject): JsonObject =>
  coapOf(capture.answersTo([record])[0] ?? {});
const isAccepted = (capture: Capture, record: JsonObject): boolean =>
  String(answerOf(capture, record).code).startsWith('2.');

function stepClaims(steps: readonly string[]): Claim[] {
  return steps.flatMap((step) => {
    const operations = STEPS.find(([pattern]) => pattern.test(step))?.[1];
    if (operations !== undefined) {
      const isNotify = operations.includes('Notify');
      const fits = (record: JsonObject): boolean =>
        operations.includes(lwm2mOf(record).operation as string) && (isNotify || isRequest(record));
      return [claim(`step ${step}`, operations.join(), fits)];
    }
    const code = CODES[step];
    return code === undefined
      ? []
      : [claim(`step ${step}`, step, (record) => code.test(String(coapOf(record).code)))];
  });
}

/** Claims that a capture speaks of the objects and resources that its test names. */
function dataClaims(names: readonly string[]): Claim[] {
  return names.flatMap((name) => {
    const [object, resource] = name.replace(/^\//, '').split('.');
    const known = OBJECTS[object!];
    const objectId = known?.[0] ?? (/^\d+$/.test(object!) ? Number(object) : undefined);
    if (objectId === undefined) return [];
    const resourceId = resource === undefined ? undefined : known?.[1]?.[resource];
    if (resource !== undefined && resourceId === undefined) return [];
    const pattern = new RegExp(
      resourceId === undefined ? `^/${objectId}(/|$)` : `^/${objectId}(/\\d+/${resourceId}(/|$)|(/\\d+)?$)`,
    );
    const pathsOf = (record: JsonObject): string[] => {
      const { path, paths = [], values = [] } = lwm2mOf(record);
      return [path, ...(paths as string[]), ...(values as JsonObject[]).map((value) => value.path)].map(
        String,
      );
    };
    return [
      claim(`data ${name}`, `data ${name}`, (record) => pathsOf(record).some((path) => pattern.test(path))),
    ];
  });
}

/** Where the Package URI is, by the module that logs the start of a download. */
function uriPath(module: string, instance: string | undefined): string {
  if (module === 'fw_update') return '/5/0/1';
  return module === 'sw_mgmt' ? `/9/${instance}/3` : `/33629/${instance}/1`;
}

function logClaims(log: string): Claim[] {
  const claims: Claim[] = [];
  for (const line of log.split('\n')) {
    const [, module, text] = /\[(\w+)\] \[\w+\.c:\d+\]: (.*)$/.exec(line) ?? [];
    if (text === undefined) continue;
    const location = /^registration successful, location = (\S*)/.exec(text)?.[1];
    const started = /^(?:IID (\d+): |\[iid=(\d+)\] )?download started: (\S+)/.exec(text);
    const scheduled = /^download scheduled: coap:\/\/[^/]*:(\d+)(\/\S*)$/.exec(text);
    if (location !== undefined)
      claims.push(
        claim(
          text,
          'log Register',
          (record, capture) =>
            isRequest(record) &&
            lwm2mOf(record).operation === 'Register' &&
            answerOf(capture, record).code === '2.01',
        ),
        claim(
          text,
          'log Created',
          (record) => coapOf(record).code === '2.01' && lwm2mOf(record).operation === 'Register',
          { location },
        ),
      );
    if (text === 'registration successfully updated')
      claims.push(
        claim(
          text,
          'log Update',
          (record, capture) =>
            isRequest(record) && lwm2mOf(record).operation === 'Update' && isAccepted(capture, record),
        ),
      );
    if (/is: DEREGISTERED$/.test(text))
      claims.push(
        claim(
          text,
          'log De-register',
          (record) => isRequest(record) && lwm2mOf(record).operation === 'De-register',
        ),
      );
    if (started !== null) {
      const path = uriPath(module!, started[1] ?? started[2]);
      const fits = (record: JsonObject): boolean =>
        isRequest(record) &&
        WRITE.includes(lwm2mOf(record).operation as string) &&
        ((lwm2mOf(record).values ?? []) as JsonObject[]).some(
          (one) => one.path === path && one.value === started[3],
        );
      // One that goes on after a restart needs no new Write.
      claims.push(claim(text, `${path} ${claims.length}`, fits));
    }
    if (scheduled !== null) {
      const [, port, uri] = scheduled;
      const fits = (record: JsonObject): boolean =>
        coapOf(record).code === '0.01' &&
        (coapOf(record).uri_path ?? '/') === uri &&
        (record.udp as JsonObject | undefined)?.dstport === Number(port);
      claims.push(claim(text, 'log GET', fits));
    }
  }
  return claims;
}

/** Everything that a test of Anjay and its client's log say of operations. */
export function anjayClaims({ shows, log }: AnjayTruth): Claim[] {
  const listOf = (name: string): string[] =>
    new RegExp(`${name}: ([^|]*)`)
      .exec(shows)?.[1]
      ?.replace(/ ?\.\.\.$/, '')
      .split(', ')
      .map((one) => one.trim()) ?? [];
  return [...stepClaims(listOf('steps')), ...dataClaims(listOf('data')), ...logClaims(log)];
}
