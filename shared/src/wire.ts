import type { Change, Commit, Entry } from './entry.ts';
import type { Clear, WireChange, WireCommit } from './messages/watch-down.ts';

/** A commit as a watch is told of it: deletes of a whole subtree may stand together as one. */
export type WatchCommit = Omit<Commit, 'changes'> & {
  readonly changes: readonly (Change | Clear)[];
};

/**
 * Commits as they travel and as programs see them. On the wire a put leaves out what its commit
 * says already; here is the one place that takes it away and puts it back.
 */
export function toWireCommit(commit: WatchCommit, withPrev: boolean): WireCommit {
  const { revision, time, actor, note } = commit;
  return {
    revision,
    time,
    actor,
    ...(note === undefined ? {} : { note }),
    changes: commit.changes.map((change) => toWireChange(change, withPrev)),
  };
}

function toWireChange(change: Change | Clear, withPrev: boolean): WireChange {
  if (change.type === 'clear') return change;
  const prev = withPrev && change.prev !== undefined ? { prev: withoutPath(change.prev) } : {};
  if (change.type === 'delete')
    return { type: 'delete', path: change.path, cause: change.cause, ...prev };
  const { value, createRevision, version, lease } = change.entry;
  return {
    type: 'put',
    path: change.path,
    value,
    createRevision,
    version,
    ...(lease === undefined ? {} : { lease }),
    ...prev,
  };
}

/** Clears are left as they are: what they come to depends on the state before the commit. */
export function fromWireCommit(wire: WireCommit): WatchCommit {
  return { ...wire, changes: wire.changes.map((change) => fromWireChange(change, wire)) };
}

function fromWireChange(change: WireChange, commit: WireCommit): Change | Clear {
  if (change.type === 'clear') return change;
  const { path } = change;
  const prev = change.prev && { prev: { path, ...change.prev } satisfies Entry };
  if (change.type === 'delete') return { type: 'delete', path, cause: change.cause, ...prev };
  // Named one by one: to copy all but some takes fifty times as long, and leaves slow objects behind.
  const { type, value, createRevision, version, lease } = change;
  const { revision: modRevision, time: updatedAt, actor: updatedBy } = commit;
  const entry: Entry = {
    path,
    value,
    createRevision,
    modRevision,
    version,
    updatedAt,
    updatedBy,
    ...(lease !== undefined && { lease }),
  };
  return { type, path, entry, ...prev };
}

function withoutPath({ path: _, ...rest }: Entry): Omit<Entry, 'path'> {
  return rest;
}
