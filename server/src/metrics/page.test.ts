import { describe, expect, test } from 'vitest';
import { Counters } from '../counters.ts';
import { Histogram } from '../histogram.ts';
import { Measures } from '../measures.ts';
import { readExposition } from '../test-support/exposition.ts';
import { catalogue } from './catalogue.ts';
import { pageOfMetrics } from './exposition.ts';
import type { Figures } from './figures.ts';
import type { Metric } from './metric.ts';

function figures(change: Partial<Figures> = {}): Figures {
  return {
    build: { version: '0.1.0', node: '20.20.2', engine: 'lmdb', transport: 'uws' },
    readiness: 'ready',
    isDraining: false,
    handshakes: 3,
    counters: new Counters().read(),
    measures: new Measures(() => 0),
    core: {
      ...{ connections: 3, outboundBytes: 0, watchGroups: 1, lagRevisions: 0 },
      watches: [{ mode: 'state', standing: 'live', count: 3 }],
      ...{ revision: 12, compactedRevision: 2, entries: 5, historyCommits: 10, historyBytes: 999 },
      storage: { kind: 'well', forMs: 0 },
      tokens: new Map([['valid', 2]]),
      audit: { lost: 0, isFailing: false },
    },
    disk: { used: 1, file: 2, journal: 3, size: 4, available: 5 },
    certificateExpiresAt: 1_800_000_000_000,
    process: {
      ...{ startedAt: 1.5, userSeconds: 1, systemSeconds: 2, residentBytes: 3 },
      ...{ heapTotalBytes: 4, heapUsedBytes: 5, externalBytes: 6, openFiles: 7, filesMax: 8 },
      loopLag: { mean: 0, p50: 0, p99: 0.01, max: 0.02 },
      garbageCollections: new Map([['minor', new Histogram([1]).read()]]),
    },
    ...change,
  };
}

async function read(change?: Partial<Figures>) {
  return readExposition(await pageOfMetrics(catalogue, figures(change)));
}

function sampled(metrics: Awaited<ReturnType<typeof read>>, series: string): number | undefined {
  for (const { samples } of metrics.values()) if (samples.has(series)) return samples.get(series);
  return undefined;
}

describe('the page of metrics', () => {
  test('is one to the letter, with all of the catalogue in its order', async () => {
    const metrics = await read();
    expect([...metrics.keys()]).toEqual(catalogue.map(({ name }) => name));
    for (const { name, type, help } of catalogue)
      expect(metrics.get(name)).toMatchObject({ type, help });
  });

  test('has each series under the labels that its metric names, and no others', () => {
    const all = figures();
    all.measures.requests.answered('get', 1, 'forbidden');
    for (const { name, labels, read: readMetric } of catalogue) {
      const samples = readMetric(all);
      expect(samples, name).not.toHaveLength(0);
      for (const sample of samples) expect(Object.keys(sample.labels), name).toEqual(labels);
    }
  });

  test('shows every counter of the server', async () => {
    const names = Object.keys(new Counters().read());
    const one = Object.fromEntries(names.map((name, i) => [name, 1_000 + i]));
    const metrics = await read({ counters: one });
    const shown = new Set([...metrics.values()].flatMap(({ samples }) => [...samples.values()]));
    // These are shown by the type of the request, and that of the change.
    const missing = names.filter((_, i) => !shown.has(1_000 + i));
    expect(missing.filter((name) => !name.startsWith('requestsRefused.'))).toEqual(['changes']);
  });

  test('counts what was measured', async () => {
    const measures = new Measures(() => 0);
    measures.requests.answered('get', 0.2);
    measures.requests.answered('get', 3, 'forbidden');
    measures.batch([{ changes: [{ type: 'put' }, { type: 'delete' }] }, { changes: [] }]);
    measures.sent(1_000, 50);
    const metrics = await read({ measures });
    const all = Object.fromEntries(
      [
        'confer_requests_total{op="get"}',
        'confer_requests_refused_total{op="get",code="forbidden"}',
        'confer_request_duration_seconds_bucket{op="get",le="0.0001"}',
        'confer_request_duration_seconds_bucket{op="get",le="0.00025"}',
        'confer_request_duration_seconds_bucket{op="get",le="0.005"}',
        'confer_request_duration_seconds_sum{op="get"}',
        'confer_commit_batch_size_bucket{le="2"}',
        'confer_changes_total{type="delete"}',
        'confer_frames_sent_total',
        'confer_bytes_sent_total',
      ].map((series) => [series, sampled(metrics, series)]),
    );
    expect(all).toEqual({
      'confer_requests_total{op="get"}': 2,
      'confer_requests_refused_total{op="get",code="forbidden"}': 1,
      'confer_request_duration_seconds_bucket{op="get",le="0.0001"}': 0,
      'confer_request_duration_seconds_bucket{op="get",le="0.00025"}': 1,
      'confer_request_duration_seconds_bucket{op="get",le="0.005"}': 2,
      'confer_request_duration_seconds_sum{op="get"}': 0.0032,
      'confer_commit_batch_size_bucket{le="2"}': 1,
      'confer_changes_total{type="delete"}': 1,
      confer_frames_sent_total: 1_000,
      confer_bytes_sent_total: 50_000,
    });
  });

  test('says nothing of what is not here: a disk, a certificate, tokens, an audit', async () => {
    const { core } = figures();
    const metrics = await read({
      disk: undefined,
      certificateExpiresAt: undefined,
      core: { ...core, tokens: new Map(), audit: undefined },
    });
    for (const name of [
      'confer_storage_bytes',
      'confer_disk_bytes',
      'confer_tls_expiry_timestamp_seconds',
      'confer_tokens',
      'confer_audit_lost_total',
    ])
      expect(metrics.get(name)?.samples.size, name).toBe(0);
  });

  test('has each storage state, of which one is true', async () => {
    const { core } = figures();
    const behind = { kind: 'behind', forMs: 2_500 } as const;
    const metrics = await read({ core: { ...core, storage: behind }, readiness: 'degraded' });
    expect(sampled(metrics, 'confer_storage_state{state="behind"}')).toBe(1);
    expect(sampled(metrics, 'confer_storage_state{state="well"}')).toBe(0);
    expect(sampled(metrics, 'confer_behind_seconds')).toBe(2.5);
    expect(sampled(metrics, 'confer_ready')).toBe(1);
  });

  test('writes labels and helps so that no text can make a line of its own', async () => {
    const strange: Metric = {
      ...{ name: 'confer_strange', type: 'gauge', help: 'A help\nof two lines, with a \\.' },
      labels: ['reason'],
      read: () => [{ labels: { reason: 'a "quote", a \\ and\na line' }, value: 1 }],
    };
    const page = await pageOfMetrics([strange], figures());
    expect(page.trimEnd().split('\n')).toEqual([
      '# HELP confer_strange A help\\nof two lines, with a \\\\.',
      '# TYPE confer_strange gauge',
      'confer_strange{reason="a \\"quote\\", a \\\\ and\\na line"} 1',
    ]);
  });
});
