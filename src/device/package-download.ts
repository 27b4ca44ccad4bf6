import { Code } from '../coap/code.ts';
import type { MessageRow } from '../capture/units.ts';
import { NO_ROW } from '../capture/units.ts';
import { NO_BLOCK, type OperationEvent, Phase } from '../lwm2m/operation-event.ts';
import type { FirmwareAttempt } from './firmware-attempt.ts';
import type { DeviceTable } from './identity.ts';
import { uriPathText } from './package-uri.ts';
import { blockOffset, bodyEndOffset } from './pending-write.ts';
import type { UpdateInstance } from './update-instance.ts';

const GET = 1;
/** URIs that are remembered; a capture with more of them is no firmware campaign. */
const MAX_URIS = 65_536;
/** Conversations with a file server that belong to no attempt, remembered so that they are not looked at again. */
const MAX_UNMATCHED = 4096;

interface Download {
  instance: UpdateInstance;
  attempt: FirmwareAttempt;
  pathId: number;
}

/**
 * Ties downloads by CoAP, over UDP or TCP and from any server, to the instances that a URI was written to: by the
 * URI's path and the device's address.
 */
export class PackageDownloads {
  readonly #devices: DeviceTable;
  /** By path of a URI that was written to a device, then by the device's address: who may fetch it. */
  readonly #fetchers = new Map<string, Map<number, Set<UpdateInstance>>>();
  /** URIs that were written. */
  uris = 0;
  /** By conversation: the attempt whose package it fetches. */
  readonly #downloads = new Map<number, Download>();
  readonly #unmatched = new Map<number, number>();

  constructor(devices: DeviceTable) {
    this.#devices = devices;
  }

  /** Whether a canonical path text is the path of a package URI that was written to some device. */
  isTarget(pathText: string): boolean {
    return this.#fetchers.has(pathText);
  }

  /** A URI was written to an instance of the device at an endpoint. */
  expect(instance: UpdateInstance, deviceEndpoint: number, uri: string): void {
    const path = uriPathText(uri);
    if (path === undefined || this.uris === MAX_URIS) return;
    const address = this.#devices.addressOf(deviceEndpoint);
    let byAddress = this.#fetchers.get(path);
    if (byAddress === undefined) {
      byAddress = new Map();
      this.#fetchers.set(path, byAddress);
    }
    const fetchers = byAddress.get(address);
    if (fetchers === undefined) byAddress.set(address, new Set([instance]));
    else fetchers.add(instance);
    this.uris++;
    this.#unmatched.clear();
  }

  /** Takes a message with which a device fetches something by CoAP. */
  on(event: OperationEvent): void {
    const { conversation, pathId } = event;
    let download = this.#downloads.get(conversation);
    if (download === undefined || download.pathId !== pathId || download.attempt.ended !== 'open') {
      if (event.phase !== Phase.request || event.code !== GET) return;
      if (this.#unmatched.get(conversation) === pathId) return;
      download = this.#match(event);
      if (download === undefined) {
        if (this.#unmatched.size === MAX_UNMATCHED) this.#unmatched.clear();
        this.#unmatched.set(conversation, pathId);
        return;
      }
      this.#downloads.set(conversation, download);
    }
    const { instance, attempt } = download;
    if (attempt.sourceEndpoint < 0) attempt.sourceEndpoint = event.serverEndpoint;
    attempt.addTransfer(event.transfer);
    if (event.phase === Phase.request || event.code !== Code.content) return;
    if (event.size > 0) attempt.length = event.size;
    const offset = blockOffset(event.block2);
    const isLast = event.block2 === NO_BLOCK || (event.block2 & 8) === 0;
    if (event.block2 === NO_BLOCK && event.transfer < 0) attempt.packageRow = event.row;
    instance.fetched(attempt, offset, bodyEndOffset(event, event.block2), isLast, event.row, event.time);
  }

  /**
   * The attempt that a fetch belongs to: of the device in this conversation, or else of one with this address that
   * was given the path and has not fetched it yet.
   */
  #match(event: OperationEvent): Download | undefined {
    const address = this.#devices.addressOf(event.deviceEndpoint);
    const fetchers = this.#fetchers.get(event.pathText())?.get(address);
    if (fetchers === undefined) return undefined;
    const here = this.#devices.deviceOf(event.conversation, event.row);
    let found: UpdateInstance | undefined;
    let foundRank = -1;
    for (const instance of fetchers) {
      const { open } = instance;
      const isAsked = instance.uri.row !== NO_ROW && instance.uri.uri !== '';
      const isPulling = open?.method === 'pull' && !open.complete;
      if (!isAsked && !isPulling) continue;
      const isFresh = isAsked || open?.sourceEndpoint === -1;
      const rank = (this.#devices.resolve(instance.device) === here ? 2 : 0) + (isFresh ? 1 : 0);
      if (rank > foundRank) {
        found = instance;
        foundRank = rank;
      }
    }
    if (found === undefined) return undefined;
    const written: MessageRow = found.uri.row;
    if (written !== NO_ROW) found.uriInUse();
    const attempt = found.open;
    if (attempt === undefined) return undefined;
    attempt.addEvent('download started', event.row, event.time);
    if (here < 0) {
      const to = this.#devices.lastEndOf(found.device);
      this.#devices.join(event, found.device, 'download', [attempt.evidence.first, event.row], to);
    }
    return { instance: found, attempt, pathId: event.pathId };
  }
}
