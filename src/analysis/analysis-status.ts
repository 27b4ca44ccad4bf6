import { type AnalysedFile, type Analysis, faultOf } from './analysis.ts';
import type { Nanoseconds } from '../capture/units.ts';
import type { MessageTracking } from './message-tracking.ts';
import type { AnalysisStatus, AnalysisTotals, FileStatus } from './protocol.ts';
import { notRead } from './records/info-record.ts';

/** Things not read that a status names. */
const NAMED_NOT_READ = 20;

/** How an analysis stands: counts and times, small enough to be sent often. `service` is what only the service knows. */
export function statusOf(
  analysis: Analysis | undefined,
  service: Pick<AnalysisStatus, 'state' | 'paused' | 'revision' | 'shown'>,
): AnalysisStatus {
  const frames = analysis?.frames;
  const tracking = analysis?.tracking;
  return {
    ...service,
    files: (analysis?.files ?? []).map((file, index) =>
      fileStatus(file, tracking?.sightings.inFile(index) ?? 0),
    ),
    frames: frames?.frames ?? 0,
    messages: tracking?.messages.count ?? 0,
    dropped: { messages: 0, values: 0, spans: 0, ...analysis?.bound.dropped },
    firstRow: tracking?.messages.firstRow ?? 0,
    heldFrom: heldFrom(analysis),
    memory: { bytes: analysis?.bound.estimate ?? 0, limit: analysis?.bound.limit ?? 0 },
    ...(tracking?.messages.texts.isFull === true ? { textsFull: true as const } : {}),
    foreign: frames?.foreign ?? 0,
    devices: tracking?.devices.devices.count ?? 0,
    registrations: tracking?.devices.registered ?? 0,
    values: tracking?.values.count ?? 0,
    transfers: totalTransfers(tracking),
    firmwareUpdates: tracking?.devices.firmware.attempts.length ?? 0,
    failedUpdates: tracking?.devices.firmware.failed ?? 0,
    notRead: analysis === undefined ? [] : notRead(analysis).slice(0, NAMED_NOT_READ),
    sealed: frames?.security.sealed() ?? [],
    epochSeconds: frames?.epochSeconds ?? 0,
    epochNanoseconds: frames?.epochNanoseconds ?? 0,
    firstTime: finite(frames?.firstTime),
    lastTime: finite(frames?.lastTime),
  };
}

/** Totals of an analysis, for comparison with an independent count. */
export function totalsOf({ frames, tracking }: Analysis): AnalysisTotals {
  let block2Transfers = 0;
  let bodies = 0;
  for (const { direction, ended } of tracking.transfers.transfers) {
    if (direction === 'block2') block2Transfers++;
    if (ended === 'complete') bodies++;
  }
  return {
    frames: frames.frames,
    messages: tracking.messages.count,
    foreign: frames.foreign,
    values: tracking.values.count,
    devices: tracking.devices.devices.count,
    registrations: tracking.devices.registered,
    updates: tracking.devices.updates,
    notifications: tracking.notifications,
    exchanges: tracking.exchanges,
    transfers: totalTransfers(tracking),
    block2Transfers,
    bodies,
    duplicates: tracking.messages.duplicates,
    tcpMessages: frames.streamMessages,
    reassembled: frames.reassembled,
  };
}

/** Transfers seen, those that were dropped included. */
function totalTransfers(tracking: MessageTracking | undefined): number {
  return tracking === undefined ? 0 : tracking.transfers.transfers.length + tracking.transfers.forgotten;
}

/** Time of the first message held. */
function heldFrom(analysis: Analysis | undefined): Nanoseconds {
  const { messages } = analysis?.tracking ?? {};
  if (messages === undefined || messages.firstRow === 0) return finite(analysis?.frames.firstTime);
  return messages.time.get(messages.firstRow);
}

function fileStatus(file: AnalysedFile, sightings: number): FileStatus {
  const fault = faultOf(file);
  const status: FileStatus = {
    name: file.name,
    bytes: file.bytes,
    bytesRead: file.bytesRead,
    container: file.reader?.container ?? '',
    compression: file.compression,
    frames: file.reader?.frames ?? 0,
  };
  if (sightings > 0) status.sightings = sightings;
  if (file.alone !== undefined) status.alone = file.alone;
  if (fault !== undefined) status.fault = fault;
  if (file.unkept !== undefined) status.unkept = { ...file.unkept, since: finite(file.unkept.since) };
  const dropped = (file.reader?.interfaces ?? []).flatMap(({ name, dropped: frames = 0 }, index) =>
    frames > 0 ? [{ name: name === '' ? String(index) : name, frames }] : [],
  );
  if (dropped.length > 0) status.dropped = dropped.slice(0, NAMED_NOT_READ);
  if (file.unreadable !== undefined) status.unreadable = file.unreadable;
  return status;
}

function finite(time: number | undefined): number {
  return time !== undefined && Number.isFinite(time) ? time : 0;
}
