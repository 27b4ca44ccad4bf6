import type { LiveOffer, PageState } from './page-state.svelte.ts';
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

/** Connects to a live tap; `url` must be a WebSocket on this machine, the page's policy allows no other. */
export async function openLive(page: PageState, url: string): Promise<void> {
  markChosen();
  page.fault = undefined;
  await page.recordings.makeRoom();
  await page.session.open([{ kind: 'live', name: 'Live tap', url }]);
}

async function readJson(path: string): Promise<unknown> {
  try {
    const response = await fetch(beside(path));
    return response.ok ? await response.json() : undefined;
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

/** What the page's own server offers; undefined on a plain host of files. */
export async function readLiveOffer(): Promise<LiveOffer | undefined> {
  const offer = await readJson('live.json');
  return typeof offer === 'object' && offer !== null && ('live' in offer || 'captureUrl' in offer)
    ? (offer as LiveOffer)
    : undefined;
}
