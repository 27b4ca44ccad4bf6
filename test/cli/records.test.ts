import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/analysis/records/json.ts';
import { RECORD_KINDS, type RecordKind } from '../../src/analysis/records/records.ts';
import { analyseFile, capturesBelow, recordsOf } from '../analysis/analyse.ts';
import { FIXTURES, RECORDED } from '../captures.ts';

/** Keys of records in their order: a dotted path stands for the keys of an object within, `[]` for those of a list's objects. */
const KEYS: Record<RecordKind, string> = {
  info: `file container compression bytes frames from to interfaces interfaces[].name interfaces[].link
    interfaces[].link_number interfaces[].frames interfaces[].dropped messages sightings
    offset offset_estimate offset_estimate.offset offset_estimate.against offset_estimate.messages alone comments names secrets not_read not_read[].what not_read[].frames
    sealed sealed[].what sealed[].records sealed[].handshake tcp tcp.gaps tcp.lost_bytes
    http_exchanges http http[].method http[].target http[].host http[].range http[].status http[].content_length http[].content_range http[].chunked
    http[].received http[].missing http[].client http[].server http[].from http[].to http[].frame http[].complete icmp icmp.errors
    icmp.about_messages clock_breaks fault fault.text fault.offset fault.clause`,
  messages: `id frame frame.number frame.time frame.file frame.interface frame.comment frame.numbers log log.src log.dst ip ip.src ip.dst ipv6 ipv6.src
    ipv6.dst udp udp.srcport udp.dstport tcp tcp.srcport tcp.dstport transport security sightings outcome fault fault.text fault.offset fault.clause
    coap coap.type coap.code coap.mid coap.token coap.opt coap.opt[].number coap.opt[].name coap.opt[].value
    coap.uri_path coap.uri_query coap.content_format coap.accept coap.observe
    coap.block1 coap.block1.num coap.block1.more coap.block1.size coap.block2 coap.block2.num coap.block2.more
    coap.block2.size coap.q_block1 coap.q_block1.num coap.q_block1.more coap.q_block1.size coap.q_block2
    coap.q_block2.num coap.q_block2.more coap.q_block2.size coap.payload_length coap.request_in coap.response_in
    coap.response_time coap.duplicate_of coap.exchange coap.exchange.kind coap.exchange.transmissions
    coap.exchange.ended coap.exchange.from_other_address coap.links coap.links.request coap.links.response coap.links.first
    icmp icmp[].kind icmp[].mtu icmp[].from icmp[].frame icmp[].time
    transfer transfer.direction transfer.length transfer.sha256 transfer.complete oscore
    lwm2m lwm2m.interface lwm2m.operation lwm2m.path lwm2m.paths lwm2m.device lwm2m.format lwm2m.guessed lwm2m.fault
    lwm2m.fault.text lwm2m.fault.offset lwm2m.fault.clause lwm2m.values lwm2m.values[].path lwm2m.values[].name
    lwm2m.values[].type lwm2m.values[].value lwm2m.values[].unit lwm2m.values[].value_time lwm2m.values[].doubt`,
  devices: `device endpoint addresses identities versions bindings messages security servers manufacturer model firmware
    joined joined[].by joined[].text joined[].address joined[].same_as joined[].time joined[].frame joined[].evidence joined_count gateway prefix gateway_id`,
  sessions: `session device endpoint server address security initiated fallback location version lifetime binding queue
    queries objects from to expires ended updates code sms changes changes[].id changes[].time changes[].lifetime
    changes[].binding changes[].sms changes[].added changes[].removed changes[].versions changes[].versions[].path
    changes[].versions[].version changes[].late changes_count
    servers servers[].instance servers[].uri servers[].bootstrap servers[].security servers[].oscore servers[].key
    servers[].short_server_id servers[].server_instance servers[].lifetime servers[].binding
    server_instances server_instances[].instance server_instances[].lifetime server_instances[].binding
    server_instances[].short_server_id access_controls access_controls[].instance access_controls[].object
    access_controls[].object_instance access_controls[].owner oscore_instances wrote deleted operations
    operations[].operation operations[].path operations[].code operations[].id operations_count
    registration registration.server registration.location registration.id evidence evidence_count`,
  transfers: `transfer device method path from to length received blocks repeated restarts size sha256 ended code
    evidence evidence_count`,
  observations: `observation paths device server token from to ended notifications missing reordered pmin pmax
    evidence evidence_count`,
  firmware: `device object server method uri source from to package package.length package.received package.sha256
    package.complete package.sealed package.name package.version package.restarts
    terms terms.protocols terms.delivery terms.severity terms.defer_period terms.automatic terms.linked terms.conflicting
    before before.name before.version after after.name after.version states states[].time
    states[].state states[].how states[].id illegal illegal[].from illegal[].to illegal[].id illegal[].clause
    events events[].time events[].event events[].id events[].frame events[].refused result result.value result.name result.id ended evidence evidence_count`,
  values: `device server path name time value_time value_time_relative value redacted length unit type format operation id doubt`,
};

/** Words that stand in some places. */
const WORDS: Record<string, readonly string[]> = {
  'messages transport': ['udp', 'tcp', 'ws'],
  'messages security': ['none'],
  'messages outcome': ['ok', 'truncated', 'malformed', 'unsupported', 'sealed'],
  'messages coap.type': ['CON', 'NON', 'ACK', 'RST'],
  'messages coap.exchange.kind': ['piggybacked', 'separate', 'non', 'ping', 'multicast', 'reliable'],
  'messages coap.exchange.ended': ['answered', 'reset', 'timeout', 'open', 'unknown'],
  'messages transfer.direction': ['block1', 'block2'],
  'messages lwm2m.interface': ['bootstrap', 'registration', 'management', 'reporting'],
  'messages lwm2m.operation': [
    ...[
      'Bootstrap-Request',
      'Bootstrap-Pack-Request',
      'Bootstrap-Finish',
      'Bootstrap-Write',
      'Bootstrap-Read',
    ],
    ...[
      'Bootstrap-Delete',
      'Bootstrap-Discover',
      'Register',
      'Update',
      'De-register',
      'Read',
      'Read-Composite',
    ],
    ...[
      'Discover',
      'Write-Replace',
      'Write-Partial-Update',
      'Write-Composite',
      'Write-Attributes',
      'Execute',
    ],
    ...['Create', 'Delete', 'Observe', 'Observe-Composite', 'Cancel Observation'],
    ...['Cancel Observation-Composite', 'Notify', 'Send', 'Download', 'CoRE discovery', 'EST enrolment'],
  ],
  'devices joined[].by': [
    ...['registration location', 'endpoint client name', 'address', 'capture order', 'download'],
    ...['connection id', 'security identity', 'OSCORE key id'],
  ],
  'sessions session': ['registration', 'bootstrap'],
  'sessions ended': [
    ...['deregistered', 'expired', 'replaced', 'lost', 'refused', 'unanswered', 'open', 'unknown'],
    ...['finished', 'failed', 'abandoned'],
  ],
  'sessions initiated': ['client', 'pack', 'server'],
  'sessions operations[].operation': [
    ...['Bootstrap-Write', 'Bootstrap-Read', 'Bootstrap-Delete', 'Bootstrap-Discover'],
  ],
  'transfers transfer': ['block1', 'block2'],
  'transfers ended': ['complete', 'abandoned', 'restarted', 'refused', 'open'],
  'observations ended': ['cancelled', 'reset', 'replaced', 'deregistered', 'error', 'open', 'closed'],
  'firmware method': ['push', 'pull'],
  'firmware ended': ['updated', 'failed', 'cancelled', 'deferred', 'open', 'unknown'],
  'firmware terms.delivery': ['pull', 'push', 'both'],
  'firmware terms.severity': ['critical', 'mandatory', 'optional'],
  'firmware states[].how': ['notified', 'read', 'written', 'inferred'],
  'firmware states[].state': [
    ...['Idle', 'Downloading', 'Downloaded', 'Updating'],
    ...['Initial', 'Download Started', 'Delivered', 'Installed'],
  ],
};

/** Shapes of the texts at some places, whatever the kind. */
const SHAPES: readonly [RegExp, RegExp][] = [
  [/(^|\.)(time|from|to|expires)$/, /^-?\d+\.\d{9}$/],
  [/(^|\.)(token|sha256)$/, /^([0-9a-f]{2})*$/],
  [/(^|\.)code$/, /^\d\.\d\d$/],
  [/(^|\.)(id|evidence|links\.\w+)$/, /^[1-9]\d*\.[1-9]\d*\.\d+$/],
  [/(^|\.)(path|paths|objects|location|object)$/, /^\//],
  [/^uri_path$|coap\.uri_path$/, /^\//],
];

/** What is not as the contract says, each once. */
class Troubles {
  readonly found = new Set<string>();

  check(kind: RecordKind, value: JsonValue | null | undefined, path: string): void {
    if (value === null || value === undefined) this.found.add(`${kind}: ${path} is ${value}`);
    else if (Array.isArray(value)) {
      for (const item of value)
        this.check(kind, item, typeof item === 'object' && !Array.isArray(item) ? `${path}[]` : path);
    } else if (typeof value === 'object') this.#checkObject(kind, value, path);
    else if (typeof value === 'number') {
      if (!Number.isFinite(value)) this.found.add(`${kind}: ${path} is ${value}`);
      if (Number.isInteger(value) && !Number.isSafeInteger(value))
        this.found.add(`${kind}: ${path} is beyond 2^53`);
    } else if (typeof value === 'string') this.#checkText(kind, value, path);
  }

  #checkObject(kind: RecordKind, value: JsonObject, path: string): void {
    const order = ORDERS[kind];
    const prefix = path === '' ? '' : `${path}.`;
    let last = -1;
    for (const [key, item] of Object.entries(value)) {
      const at = order.indexOf(prefix + key);
      if (at < 0) this.found.add(`${kind}: ${prefix}${key} is not documented`);
      else if (at < last) this.found.add(`${kind}: ${prefix}${key} is out of order`);
      last = Math.max(last, at);
      this.check(kind, item, prefix + key);
    }
  }

  #checkText(kind: RecordKind, value: string, path: string): void {
    const words = WORDS[`${kind} ${path}`];
    if (words !== undefined && !words.includes(value)) this.found.add(`${kind}: ${path} is ${value}`);
    // A value of a resource, the file a capture point names, who sent an ICMP error: free.
    if (/values\[\]\.value$|interface$|icmp\[\]\.from$/.test(path)) return;
    // A step goes from a state to a state.
    if (/illegal\[\]\.(from|to)$/.test(path)) return;
    for (const [place, shape] of SHAPES)
      if (place.test(path) && !shape.test(value)) this.found.add(`${kind}: ${path} is ${value}`);
  }
}

const ORDERS = Object.fromEntries(
  Object.entries(KEYS).map(([kind, keys]) => [kind, keys.split(/\s+/)]),
) as Record<RecordKind, string[]>;

/** What must hold between the records of one capture. */
function linksOf(messages: readonly JsonObject[], troubles: Set<string>): void {
  const byId = new Map(messages.map((record) => [record.id as string, record]));
  for (const record of messages) {
    const coap = record.coap as JsonObject | undefined;
    if (coap === undefined) continue;
    const links = (coap.links ?? {}) as Record<string, string>;
    for (const [key, frame] of [
      ['request', coap.request_in],
      ['response', coap.response_in],
      ['first', coap.duplicate_of],
    ] as const) {
      const other = links[key] === undefined ? undefined : byId.get(links[key]);
      if ((frame === undefined) !== (links[key] === undefined)) troubles.add(`links.${key} and its frame`);
      if (links[key] === undefined) continue;
      if (other === undefined) troubles.add(`links.${key} leads nowhere`);
      else if ((other.frame as JsonObject).number !== frame) troubles.add(`links.${key} is not its frame`);
    }
    if (links.request !== undefined && links.response !== undefined) troubles.add('both halves of one');
    if (coap.response_time !== undefined && (coap.response_time as number) < 0) {
      // Captures of two interfaces step back in time.
      if (
        messages.every(
          ({ frame }) => (frame as JsonObject).interface === (record.frame as JsonObject).interface,
        )
      )
        troubles.add(`${String(record.id)} is answered before it was asked`);
    }
  }
}

const captures = capturesBelow(FIXTURES, RECORDED);

describe('records are as the contract of the output says', () => {
  it.each(captures)('$path', async ({ folder, path }) => {
    const analysis = await analyseFile(join(folder, path));
    const troubles = new Troubles();
    const all = {} as Record<RecordKind, JsonObject[]>;
    for (const kind of RECORD_KINDS) {
      all[kind] = await recordsOf(analysis, kind);
      for (const record of all[kind]) troubles.check(kind, record, '');
    }
    linksOf(all.messages, troubles.found);
    const ids = new Set(all.messages.map(({ id }) => id as string));
    if (ids.size !== all.messages.length) troubles.found.add('an id stands twice');
    for (const kind of RECORD_KINDS) {
      for (const record of all[kind]) {
        const evidence = (record.evidence ?? []) as string[];
        if (evidence.length > 34) troubles.found.add(`${kind}: more evidence than 34`);
        if (new Set(evidence).size !== evidence.length) troubles.found.add(`${kind}: evidence stands twice`);
        if (evidence.some((id) => !ids.has(id))) troubles.found.add(`${kind}: evidence is no message`);
      }
    }
    const names = all.devices.map(({ device }) => device);
    if (new Set(names).size !== names.length) troubles.found.add('two devices have one name');
    expect([...troubles.found]).toEqual([]);
  });
});
