import { systemNames } from '../systems.ts';
import { barChart } from './bar-chart.ts';
import type { FigureName } from './figures.ts';
import { lineChart } from './line-chart.ts';
import type { Result } from './result.ts';
import { numberText } from './rows.ts';

/** What one chart shows: the systems in one case, or along the sizes of a curve. */
interface Chart {
  readonly file: string;
  readonly title: string;
  readonly scenario: string;
  readonly figure: FigureName;
  readonly shows: { readonly label: string } | { readonly curve: string; readonly xTitle: string };
}

const US_PER_CHANGE = 'Server CPU per delivered change, µs';

const charts: readonly Chart[] = [
  {
    file: 'fan-out-single.svg',
    title: `${US_PER_CHANGE}: 1,000 subscribers, one at a time`,
    scenario: 'fan-out',
    figure: 'cpuPerChangeUs',
    shows: { label: '1,000 subscribers, one at a time' },
  },
  {
    file: 'fan-out-ten.svg',
    title: `${US_PER_CHANGE}: 1,000 subscribers, ten at a time`,
    scenario: 'fan-out',
    figure: 'cpuPerChangeUs',
    shows: { label: '1,000 subscribers, 10 at a time' },
  },
  {
    file: 'fan-out-growth.svg',
    title: `${US_PER_CHANGE}, one at a time`,
    scenario: 'fan-out',
    figure: 'cpuPerChangeUs',
    shows: { curve: 'one at a time', xTitle: 'subscribers' },
  },
  {
    file: 'subtrees-growth.svg',
    title: 'Server CPU per write, µs: as many subtrees as subscribers',
    scenario: 'subtrees',
    figure: 'cpuPerWriteUs',
    shows: { curve: 'ten at a time', xTitle: 'subscribers, each on a subtree of its own' },
  },
  {
    file: 'memory.svg',
    title: 'Memory per idle connection with one watch, kB',
    scenario: 'memory',
    figure: 'connectionKb',
    shows: { label: '10,000 idle connections' },
  },
  {
    file: 'writes-growth.svg',
    title: 'Writes per second, 100 bytes',
    scenario: 'durable-writes',
    figure: 'writesPerSecond',
    shows: { curve: '100 bytes', xTitle: 'writers, each waiting for its answer' },
  },
  {
    file: 'latency.svg',
    title: 'Sent to callback, p99, ms: 1,000 subscribers, 100 writes a second',
    scenario: 'latency',
    figure: 'sentToCallbackP99Ms',
    shows: { label: '100 writes a second' },
  },
  {
    file: 'snapshot-growth.svg',
    title: 'Until a reader has all of a subtree, ms',
    scenario: 'snapshot',
    figure: 'readMs',
    shows: { curve: 'entries', xTitle: 'entries of 100 bytes' },
  },
  {
    file: 'resume-growth.svg',
    title: 'Until a reader that missed nothing is in sync, ms',
    scenario: 'resume',
    figure: 'readMs',
    shows: { curve: 'nothing', xTitle: 'entries in the subtree' },
  },
];

export interface Drawing {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** Those charts for which there are results. */
export function drawCharts(results: readonly Result[]): Drawing[] {
  return charts.flatMap((chart) => {
    const own = results.filter(({ scenario }) => scenario === chart.scenario);
    const svg = 'label' in chart.shows ? bars(chart, own) : lines(chart, own);
    return svg === undefined ? [] : [{ file: chart.file, title: chart.title, svg }];
  });
}

function bars({ title, figure, shows }: Chart, results: readonly Result[]): string | undefined {
  const found = results.flatMap(({ label, system, figures }) => {
    const value = figures[figure];
    return 'label' in shows && label === shows.label && value !== undefined
      ? [{ name: system, figure: value, text: numberText(value) }]
      : [];
  });
  return found.length === 0 ? undefined : barChart(title, found);
}

function lines({ title, figure, shows }: Chart, results: readonly Result[]): string | undefined {
  if (!('curve' in shows)) return undefined;
  const found = systemNames.flatMap((name) => {
    const points = results.flatMap(({ system, curve, size, figures }) => {
      const y = figures[figure];
      const isOn = system === name && curve === shows.curve;
      return isOn && size !== undefined && y !== undefined && y > 0 ? [{ x: size, y }] : [];
    });
    return points.length > 1 ? [{ name, points }] : [];
  });
  return found.length === 0 ? undefined : lineChart(title, shows.xTitle, found);
}
