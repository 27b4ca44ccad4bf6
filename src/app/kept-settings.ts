import {
  type AnalysisSettings,
  decodeAsText,
  lowpanContextText,
  parseDecodeAs,
  parseLowpanContext,
} from '../analysis/settings.ts';

const DECODE_AS_KEPT = 'lwm2m-scope.decode-as';
const CONTEXTS_KEPT = 'lwm2m-scope.lowpan-contexts';

/** The settings kept on this computer; those that cannot be read are as if they were not there. */
export function keptSettings(): AnalysisSettings {
  return {
    decodeAs: kept(DECODE_AS_KEPT, parseDecodeAs),
    lowpanContexts: kept(CONTEXTS_KEPT, parseLowpanContext),
  };
}

/** Keeps settings; where storage is forbidden they last as long as the page. */
export function keepSettings(settings: AnalysisSettings): void {
  keep(DECODE_AS_KEPT, settings.decodeAs.map(decodeAsText));
  keep(CONTEXTS_KEPT, (settings.lowpanContexts ?? []).map(lowpanContextText));
}

/** Texts of a list kept under a name, each read again. */
function kept<Rule extends object>(name: string, parse: (text: string) => Rule | string): Rule[] {
  try {
    const texts: unknown = JSON.parse(localStorage.getItem(name) ?? '[]');
    if (!Array.isArray(texts)) return [];
    return texts
      .map((text: unknown) => parse(String(text)))
      .filter((rule): rule is Rule => typeof rule !== 'string');
  } catch {
    return [];
  }
}

function keep(name: string, texts: readonly string[]): void {
  try {
    localStorage.setItem(name, JSON.stringify(texts));
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
