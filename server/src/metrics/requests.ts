import { byLabel, type Metric, single } from './metric.ts';

/** What is asked, how long it takes, and what is committed. */
export const requestMetrics: readonly Metric[] = [
  {
    name: 'confer_requests_taken_total',
    type: 'counter',
    help: 'Requests that came, answered or not.',
    ...single(({ counters }) => counters.requestsTaken),
  },
  {
    name: 'confer_requests_total',
    type: 'counter',
    help: 'Requests that were answered, by their type.',
    ...byLabel('op', ({ measures }) =>
      measures.requests.read().map(({ op, seconds }) => [op, seconds.count] as const),
    ),
  },
  {
    name: 'confer_requests_refused_total',
    type: 'counter',
    help: 'Of those, the ones answered with an error, by its code.',
    labels: ['op', 'code'],
    read: ({ measures }) =>
      measures.requests
        .read()
        .flatMap(({ op, refused }) =>
          [...refused].map(([code, value]) => ({ labels: { op, code }, value })),
        ),
  },
  {
    name: 'confer_request_duration_seconds',
    type: 'histogram',
    help: 'From when a request came until its answer went out, with all that it waited for.',
    ...byLabel('op', ({ measures }) =>
      measures.requests.read().map(({ op, seconds }) => [op, seconds] as const),
    ),
  },
  {
    name: 'confer_commit_durable_seconds',
    type: 'histogram',
    help: 'From when commits were judged until they were on the disk; on etcd, how long its transactions took.',
    ...single(({ measures }) => measures.durableSeconds.read()),
  },
  {
    name: 'confer_commit_batch_size',
    type: 'histogram',
    help: 'Commits that became durable together.',
    ...single(({ measures }) => measures.batchCommits.read()),
  },
  {
    name: 'confer_commits_total',
    type: 'counter',
    help: 'Commits that this server has shown, whoever wrote them.',
    ...single(({ counters }) => counters.commits),
  },
  {
    name: 'confer_changes_total',
    type: 'counter',
    help: 'Changes of those commits.',
    ...byLabel('type', ({ measures: { puts, deletes } }) => [
      ['put', puts],
      ['delete', deletes],
    ]),
  },
];
