import { decodeAsText, type DecodeAsRule, DEFAULT_SETTINGS, parseDecodeAs } from '../analysis/settings.ts';
import type { AnalysisSettings } from '../analysis/settings.ts';
import { isCompactObject, type LoadedDefinition } from '../lwm2m/registry/object-definition.ts';

const KEPT_AS = 'lwm2m-scope.decode-as';
/** Object definitions; there only where the person wants them kept. */
const OBJECTS_KEPT_AS = 'lwm2m-scope.objects';

/** The settings kept on this computer; those that cannot be read are as if they were not there. */
export function keptSettings(): AnalysisSettings {
  return { ...DEFAULT_SETTINGS, decodeAs: keptRules(), objects: keptObjects() };
}

function keptRules(): DecodeAsRule[] {
  return readList(KEPT_AS)
    .map((text: unknown) => parseDecodeAs(String(text)))
    .filter((rule): rule is DecodeAsRule => typeof rule !== 'string');
}

function keptObjects(): LoadedDefinition[] {
  return readList(OBJECTS_KEPT_AS).filter((kept): kept is LoadedDefinition => {
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
  store(KEPT_AS, JSON.stringify(settings.decodeAs.map(decodeAsText)));
  if (keepsObjects()) keepObjects(settings.objects);
}

/** Whether loaded object definitions are kept in this browser. */
export function keepsObjects(): boolean {
  try {
    return localStorage.getItem(OBJECTS_KEPT_AS) !== null;
  } catch {
    return false;
  }
}

/** Keeps object definitions in this browser; false where it has no room for them, or does not allow it. */
export function keepObjects(objects: readonly LoadedDefinition[]): boolean {
  return store(OBJECTS_KEPT_AS, JSON.stringify(objects));
}

/** Forgets the object definitions that are kept; those in force stay for as long as the page. */
export function forgetObjects(): void {
  try {
    localStorage.removeItem(OBJECTS_KEPT_AS);
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
