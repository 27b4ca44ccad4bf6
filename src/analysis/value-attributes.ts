import type { Nanoseconds } from '../capture/units.ts';
import type { AttributesInForce, AttributeSetting } from '../device/attributes.ts';
import type { Observation } from '../coap/observation.ts';
import { PathKind } from '../lwm2m/path.ts';
import { ATTRIBUTE_NAMES } from '../lwm2m/query.ts';
import type { Analysis } from './analysis.ts';
import type { SeriesAttributes } from './value-protocol.ts';

/** Changes of attributes shown for one resource. */
const MAX_CHANGES = 256;

/** Attributes in force as people read them: `pmin 1 · pmax 30`; empty where none is. */
export function attributesText(attributes: AttributesInForce): string {
  return ATTRIBUTE_NAMES.filter((name) => attributes[name] !== undefined)
    .map((name) => `${name} ${attributes[name]!.value}`)
    .join(' · ');
}

/** The NOTIFICATION attributes in force for the resources of devices, over time. */
export class ValueAttributes {
  constructor(private readonly analysis: Analysis) {}

  /** The attributes in force for a path of a device at a time. */
  at(device: number, path: number, time: Nanoseconds): AttributesInForce {
    const { devices, values } = this.analysis.tracking;
    const conversations = this.#conversations(device);
    const ids = idsOf(values.paths, path);
    return devices.attributes.inForce(conversations, ids, time, this.#observation(conversations, ids));
  }

  /** Each change of the attributes in force for a path of a device up to a time. */
  changes(device: number, path: number, to: Nanoseconds): SeriesAttributes[] {
    const { devices, values } = this.analysis.tracking;
    const conversations = this.#conversations(device);
    const ids = idsOf(values.paths, path);
    const observation = this.#observation(conversations, ids);
    const changes: SeriesAttributes[] = [];
    for (const setting of this.#settingsOf(conversations, ids, observation)) {
      if (setting.time > to || changes.length === MAX_CHANGES) break;
      const attributes = devices.attributes.inForce(conversations, ids, setting.time, observation);
      const text = attributesText(attributes);
      if (changes.at(-1)?.text === text) continue;
      changes.push({
        from: setting.time,
        pmin: attributes.pmin?.value ?? NaN,
        pmax: attributes.pmax?.value ?? NaN,
        gt: attributes.gt?.value ?? NaN,
        lt: attributes.lt?.value ?? NaN,
        text,
        row: setting.row,
      });
    }
    return changes;
  }

  /**
   * Times between observations of a path or of a level above it, in order; none where it was not observed twice, or
   * where an observation of the device names no path that is known.
   */
  notObserved(device: number, path: number): { from: Nanoseconds; to: Nanoseconds }[] {
    const { observations, paths, values, clock } = this.analysis.tracking;
    const conversations = this.#conversations(device);
    const ids = idsOf(values.paths, path);
    const observed: { from: Nanoseconds; to: Nanoseconds }[] = [];
    for (const observation of observations.observations) {
      if (observation.ended === 'refused' || !conversations.has(observation.conversation)) continue;
      const of = observation.pathId < 0 ? undefined : paths.path(observation.pathId);
      if (of?.kind !== PathKind.numeric || of.objectId < 0) return [];
      const levels = [of.objectId, of.instanceId, of.resourceId, of.resourceInstanceId];
      if (levels.every((id, level) => id < 0 || id === ids[level]))
        observed.push({ from: observation.from, to: observation.ended === 'open' ? clock : observation.to });
    }
    observed.sort((a, b) => a.from - b.from);
    const between: { from: Nanoseconds; to: Nanoseconds }[] = [];
    let reached = observed[0]?.to ?? 0;
    for (const { from, to } of observed) {
      if (from > reached) between.push({ from: reached, to: from });
      reached = Math.max(reached, to);
    }
    return between;
  }

  /** The attributes that were in force for the observation of an index when it ended. */
  ofObservation(observation: Observation, index: number): AttributesInForce {
    const { devices, paths } = this.analysis.tracking;
    if (observation.pathId <= 0) return {};
    const { kind, objectId, instanceId, resourceId, resourceInstanceId } = paths.path(observation.pathId);
    if (kind !== PathKind.numeric) return {};
    const device = devices.devices.deviceOf(observation.conversation, observation.first);
    return devices.attributes.inForce(
      device < 0 ? new Set([observation.conversation]) : this.#conversations(device),
      [objectId, instanceId, resourceId, resourceInstanceId],
      observation.to,
      index,
    );
  }

  #settingsOf(
    conversations: ReadonlySet<number>,
    ids: readonly number[],
    observation: number,
  ): AttributeSetting[] {
    return this.analysis.tracking.devices.attributes
      .settingsOf(conversations)
      .filter(
        (setting) =>
          setting.objectId === ids[0] &&
          (setting.source !== 'observed' || setting.observation === observation),
      );
  }

  /** The last observation of exactly this path, whose own attributes count; -1 where there is none. */
  #observation(conversations: ReadonlySet<number>, ids: readonly number[]): number {
    const { observations, paths } = this.analysis.tracking;
    return observations.observations.findLastIndex((observation) => {
      if (observation.ended === 'refused' || !conversations.has(observation.conversation)) return false;
      const path = observation.pathId < 0 ? undefined : paths.path(observation.pathId);
      return (
        path?.objectId === ids[0] &&
        path?.instanceId === ids[1] &&
        path?.resourceId === ids[2] &&
        path?.resourceInstanceId === ids[3]
      );
    });
  }

  #conversations(device: number): ReadonlySet<number> {
    return new Set(this.analysis.tracking.devices.devices.devices[device]?.conversations ?? []);
  }
}

/** The four ids of a path of the value table. */
export function idsOf(
  paths: { id(path: number, level: 0 | 1 | 2 | 3): number },
  path: number,
): [number, number, number, number] {
  return [paths.id(path, 0), paths.id(path, 1), paths.id(path, 2), paths.id(path, 3)];
}
