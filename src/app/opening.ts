import type { LiveOffer, LiveRefusal, StartCommand } from '../analysis/live-tap-protocol.ts';
import type { PageState } from './page-state.svelte.ts';
import { holdsDefinitions, loadDefinitions } from './object-files.ts';
import { markChosen } from './page-marks.ts';

/** A small picture of a sample: places in thousandths of its length. */
export interface SamplePreview {
  label: string;
  lanes: number;
  /** From, to, lane, and the name of the palette's colour. */
  bars: [number, number, number, string][];
  /** Where, and what stands there. */
  texts?: [number, string][];
}

/** One sample as `samples/index.json` lists it. */
export interface Sample {
  file: string;
  title: string;
  description: string;
  /** Stacks and versions that were recorded. */
  stack: string;
  packets: number;
  seconds: number;
  preview?: SamplePreview;
}

function beside(path: string): string {
  return new URL(path, document.baseURI).href;
}

/**
 * Opens files of the person; several are merged by time. Object definitions among them (`.xml`, `.zip`) are
 * loaded first; alone they are shown in their dialog, and so is what is wrong in them.
 */
export async function openFiles(page: PageState, dropped: readonly File[]): Promise<void> {
  const definitions = dropped.filter(({ name }) => holdsDefinitions(name));
  const files = dropped.filter(({ name }) => !holdsDefinitions(name));
  if (definitions.length > 0) {
    await loadDefinitions(page, definitions, files.length === 0);
    if (files.length === 0 || page.objectFaults.length > 0) page.dialog = 'objects';
  }
  if (files.length === 0) return;
  markChosen();
  page.fault = undefined;
  await page.session.open(files.map((file) => ({ kind: 'file', name: file.name, blob: file })));
}

/** Opens a text that holds hex dumps, such as what was copied from a server's log. */
export async function openText(page: PageState, text: string): Promise<void> {
  markChosen();
  page.fault = undefined;
  await page.session.open([{ kind: 'file', name: 'Pasted text', blob: new Blob([text]) }]);
}

/** Opens a capture that lies beside the page. */
export async function openAddress(page: PageState, name: string, path: string): Promise<void> {
  markChosen();
  page.fault = undefined;
  try {
    const response = await fetch(beside(path));
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    await page.session.open([{ kind: 'file', name, blob: await response.blob() }]);
  } catch (error) {
    page.fault = `${name} could not be fetched: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

/** Connects to a live tap, and asks it to capture where `start` says what; `url` must be a WebSocket on this machine, the page's policy allows no other. */
export async function openLive(page: PageState, url: string, start?: StartCommand): Promise<void> {
  markChosen();
  page.fault = undefined;
  await page.recordings.makeRoom();
  await page.session.open([
    { kind: 'live', name: 'Live tap', url, ...(start === undefined ? {} : { start }) },
  ]);
}

/** Reads JSON that lies beside the page; `refusedToo` where an answer 403 says why in JSON. */
async function readJson(path: string, refusedToo = false): Promise<unknown> {
  try {
    const response = await fetch(beside(path));
    return response.ok || (refusedToo && response.status === 403) ? await response.json() : undefined;
  } catch {
    // A host that answers with a page, or none at all: the same as nothing.
    return undefined;
  }
}

/** The samples that are published with the page; none where the list is absent. */
export async function readSamples(): Promise<Sample[]> {
  const list = await readJson('samples/index.json');
  return Array.isArray(list) ? (list as Sample[]) : [];
}

/**
 * What the page's own server offers to those who have the token of its printed address; why not, as one sentence, to
 * those who have not; undefined on a plain host of files.
 */
export async function readLiveOffer(): Promise<LiveOffer | LiveRefusal | undefined> {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  const offer = await readJson(
    token === null ? 'live.json' : `live.json?token=${encodeURIComponent(token)}`,
    true,
  );
  if (typeof offer !== 'object' || offer === null) return undefined;
  if ('live' in offer || 'captureUrl' in offer) return offer as LiveOffer;
  return 'error' in offer && typeof offer.error === 'string' ? { error: offer.error } : undefined;
}
