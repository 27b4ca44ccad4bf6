import { decodeAsText, type DecodeAsRule, DEFAULT_SETTINGS, parseDecodeAs } from '../analysis/settings.ts';
import type { AnalysisSettings } from '../analysis/settings.ts';

const KEPT_AS = 'lwm2m-scope.decode-as';

/** The settings kept on this computer; those that cannot be read are as if they were not there. */
export function keptSettings(): AnalysisSettings {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? '[]');
    if (!Array.isArray(kept)) return DEFAULT_SETTINGS;
    const rules = kept
      .map((text: unknown) => parseDecodeAs(String(text)))
      .filter((rule): rule is DecodeAsRule => typeof rule !== 'string');
    return { ...DEFAULT_SETTINGS, decodeAs: rules };
  } catch {
    return DEFAULT_SETTINGS;
  }
}

/** Keeps settings; where storage is forbidden they last as long as the page. */
export function keepSettings(settings: AnalysisSettings): void {
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify(settings.decodeAs.map(decodeAsText)));
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
