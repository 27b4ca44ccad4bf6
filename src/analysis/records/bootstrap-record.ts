import { codeText } from '../../coap/code.ts';
import { NO_ROW } from '../../capture/units.ts';
import type { Bootstrap, BootstrapStep } from '../../device/bootstrap-record.ts';
import { isTrue, ProvisionedObject, type ProvisionedInstance } from '../../device/provisioned-instances.ts';
import { Operation, OPERATION_NAMES } from '../../lwm2m/operation.ts';
import { withoutCredentials } from '../../lwm2m/sensitive-data.ts';
import type { JsonObject } from './json.ts';
import type { RecordContext } from './record-context.ts';
import { addEvidence } from './session-record.ts';

/** Security modes of the Security object, resource 2 (LwM2M Core, appendix E.1). */
const SECURITY_MODES: Readonly<Record<number, string>> = {
  0: 'PSK',
  1: 'RPK',
  2: 'Certificate',
  3: 'NoSec',
  4: 'Certificate with EST',
};
/** Security object, resource 17: the OSCORE instance of an account. */
const OSCORE_LINK = 17;

/** The record of one bootstrap (`sessions`). Keys and identities are in none: only that there are some. */
export function bootstrapRecord(context: RecordContext, bootstrap: Bootstrap): JsonObject {
  const { analysis, facts, devices, redact } = context;
  const { flows, conversations } = analysis.frames;
  const { registrations, bootstraps } = analysis.tracking.devices;
  const record: JsonObject = { session: 'bootstrap' };
  const device = bootstraps.deviceOf(bootstrap);
  if (device >= 0) record.device = devices.name(device);
  if (bootstrap.endpoint !== undefined) record.endpoint = bootstrap.endpoint;
  record.server = flows.endpointText(bootstrap.serverEndpoint);
  record.address = flows.endpointText(bootstrap.deviceEndpoint);
  record.security = conversations.securityOf(bootstrap.conversation);
  if (bootstrap.initiated !== undefined) record.initiated = bootstrap.initiated;
  if (bootstrap.isFallback) record.fallback = true;
  record.from = facts.timeText(bootstrap.from);
  if (Number.isFinite(bootstrap.to)) record.to = facts.timeText(bootstrap.to);
  record.ended = bootstrap.ended;
  if (bootstrap.code !== 0) record.code = codeText(bootstrap.code);
  record.servers = accounts(bootstrap, redact);
  const unpaired = serverInstances(bootstrap);
  if (unpaired.length > 0) record.server_instances = unpaired;
  const owners = bootstrap.instances.of(ProvisionedObject.accessControl).map(accessControl);
  if (owners.length > 0) record.access_controls = owners;
  const contexts = bootstrap.instances.of(ProvisionedObject.oscore);
  if (contexts.length > 0) record.oscore_instances = contexts.map(({ instanceId }) => instanceId);
  record.wrote = acceptedPaths(bootstrap, Operation.bootstrapWrite);
  record.deleted = acceptedPaths(bootstrap, Operation.bootstrapDelete);
  record.operations = bootstrap.steps.map((step) => stepRecord(step, facts.id(step.row)));
  if (bootstrap.stepCount > bootstrap.steps.length) record.operations_count = bootstrap.stepCount;
  const registration = registrations.registrations[bootstrap.registration];
  if (registration !== undefined) {
    const led: JsonObject = { server: flows.endpointText(registration.serverEndpoint) };
    if (registration.location !== undefined) led.location = registration.location;
    led.id = facts.id(registration.requestRow);
    record.registration = led;
  }
  addEvidence(record, bootstrap.evidence, facts);
  return record;
}

function acceptedPaths({ steps }: Bootstrap, operation: number): string[] {
  const accepted = steps.filter((step) => step.operation === operation && step.code >> 5 === 2);
  return [...new Set(accepted.map(({ pathText }) => pathText))];
}

function stepRecord(step: BootstrapStep, id: string): JsonObject {
  const record: JsonObject = { operation: OPERATION_NAMES[step.operation]!, path: step.pathText };
  if (step.answerRow !== NO_ROW) record.code = codeText(step.code);
  record.id = id;
  return record;
}

/** The Security instances, each with what the Server instance of the same short server id says. */
function accounts({ instances }: Bootstrap, redact: boolean): JsonObject[] {
  const servers = instances.of(ProvisionedObject.server);
  return instances.of(ProvisionedObject.security).map(({ instanceId, values, secrets }) => {
    const account: JsonObject = { instance: instanceId };
    const uri = values.get(0);
    if (uri !== undefined) account.uri = redact ? withoutCredentials(String(uri)) : String(uri);
    if (values.has(1)) account.bootstrap = isTrue(values.get(1));
    const mode = values.get(2);
    if (mode !== undefined) account.security = SECURITY_MODES[Number(mode)] ?? String(mode);
    if (values.has(OSCORE_LINK) && Number(values.get(OSCORE_LINK)) % 65536 !== 65535) account.oscore = true;
    if (secrets.has(5)) account.key = true;
    const shortId = values.get(10);
    if (shortId !== undefined) account.short_server_id = shortId;
    const server = servers.find((one) => shortId !== undefined && one.values.get(0) === shortId);
    if (server !== undefined) addServer(account, server, 'server_instance');
    return account;
  });
}

/** The Server instances that no account names. */
function serverInstances({ instances }: Bootstrap): JsonObject[] {
  const named = new Set(instances.of(ProvisionedObject.security).map(({ values }) => values.get(10)));
  return instances
    .of(ProvisionedObject.server)
    .filter(({ values }) => values.get(0) === undefined || !named.has(values.get(0)))
    .map((server) => {
      const record: JsonObject = {};
      const shortId = server.values.get(0);
      addServer(record, server, 'instance');
      if (shortId !== undefined) record.short_server_id = shortId;
      return record;
    });
}

function addServer(record: JsonObject, { instanceId, values }: ProvisionedInstance, key: string): void {
  record[key] = instanceId;
  const lifetime = values.get(1);
  if (lifetime !== undefined) record.lifetime = lifetime;
  const binding = values.get(7);
  if (binding !== undefined) record.binding = binding;
}

function accessControl({ instanceId, values }: ProvisionedInstance): JsonObject {
  const record: JsonObject = { instance: instanceId };
  const names: [string, number][] = [
    ['object', 0],
    ['object_instance', 1],
    ['owner', 3],
  ];
  for (const [name, resource] of names) {
    const value = values.get(resource);
    if (value !== undefined) record[name] = value;
  }
  return record;
}
