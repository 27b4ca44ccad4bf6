import { type ChartSeries, SeriesKind } from '../../analysis/value-protocol.ts';

/** Height of the time axis above the panels, in CSS pixels. */
export const AXIS_HEIGHT = 28;
/** Heights of panels in CSS pixels; those of numbers share what is left. */
const LEAST_NUMBERS = 104;
const INTERVAL_HEIGHT = 86;
const STATE_HEIGHT = 56;
const TEXT_HEIGHT = 54;

/** A part of the chart with a scale of its own; all panels share the time axis. */
export interface Panel {
  id: string;
  kind: 'numbers' | 'interval' | 'state' | 'text';
  /** Indices of its series. */
  series: number[];
  top: number;
  height: number;
}

/** What numbers have in common that share a panel: the unit; without one, the resource. */
function scaleKey(series: ChartSeries): string {
  if (series.isTime) return 'time';
  if (series.unit !== '') return `unit ${series.unit}`;
  const [object, , resource] = series.pathText.split('/').slice(1);
  return `resource ${object}/${resource}`;
}

/** Whether a series has limits on the time between its notifications that a panel can show. */
export function hasLimits(series: ChartSeries): boolean {
  return series.attributes.some(({ pmin, pmax }) => pmin > 0 || pmax > 0);
}

/**
 * Divides the chart into panels, in the order of the series: numbers of one unit share one, states and texts have one each.
 * Under the numbers of the active series stands the time between its notifications, where limits for it were set.
 */
export function panelsOf(
  series: readonly ChartSeries[],
  active: number,
  height: number,
): { panels: Panel[]; height: number } {
  const panels: Panel[] = [];
  series.forEach((one, index) => {
    const shared =
      one.kind === SeriesKind.number
        ? panels.find(
            (panel) => panel.kind === 'numbers' && scaleKey(series[panel.series[0]!]!) === scaleKey(one),
          )
        : undefined;
    if (shared) shared.series.push(index);
    else {
      const kind =
        one.kind === SeriesKind.number ? 'numbers' : one.kind === SeriesKind.state ? 'state' : 'text';
      panels.push({
        id: `${kind} ${one.key.device}:${one.key.path}`,
        kind,
        series: [index],
        top: 0,
        height: 0,
      });
    }
  });
  const rank = { numbers: 0, interval: 0, state: 1, text: 2 };
  panels.sort((a, b) => rank[a.kind] - rank[b.kind]);
  const shown = series[active];
  if (shown && hasLimits(shown)) {
    const at = panels.findIndex((panel) => panel.series.includes(active));
    panels.splice(at + 1, 0, { id: 'interval', kind: 'interval', series: [active], top: 0, height: 0 });
  }
  const fixed = { numbers: 0, interval: INTERVAL_HEIGHT, state: STATE_HEIGHT, text: TEXT_HEIGHT };
  const numbers = panels.filter((panel) => panel.kind === 'numbers').length;
  const left = height - AXIS_HEIGHT - panels.reduce((sum, panel) => sum + fixed[panel.kind], 0);
  const each = Math.max(LEAST_NUMBERS, numbers === 0 ? 0 : Math.floor(left / numbers));
  let top = AXIS_HEIGHT;
  for (const panel of panels) {
    panel.top = top;
    panel.height = panel.kind === 'numbers' ? each : fixed[panel.kind];
    top += panel.height;
  }
  return { panels, height: Math.max(top, height) };
}
