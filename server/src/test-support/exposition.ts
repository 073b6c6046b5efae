/** A metric of a page, as a scraper reads it. */
export interface ReadMetric {
  readonly type: string;
  readonly help: string;
  /** By name and labels as they stand in the line: `confer_watches{mode="state",state="live"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const SAMPLE = new RegExp(`^(${NAME})((?:\\{(?:${LABEL})(?:,${LABEL})*\\})?) (\\S+)$`);
const NUMBER = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN)$/;
const TYPES = ['counter', 'gauge', 'histogram'];

/**
 * Reads a page in the text format 0.0.4 and throws where it is not one to the letter: each metric has its help, its type
 * and its samples in one place, no series comes twice, and a histogram is one.
 */
export function readExposition(page: string): ReadonlyMap<string, ReadMetric> {
  if (!page.endsWith('\n')) throw new Error('the last line does not end');
  const metrics = new Map<string, ReadMetric & { readonly samples: Map<string, number> }>();
  let current = '';
  let help: string | undefined;
  for (const line of page.split('\n')) {
    const [, helped, said = ''] = /^# HELP (\S+) (.+)$/.exec(line) ?? [];
    const [, typed, type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (line === '') continue;
    if (helped !== undefined) {
      if (metrics.has(helped)) throw new Error(`${helped} comes twice`);
      current = helped;
      help = said;
    } else if (typed !== undefined) {
      if (typed !== current || help === undefined) throw new Error(`${typed} has no help`);
      if (!TYPES.includes(type)) throw new Error(`${typed} is of no type: ${type}`);
      metrics.set(typed, { type, help, samples: new Map() });
    } else addSample(line, current, metrics.get(current));
  }
  for (const [name, metric] of metrics) checkMetric(name, metric);
  return metrics;
}

function addSample(
  line: string,
  current: string,
  metric: { readonly type: string; readonly samples: Map<string, number> } | undefined,
): void {
  const [, name = '', labels = '', number = ''] = SAMPLE.exec(line) ?? [];
  if (!NUMBER.test(number) || metric === undefined) throw new Error(`no sample: ${line}`);
  const suffixes = metric.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (!suffixes.some((suffix) => name === `${current}${suffix}`))
    throw new Error(`not of ${current}: ${line}`);
  const series = `${name}${labels}`;
  if (metric.samples.has(series)) throw new Error(`${series} comes twice`);
  metric.samples.set(series, Number(number.replace('Inf', 'Infinity')));
}

function checkMetric(name: string, { type, samples }: ReadMetric): void {
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}`);
  if (type !== 'histogram') return;
  let before: { readonly labels: string; readonly count: number } | undefined;
  for (const [series, count] of samples) {
    if (!series.startsWith(`${name}_bucket`)) continue;
    const labels = series.replace(/,?le="[^"]*"/, '');
    if (before?.labels === labels && count < before.count) throw new Error(`${series} falls`);
    before = { labels, count };
    const own = labels.replace('_bucket', '').replace('{}', '').slice(name.length);
    if (series.includes('le="+Inf"') && samples.get(`${name}_count${own}`) !== count)
      throw new Error(`${series} is not all there is`);
  }
}
