import { type ChartSeries, SeriesKind } from '../../analysis/value-protocol.ts';
import { countText } from '../number-text.ts';
import { numberOfSeconds } from './series-path.ts';
import { momentText, numberText } from './value-scale.ts';

/** One number of the statistics with its name. */
export interface Figure {
  name: string;
  value: string;
}

/** What is told of the samples in sight: count, numbers where there are some, the time between samples. */
export function figuresOf(series: ChartSeries): Figure[] {
  const { samples, least, mean, most, shortest, median, longest } = series.statistics;
  const figures = [{ name: 'samples', value: countText(samples) }];
  const text = series.isTime ? momentText : numberText;
  if (series.kind === SeriesKind.number && !Number.isNaN(mean)) {
    figures.push({ name: 'min', value: text(least) });
    if (!series.isTime) figures.push({ name: 'mean', value: numberText(Number(mean.toPrecision(5))) });
    figures.push({ name: 'max', value: text(most) });
  }
  if (!Number.isNaN(median)) {
    const ends = [shortest, longest].map(numberOfSeconds);
    figures.push({ name: 'interval', value: ends[0] === ends[1] ? `${ends[0]} s` : `${ends.join(' – ')} s` });
    if (ends[0] !== ends[1]) figures.push({ name: 'median', value: `${numberOfSeconds(median)} s` });
  }
  return figures;
}
