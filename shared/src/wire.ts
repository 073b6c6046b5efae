import type { Change, Commit, Entry } from './entry.ts';
import type { WireChange, WireCommit } from './messages/down.ts';

/**
 * Commits as they travel and as programs see them. On the wire a put leaves out what its commit
 * says already; here is the one place that takes it away and puts it back.
 */
export function toWireCommit(commit: Commit, withPrev: boolean): WireCommit {
  return { ...commit, changes: commit.changes.map((change) => toWireChange(change, withPrev)) };
}

function toWireChange(change: Change, withPrev: boolean): WireChange {
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

export function fromWireCommit(wire: WireCommit): Commit {
  return { ...wire, changes: wire.changes.map((change) => fromWireChange(change, wire)) };
}

function fromWireChange(change: WireChange, commit: WireCommit): Change {
  const prev =
    change.prev === undefined
      ? {}
      : { prev: { path: change.path, ...change.prev } satisfies Entry };
  if (change.type === 'delete')
    return { type: 'delete', path: change.path, cause: change.cause, ...prev };
  const { path, value, createRevision, version, lease } = change;
  const entry: Entry = {
    path,
    value,
    createRevision,
    modRevision: commit.revision,
    version,
    updatedAt: commit.time,
    updatedBy: commit.actor,
    ...(lease === undefined ? {} : { lease }),
  };
  return { type: 'put', path, entry, ...prev };
}

function withoutPath({ path: _, ...rest }: Entry): Omit<Entry, 'path'> {
  return rest;
}
