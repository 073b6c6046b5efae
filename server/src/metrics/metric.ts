import type { HistogramReading } from '../histogram.ts';
import type { Figures } from './figures.ts';

export type Labels = Readonly<Record<string, string>>;

/** What a metric says at a scrape, under one set of labels. */
export interface Sample<Value> {
  readonly labels: Labels;
  readonly value: Value;
}

/**
 * One metric of the page. No label has a path, a principal, an address or the name of a client: there would be as many
 * series as there are of those, and a page of metrics is read by more people than what they name.
 */
export interface MetricOf<Type extends string, Value> {
  readonly name: string;
  readonly type: Type;
  /** One line, for whoever reads the page or a dashboard. */
  readonly help: string;
  /** The names of its labels. */
  readonly labels: readonly string[];
  readonly read: (figures: Figures) => readonly Sample<Value>[];
}

export type Metric =
  | MetricOf<'counter', number>
  | MetricOf<'gauge', number>
  | MetricOf<'histogram', HistogramReading>;

/** A metric without labels; one that does not apply here says nothing. */
export function single<Value>(
  read: (figures: Figures) => Value | undefined,
): Pick<MetricOf<string, Value>, 'labels' | 'read'> {
  return {
    labels: [],
    read: (figures) => {
      const value = read(figures);
      return value === undefined ? [] : [{ labels: {}, value }];
    },
  };
}

/** One that is told apart by one label. */
export function byLabel<Value>(
  label: string,
  read: (figures: Figures) => Iterable<readonly [string, Value]>,
): Pick<MetricOf<string, Value>, 'labels' | 'read'> {
  return {
    labels: [label],
    read: (figures) =>
      [...read(figures)].map(([name, value]) => ({ labels: { [label]: name }, value })),
  };
}

/** The counts whose names have this before a dot, each under what comes behind it. */
export function counted(
  kind: string,
  { counters }: Figures,
): readonly (readonly [string, number])[] {
  const before = `${kind}.`;
  return Object.entries(counters)
    .filter(([name]) => name.startsWith(before))
    .map(([name, count]) => [name.slice(before.length), count]);
}
