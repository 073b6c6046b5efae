import { type Commit, type Condition, type Entry, isShownIn, ProtocolError } from '@confer/shared';

/** What conditions are held against. */
interface State {
  readonly entries: ReadonlyMap<string, Entry>;
  commitsAfter(revision: number): readonly Commit[];
  requireKnown(revision: number): void;
}

/** The first condition that does not hold. Throws `compacted` or `future_revision`. */
export function firstBroken(conditions: readonly Condition[], store: State): Condition | undefined {
  return conditions.find((condition) =>
    'unchangedSince' in condition
      ? isTouched(condition.path, condition.unchangedSince, store)
      : !isMet(condition, store.entries.get(condition.path)),
  );
}

/** What a writer is told whose condition does not hold. */
export function conflict(condition: Condition, store: State): ProtocolError {
  const { path } = condition;
  if ('unchangedSince' in condition)
    return new ProtocolError('conflict', `something at or below ${path} was changed`, { path });
  const current = store.entries.get(path) ?? null;
  const found = current === null ? 'holds nothing' : `is at revision ${current.modRevision}`;
  const problem = `${path} ${found}, and a condition of it does not hold`;
  return new ProtocolError('conflict', problem, { path, current });
}

function isTouched(subtree: string, after: number, store: State): boolean {
  store.requireKnown(after);
  const commits = store.commitsAfter(after);
  return commits.some(({ changes }) => changes.some(({ path }) => isShownIn(path, subtree)));
}

function isMet(
  condition: Exclude<Condition, { unchangedSince: number }>,
  found: Entry | undefined,
): boolean {
  if ('modRevision' in condition) return (found?.modRevision ?? 0) === condition.modRevision;
  if ('createRevision' in condition)
    return (found?.createRevision ?? 0) === condition.createRevision;
  if ('version' in condition) return (found?.version ?? 0) === condition.version;
  if ('exists' in condition) return (found !== undefined) === condition.exists;
  if ('value' in condition) return found?.value === condition.value;
  return found !== undefined && (found.lease ?? null) === condition.lease;
}
