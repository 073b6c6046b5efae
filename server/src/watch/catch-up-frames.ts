import type { WatchCommit, WatchMode } from '@confer/shared';
import type { EngineCommit, Store } from '../store/store.ts';
import { CommitProjection } from './commit-projection.ts';
import { commitFrames, differenceFrames, FRAME_BYTES } from './frames.ts';
import type { Group } from './group.ts';
import { netChanges } from './net-changes.ts';
import { SharedFrames } from './shared-frames.ts';
import type { SyncedBy, WatcherState } from './watcher-state.ts';

/** A state watch that missed more than this gets the net difference instead of every commit. */
const COMMITS_BYTES_MAX = FRAME_BYTES;

/**
 * The most that is read of what was missed within one turn. Beyond that it is cheaper to look through
 * the subtree itself, a piece at a time.
 */
const MISSED_BYTES_MAX = 4 * 1024 * 1024;
/** One commit may have a hundred thousand changes, and history gives it as a whole. */
const CHANGES_MAX = 10_000;
/** The commits that one turn looks at; those that did not touch the subtree cost little else. */
const LOOKED_AT_MAX = 5_000;

type Lagging = WatcherState & { kind: 'lagging' };

export interface CatchUpFrames {
  readonly frames: SharedFrames;
  /** The revision that they lead to. */
  readonly to: number;
  /** Where it does, it says so. */
  readonly endsInSynced: SyncedBy | undefined;
  /** About what the frames take. */
  readonly bytes: number;
}

interface Missed {
  /** Those that touched the subtree, with all their changes. */
  readonly commits: readonly EngineCommit[];
  /** The same, as the watch is told of them. */
  readonly told: readonly WatchCommit[];
  /** That the frames of `told` take. */
  readonly bytes: number;
  /** The revision that the commits lead to; they are all there were when it is the latest. */
  readonly to: number;
}

interface Bounds {
  /** Where reading ends, after a whole commit. */
  readonly bytesMax: number;
  /** Where even a commit need not be whole, because nobody will be told of it. */
  readonly wholeBytesMax: number;
}

/**
 * The frames that lead a watch on from its position: a bounded run of commits, or their net
 * difference. Throws `compacted` where history does not reach back.
 */
export function catchUpFrames(
  store: Store,
  group: Group,
  mode: WatchMode,
  { position, from, isResuming }: Lagging,
  latest: number,
): CatchUpFrames | 'too much' {
  const canDiffer = mode === 'state' && position >= store.tombstoneFloor;
  if (canDiffer && store.isFarBack(position, CHANGES_MAX)) return 'too much';
  const bytesMax = mode === 'events' ? COMMITS_BYTES_MAX : MISSED_BYTES_MAX;
  const wholeBytesMax = canDiffer ? bytesMax : Number.POSITIVE_INFINITY;
  const bounds = { bytesMax, wholeBytesMax };
  const { commits, told, bytes, to } = readMissed(store, group, position, latest, bounds);
  if (bytes > wholeBytesMax) return 'too much';
  const head = { watch: group.name, from, to };
  if (mode === 'state' && bytes > COMMITS_BYTES_MAX)
    return {
      frames: new SharedFrames(differenceFrames(head, netChanges(commits, group.subtree))),
      to,
      endsInSynced: 'difference',
      bytes,
    };
  // An empty batch moves the client on, unless its `synced` does.
  const frames = told.length === 0 && isResuming ? [] : commitFrames(head, told, group.withPrev);
  const by = told.length === 0 ? 'nothing' : 'commits';
  return {
    frames: new SharedFrames(frames),
    to,
    endsInSynced: isResuming ? by : undefined,
    bytes,
  };
}

function readMissed(
  store: Store,
  group: Group,
  position: number,
  latest: number,
  { bytesMax, wholeBytesMax }: Bounds,
): Missed {
  const commits: EngineCommit[] = [];
  const told: WatchCommit[] = [];
  let bytes = 0;
  let looked = 0;
  let to = position;
  for (const commit of store.since(position)) {
    if (bytes > bytesMax || looked === LOOKED_AT_MAX) return { commits, told, bytes, to };
    looked++;
    to = commit.revision;
    const telling = CommitProjection.of(commit, group, wholeBytesMax);
    const line = telling.project();
    if (line === undefined) continue;
    commits.push(commit);
    told.push(line);
    bytes += telling.bytes;
  }
  return { commits, told, bytes, to: latest };
}
