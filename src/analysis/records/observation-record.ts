import { NO_ROW } from '../../capture/units.ts';
import { missingOf, type Observation, UNKNOWN_PATH } from '../../coap/observation.ts';
import { hexText } from '../../lwm2m/value-text.ts';
import { ContentsAgain } from '../contents-again.ts';
import type { PathFacts } from '../path-facts.ts';
import { ValueAttributes } from '../value-attributes.ts';
import type { JsonObject } from './json.ts';
import type { RecordContext } from './record-context.ts';

/** The record of the observation of an index (`observations`); undefined for a request that was answered without Observe. */
export async function observationRecord(
  context: RecordContext,
  observation: Observation,
  index: number,
): Promise<JsonObject | undefined> {
  if (observation.ended === 'refused') return undefined;
  const { analysis, facts, bytes, devices } = context;
  const { flows, conversations } = analysis.frames;
  const record: JsonObject = {
    observation: observedPath(observation, analysis.tracking.paths),
  };
  // A composite observation is of the root, and its request lists what is observed there (LwM2M Core §6.4).
  if (observation.request !== NO_ROW) {
    const contents = new ContentsAgain(analysis, facts, bytes);
    const paths = await contents.listedPathsOfWhole(observation.request);
    if (paths !== undefined) record.paths = paths;
  }
  const device = devices.nameOf(observation.first);
  if (device !== undefined) record.device = device;
  const flow = conversations.flowOf(observation.conversation);
  record.server = flows.endpointText(observation.observerIsA ? flows.endpointA(flow) : flows.endpointB(flow));
  const view = await bytes.view(observation.first);
  if (view !== undefined)
    record.token = hexText(view.bytes, view.tokenStart, view.tokenStart + view.tokenLength);
  record.from = facts.timeText(observation.from);
  record.to = facts.timeText(observation.to);
  record.ended = observation.ended;
  record.notifications = observation.notifications;
  record.missing = missingOf(observation);
  record.reordered = observation.reordered;
  const { pmin, pmax } = new ValueAttributes(analysis).ofObservation(observation, index);
  if (pmin !== undefined) record.pmin = pmin.value;
  if (pmax !== undefined) record.pmax = pmax.value;
  const rows = new Set([
    observation.request,
    observation.established ?? observation.request,
    observation.endRow ?? observation.last,
    observation.last,
  ]);
  // Of some the request was not seen. A registration that a timer ended took the observation with it: no message says so.
  rows.delete(NO_ROW);
  record.evidence = facts.ids([...rows].sort((a, b) => a - b));
  const count = observation.notifications + (observation.request === NO_ROW ? 0 : 2);
  if (count > rows.size) record.evidence_count = count;
  return record;
}

/** Path that is observed as text; `?` where no message told. */
export function observedPath({ pathId }: Observation, paths: PathFacts): string {
  if (pathId === UNKNOWN_PATH) return '?';
  return pathId === 0 ? '/' : paths.text(pathId);
}
