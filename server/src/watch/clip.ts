import { isShownIn } from '@confer/shared';
import type { EngineCommit } from '../store/store.ts';

/** The commits that touch a subtree, each with only its changes there. */
export function* clip(commits: Iterable<EngineCommit>, subtree: string): Generator<EngineCommit> {
  for (const commit of commits) {
    const changes = commit.changes.filter((change) => isShownIn(change.path, subtree));
    if (changes.length === commit.changes.length) yield commit;
    else if (changes.length > 0) yield { ...commit, changes };
  }
}
