import { byLabel, type Metric, single } from './metric.ts';

/** The server itself, and the process that it runs in; the latter under the names that prom-client gives them. */
export const processMetrics: readonly Metric[] = [
  {
    name: 'confer_build_info',
    type: 'gauge',
    help: 'Always 1; its labels say what runs.',
    labels: ['version', 'node', 'engine', 'transport'],
    read: ({ build }) => [{ labels: { ...build }, value: 1 }],
  },
  {
    name: 'confer_ready',
    type: 'gauge',
    help: 'Whether /readyz says that new clients belong here, also where the storage is degraded.',
    ...single(({ readiness }) => (readiness === 'down' ? 0 : 1)),
  },
  {
    name: 'confer_draining',
    type: 'gauge',
    help: 'Whether the server was told to stop and is letting its clients go.',
    ...single(({ isDraining }) => (isDraining ? 1 : 0)),
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'Start of the process, in seconds since the Unix epoch.',
    ...single(({ process }) => process.startedAt),
  },
  {
    name: 'process_cpu_user_seconds_total',
    type: 'counter',
    help: 'Seconds of CPU that the process spent in itself.',
    ...single(({ process }) => process.userSeconds),
  },
  {
    name: 'process_cpu_system_seconds_total',
    type: 'counter',
    help: 'Seconds of CPU that the system spent for the process.',
    ...single(({ process }) => process.systemSeconds),
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'Both together.',
    ...single(({ process }) => process.userSeconds + process.systemSeconds),
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Memory of the process.',
    ...single(({ process }) => process.residentBytes),
  },
  {
    name: 'nodejs_heap_size_total_bytes',
    type: 'gauge',
    help: 'The heap of V8.',
    ...single(({ process }) => process.heapTotalBytes),
  },
  {
    name: 'nodejs_heap_size_used_bytes',
    type: 'gauge',
    help: 'What of it is used.',
    ...single(({ process }) => process.heapUsedBytes),
  },
  {
    name: 'nodejs_external_memory_bytes',
    type: 'gauge',
    help: 'Memory outside of that heap that objects in it hold: buffers, mostly.',
    ...single(({ process }) => process.externalBytes),
  },
  {
    name: 'process_open_fds',
    type: 'gauge',
    help: 'Open file descriptors; each connection takes one.',
    ...single(({ process }) => process.openFiles),
  },
  {
    name: 'process_max_fds',
    type: 'gauge',
    help: 'How many file descriptors the process may have.',
    ...single(({ process }) => process.filesMax),
  },
  ...(['mean', 'p50', 'p99', 'max'] as const).map(
    (of): Metric => ({
      name: `nodejs_eventloop_lag_${of}_seconds`,
      type: 'gauge',
      help: `By how much the event loop came late in the last ten to twenty seconds: ${of}.`,
      ...single(({ process }) => process.loopLag[of]),
    }),
  ),
  {
    name: 'nodejs_gc_duration_seconds',
    type: 'histogram',
    help: 'Collections of garbage since the first scrape, by their kind.',
    ...byLabel('kind', ({ process }) => process.garbageCollections),
  },
];
