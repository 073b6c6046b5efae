import type { ClientMetric } from './api.ts';

/** Metrics as lines of a page for Prometheus. */
export function textOf(metrics: readonly ClientMetric[]): string {
  return metrics.map(linesOf).join('');
}

function linesOf({ name, type, help, samples }: ClientMetric): string {
  const head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  const lines = samples.map(({ labels, value }) => `${name}${labelsText(labels)} ${value}\n`);
  return `${head}${lines.join('')}`;
}

/** Names and values are words of this package, so there is nothing in them to be escaped. */
function labelsText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}
