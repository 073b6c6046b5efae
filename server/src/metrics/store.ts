import type { DiskBytes } from './figures.ts';
import { byLabel, type Metric, single } from './metric.ts';

const STATES = ['well', 'behind', 'degraded', 'failed'] as const;
const SECOND_MS = 1_000;

/** What is kept, how much room it takes, and how the storage is. */
export const storeMetrics: readonly Metric[] = [
  {
    name: 'confer_revision',
    type: 'gauge',
    help: 'The newest revision that this server shows.',
    ...single(({ core }) => core.revision),
  },
  {
    name: 'confer_compacted_revision',
    type: 'gauge',
    help: 'History is whole after this revision.',
    ...single(({ core }) => core.compactedRevision),
  },
  {
    name: 'confer_entries',
    type: 'gauge',
    help: 'Entries that are there now.',
    ...single(({ core }) => core.entries),
  },
  {
    name: 'confer_history_commits',
    type: 'gauge',
    help: 'Commits that history has.',
    ...single(({ core }) => core.historyCommits),
  },
  {
    name: 'confer_history_bytes',
    type: 'gauge',
    help: 'About what history takes beside the entries.',
    ...single(({ core }) => core.historyBytes),
  },
  {
    name: 'confer_compaction_seconds',
    type: 'histogram',
    help: 'Compactions of history that came to their end; one is tried each minute.',
    ...single(({ measures }) => measures.compactionSeconds.read()),
  },
  {
    name: 'confer_compactions_failed_total',
    type: 'counter',
    help: 'Compactions of history that failed; what is left is tried again with the next.',
    ...single(({ measures }) => measures.compactionsFailed),
  },
  {
    name: 'confer_storage_bytes',
    type: 'gauge',
    help: 'Bytes of the store on the disk of this machine: what of its file holds something (used), the whole file (file), the write-ahead log (journal).',
    ...byLabel('kind', ({ disk }) => bytesOf(disk, ['used', 'file', 'journal'])),
  },
  {
    name: 'confer_disk_bytes',
    type: 'gauge',
    help: 'Bytes of the file system that the store lies on: all (size), and what is left for this process (available).',
    ...byLabel('kind', ({ disk }) => bytesOf(disk, ['size', 'available'])),
  },
  {
    name: 'confer_storage_state',
    type: 'gauge',
    help: 'Which of these the storage is (1): well; behind, out of touch with etcd, so that what is shown may be old; degraded, it takes no writes or not all; failed.',
    ...byLabel('state', ({ core }) =>
      STATES.map((state) => [state, core.storage.kind === state ? 1 : 0] as const),
    ),
  },
  {
    name: 'confer_behind_seconds',
    type: 'gauge',
    help: 'How long the server has been out of touch with etcd; 0 while it is in touch.',
    ...single(({ core: { storage } }) =>
      storage.kind === 'behind' ? storage.forMs / SECOND_MS : 0,
    ),
  },
];

function bytesOf(disk: DiskBytes | undefined, kinds: readonly (keyof DiskBytes)[]) {
  return disk === undefined ? [] : kinds.map((kind) => [kind, disk[kind]] as const);
}
