import {
  type AnalysisSettings,
  decodeAsText,
  DEFAULT_SETTINGS,
  lowpanContextText,
  parseDecodeAs,
  parseLowpanContext,
} from '../analysis/settings.ts';
import { TIMELINE_SORTS, type TimelineSort } from '../analysis/span-protocol.ts';
import { isCompactObject, type LoadedDefinition } from '../lwm2m/registry/object-definition.ts';

const DECODE_AS_KEPT = 'lwm2m-scope.decode-as';
const CONTEXTS_KEPT = 'lwm2m-scope.lowpan-contexts';
const ORDER_KEPT = 'lwm2m-scope.timeline-order';
/** Object definitions; there only where the person wants them kept. */
const OBJECTS_KEPT = 'lwm2m-scope.objects';

/** The settings kept on this computer; those that cannot be read are as if they were not there. */
export function keptSettings(): AnalysisSettings {
  return {
    ...DEFAULT_SETTINGS,
    decodeAs: keptRules(DECODE_AS_KEPT, parseDecodeAs),
    lowpanContexts: keptRules(CONTEXTS_KEPT, parseLowpanContext),
    objects: keptObjects(),
  };
}

/** Order of the devices on the timeline, as it was chosen last. */
export function keptTimelineOrder(): { sort: TimelineSort; descending: boolean } {
  const [sort, descending] = readList(ORDER_KEPT);
  const known = TIMELINE_SORTS.find((one) => one === sort);
  return { sort: known ?? 'first', descending: known !== undefined && descending === true };
}

export function keepTimelineOrder(sort: TimelineSort, descending: boolean): void {
  store(ORDER_KEPT, JSON.stringify([sort, descending]));
}

/** Texts of a list kept under a name, each read again. */
function keptRules<Rule extends object>(name: string, parse: (text: string) => Rule | string): Rule[] {
  return readList(name)
    .map((text: unknown) => parse(String(text)))
    .filter((rule): rule is Rule => typeof rule !== 'string');
}

function keptObjects(): LoadedDefinition[] {
  return readList(OBJECTS_KEPT).filter((kept): kept is LoadedDefinition => {
    const { source, object } = (kept ?? {}) as Partial<LoadedDefinition>;
    return typeof source === 'string' && isCompactObject(object);
  });
}

function readList(name: string): unknown[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(name) ?? '[]');
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/** Keeps settings; where storage is forbidden they last as long as the page. */
export function keepSettings(settings: AnalysisSettings): void {
  store(DECODE_AS_KEPT, JSON.stringify(settings.decodeAs.map(decodeAsText)));
  store(CONTEXTS_KEPT, JSON.stringify((settings.lowpanContexts ?? []).map(lowpanContextText)));
  if (keepsObjects()) keepObjects(settings.objects);
}

/** Whether loaded object definitions are kept in this browser. */
export function keepsObjects(): boolean {
  try {
    return localStorage.getItem(OBJECTS_KEPT) !== null;
  } catch {
    return false;
  }
}

/** Keeps object definitions in this browser; false where it has no room for them, or does not allow it. */
export function keepObjects(objects: readonly LoadedDefinition[]): boolean {
  return store(OBJECTS_KEPT, JSON.stringify(objects));
}

/** Forgets the object definitions that are kept; those in force stay for as long as the page. */
export function forgetObjects(): void {
  try {
    localStorage.removeItem(OBJECTS_KEPT);
  } catch {
    // Nothing was kept where storage is forbidden.
  }
}

function store(name: string, text: string): boolean {
  try {
    localStorage.setItem(name, text);
    return true;
  } catch {
    // Storage may be forbidden or full; the choice then lasts as long as the page.
    return false;
  }
}
