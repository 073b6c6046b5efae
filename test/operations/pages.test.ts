import { describe, expect, it } from 'vitest';
import { catalogue } from '../../server/src/metrics/catalogue.ts';
import { pageOf } from '../support/guide.ts';
import { alerts, panelQueries, unknownNames } from './queries.ts';

describe('the names in a query', () => {
  it('are found wherever they stand', () => {
    expect(
      unknownNames(
        'histogram_quantile(0.9, sum by (le, nobody) (rate(confer_fanout_seconds_bucket{job="a b", strange=~"x"}[5m]))) / on (instance) confer_nothing > 14',
      ),
    ).toEqual([
      'confer_fanout_seconds_bucket has no label strange',
      'no metric confer_nothing',
      'nothing has nobody',
    ]);
  });

  it('of a histogram are those of its series', () => {
    expect(unknownNames('confer_fanout_seconds')).toEqual(['no metric confer_fanout_seconds']);
    expect(unknownNames('confer_fanout_seconds_count / confer_ready')).toEqual([]);
  });
});

describe('what is delivered to operate a server with', () => {
  it.each(alerts())('the alert $name asks for metrics that there are', ({ expr }) => {
    expect(unknownNames(expr)).toEqual([]);
  });

  it('each panel of the dashboard asks for metrics that there are, and each metric has a panel', () => {
    const queries = panelQueries();
    for (const { panel, expr } of queries) expect(unknownNames(expr), panel).toEqual([]);
    const text = queries.map(({ expr }) => expr).join('\n');
    const unseen = catalogue.map(({ name }) => name).filter((name) => !text.includes(name));
    // Said in another way by what has a panel.
    expect(unseen).toEqual([
      ...[
        'process_start_time_seconds',
        'process_cpu_seconds_total',
        'nodejs_heap_size_total_bytes',
      ],
      ...[
        'nodejs_eventloop_lag_mean_seconds',
        'confer_requests_taken_total',
        'confer_watch_groups',
      ],
      ...[
        'confer_watches_opened_total',
        'confer_watches_refused_total',
        'confer_compacted_revision',
      ],
    ]);
  });

  it('each alert has its section in the runbook, and each section its alert', () => {
    const sections = pageOf('docs/runbook.md').split(/^## /m).slice(1);
    const titles = sections.map((section) => section.slice(0, section.indexOf('\n')));
    expect(titles).toEqual(alerts().map(({ name }) => name));
    for (const { name, runbook } of alerts())
      expect(runbook).toBe(`docs/runbook.md#${name.toLowerCase()}`);
    for (const section of sections)
      for (const part of ['**Means**', '**Users notice**', '**Look at**', '**Do**'])
        expect(section, section.slice(0, 30)).toContain(`\n${part} `);
  });

  it('the runbook names metrics that there are', () => {
    const named = pageOf('docs/runbook.md').match(/`(confer|process|nodejs)_\w+`/g) ?? [];
    const names = catalogue.map(({ name }) => `\`${name}\``);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
  });

  it('the page of metrics has each metric as the server says it', () => {
    const [ofServer = ''] = pageOf('docs/metrics.md').split('## Metrics of a client');
    const rows = ofServer.match(/^\| `\w+` \| .*$/gm);
    expect(rows).toEqual(
      catalogue.map(({ name, type, labels, help }) => {
        const shown = labels.map((label) => `\`${label}\``).join(', ');
        return `| \`${name}\` | ${type} | ${shown} | ${help} |`;
      }),
    );
  });
});
