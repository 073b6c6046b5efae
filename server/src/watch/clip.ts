import { type Commit, isWithin } from '@confer/shared';

/** The commits that touch a subtree, each with only its changes there. */
export function* clip(commits: Iterable<Commit>, subtree: string): Generator<Commit> {
  for (const commit of commits) {
    const changes = commit.changes.filter((change) => isWithin(change.path, subtree));
    if (changes.length === commit.changes.length) yield commit;
    else if (changes.length > 0) yield { ...commit, changes };
  }
}
