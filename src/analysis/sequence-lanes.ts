import type { MessageRow } from '../capture/units.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceIndex } from './device-index.ts';
import type { MessageFacts } from './message-facts.ts';
import type { LaneRole, SequenceLane } from './sequence-protocol.ts';

/** Lifelines that a ladder may have; what talks beyond them shares the last one. */
export const MAXIMUM_LANES = 10;
/** Addresses of one lifeline that are told. */
const MAXIMUM_ADDRESSES = 8;

/** Places from left to right. */
const PLACES: readonly LaneRole[] = [
  'bootstrap server',
  'server',
  'peer',
  'device',
  'download server',
  'others',
];

interface Lane {
  device: number;
  endpoints: number[];
  roles: LaneRole[];
}

/** The lifelines of a ladder, found while its messages are walked over. */
export class SequenceLanes {
  readonly #lanes: Lane[] = [];
  readonly #ofDevice = new Map<number, Lane>();
  readonly #ofEndpoint = new Map<number, Lane>();
  readonly #roles = new Map<number, Set<LaneRole>>();
  #order: Lane[] = [];
  readonly #places = new Map<Lane, number>();

  constructor(
    private readonly analysis: Analysis,
    private readonly facts: MessageFacts,
    private readonly devices: DeviceIndex,
  ) {
    const { bootstraps, registrations, firmware } = analysis.tracking.devices;
    for (const { serverEndpoint } of bootstraps.bootstraps) this.#note(serverEndpoint, 'bootstrap server');
    for (const { serverEndpoint } of registrations.registrations) this.#note(serverEndpoint, 'server');
    for (const { serverEndpoint, sourceEndpoint } of firmware.attempts) {
      this.#note(serverEndpoint, 'server');
      if (sourceEndpoint >= 0) this.#note(sourceEndpoint, 'download server');
    }
  }

  /** Takes a message that will be shown; both its ends get a lifeline. */
  add(row: MessageRow): void {
    const direction = this.facts.direction(row);
    const device = direction === 0 ? -1 : this.devices.deviceOf(row);
    this.#lane(this.facts.source(row), direction === 1 ? device : -1);
    this.#lane(this.facts.destination(row), direction === 2 ? device : -1);
  }

  /** Puts the lifelines in their order, once all messages were taken. */
  arrange(): SequenceLane[] {
    const place = (lane: Lane): number => PLACES.indexOf(lane.roles[0]!);
    this.#order = this.#lanes
      .map((lane, index) => ({ lane, index }))
      .sort((one, other) => place(one.lane) - place(other.lane) || one.index - other.index)
      .map(({ lane }) => lane);
    this.#order.forEach((lane, index) => this.#places.set(lane, index));
    const { flows } = this.analysis.frames;
    return this.#order.map(({ device, endpoints, roles }) => {
      const addresses = endpoints.map((endpoint) => flows.endpointText(endpoint));
      return {
        roles,
        name: device >= 0 ? this.devices.name(device) : roles[0] === 'others' ? 'others' : addresses[0]!,
        addresses,
        device,
      };
    });
  }

  /** Lifelines that a message goes from and to. */
  ends(row: MessageRow): { from: number; to: number } {
    const direction = this.facts.direction(row);
    const device = direction === 0 ? -1 : this.devices.deviceOf(row);
    return {
      from: this.#place(this.facts.source(row), direction === 1 ? device : -1),
      to: this.#place(this.facts.destination(row), direction === 2 ? device : -1),
    };
  }

  /** Lifeline of an address; -1 where it has none. */
  ofEndpoint(endpoint: number): number {
    return this.#place(endpoint, -1);
  }

  #place(endpoint: number, device: number): number {
    const lane = (device >= 0 ? this.#ofDevice.get(device) : undefined) ?? this.#ofEndpoint.get(endpoint);
    return lane === undefined ? -1 : this.#places.get(lane)!;
  }

  #note(endpoint: number, role: LaneRole): void {
    const known = this.#roles.get(endpoint);
    if (known === undefined) this.#roles.set(endpoint, new Set([role]));
    else known.add(role);
  }

  #lane(endpoint: number, device: number): void {
    const known = device >= 0 ? this.#ofDevice.get(device) : this.#ofEndpoint.get(endpoint);
    const lane = known ?? this.#begin(endpoint, device);
    if (device < 0) return;
    if (lane.endpoints.length < MAXIMUM_ADDRESSES && !lane.endpoints.includes(endpoint))
      lane.endpoints.push(endpoint);
    // A message whose direction is not known may still be one of the device.
    if (!this.#ofEndpoint.has(endpoint)) this.#ofEndpoint.set(endpoint, lane);
  }

  #begin(endpoint: number, device: number): Lane {
    const sharing = this.#lanes[MAXIMUM_LANES - 1];
    const isLast = this.#lanes.length === MAXIMUM_LANES - 1;
    const roles: LaneRole[] =
      device >= 0 ? ['device'] : [...(this.#roles.get(endpoint) ?? (['peer'] as const))].sort(byPlace);
    const lane = sharing ?? { device, endpoints: [endpoint], roles };
    if (isLast && sharing === undefined) {
      lane.roles = ['others'];
      lane.device = -1;
    }
    if (sharing === undefined) this.#lanes.push(lane);
    else if (lane.endpoints.length < MAXIMUM_ADDRESSES) lane.endpoints.push(endpoint);
    if (device >= 0) this.#ofDevice.set(device, lane);
    else this.#ofEndpoint.set(endpoint, lane);
    return lane;
  }
}

function byPlace(one: LaneRole, other: LaneRole): number {
  return PLACES.indexOf(one) - PLACES.indexOf(other);
}
