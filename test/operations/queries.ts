import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { catalogue } from '../../server/src/metrics/catalogue.ts';

/** What Prometheus adds to each series, and what it says itself of a target. */
const TARGET_LABELS = ['job', 'instance'];
const OWN_METRICS = ['up'];
const KEYWORDS = ['and', 'or', 'unless', 'bool', 'offset'];
const NUMBER = /^\d/;

/** An alert of the rules that are delivered. */
export interface Alert {
  readonly name: string;
  readonly expr: string;
  readonly runbook: string;
}

const root = new URL('../../', import.meta.url);
export const RULES_FILE = fileURLToPath(new URL('deploy/prometheus/confer.yaml', root));
const DASHBOARD = 'deploy/grafana/confer.json';

export function rulesText(): string {
  return readFileSync(RULES_FILE, 'utf8');
}

export function alerts(): readonly Alert[] {
  const { groups }: { groups: { rules: Record<string, unknown>[] }[] } = parse(rulesText());
  return groups.flatMap(({ rules }) =>
    rules.map(({ alert, expr, annotations }) => ({
      name: String(alert),
      expr: String(expr),
      runbook: String(Object(annotations).runbook),
    })),
  );
}

/** What the panels of the dashboard ask. */
export function panelQueries(): readonly { readonly panel: string; readonly expr: string }[] {
  const { panels } = JSON.parse(readFileSync(new URL(DASHBOARD, root), 'utf8'));
  const all: { title: string; targets?: { expr: string }[] }[] = panels;
  return all.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ panel: title, expr })),
  );
}

/** What is wrong with the names in a query: metrics and labels that no server has. */
export function unknownNames(query: string): readonly string[] {
  const labels: string[] = [];
  const bare = query
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\b(by|on|ignoring|without)\s*\(([^)]*)\)/g, (_, __, list: string) => {
      labels.push(...list.split(',').map((label) => label.trim()));
      return ' ';
    })
    .replace(/\[[^\]]*\]/g, ' ');
  const problems: string[] = [];
  const metrics = new Set<string>();
  for (const [, name = '', selector = ''] of bare.matchAll(
    /([A-Za-z_:][\w:]*)(\{[^}]*\})?(?!\s*\(|\w)/g,
  )) {
    if (KEYWORDS.includes(name) || NUMBER.test(name)) continue;
    metrics.add(name);
    const own = labelsOf(name);
    if (own === undefined) problems.push(`no metric ${name}`);
    for (const [, label = ''] of selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (own !== undefined && !own.includes(label)) problems.push(`${name} has no label ${label}`);
  }
  const known = [...metrics].flatMap((name) => labelsOf(name) ?? []);
  for (const label of labels) if (!known.includes(label)) problems.push(`nothing has ${label}`);
  return problems;
}

/** Of a series by its name, which of a histogram is not that of the metric; `undefined`: there is none. */
function labelsOf(series: string): readonly string[] | undefined {
  if (OWN_METRICS.includes(series)) return TARGET_LABELS;
  for (const { name, type, labels } of catalogue) {
    if (type !== 'histogram' && series === name) return [...labels, ...TARGET_LABELS];
    if (type !== 'histogram') continue;
    if (series === `${name}_bucket`) return [...labels, 'le', ...TARGET_LABELS];
    if (series === `${name}_sum` || series === `${name}_count`)
      return [...labels, ...TARGET_LABELS];
  }
  return undefined;
}
