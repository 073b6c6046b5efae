import type { Client } from '@confer/client';
import type { Commit, Entry } from '@confer/shared';
import { comparePaths } from '@confer/shared';

/** All commits of a server from now on, as an event watch is told them: what was there at each of its revisions. */
export class History {
  readonly commits: Commit[] = [];
  readonly #ended: Promise<void>;
  readonly #end = new AbortController();

  private constructor(client: Client) {
    const watch = client.watch('/', { signal: this.#end.signal });
    this.#ended = (async () => {
      for await (const commit of watch) this.commits.push(commit);
    })().catch((error: unknown) => {
      if (!this.#end.signal.aborted) throw error;
    });
  }

  /** Of a server that nothing is in yet. */
  static async of(client: Client): Promise<History> {
    const history = new History(client);
    const started = client.watch('/');
    await started.started();
    started.close();
    return history;
  }

  /** The entries at a revision, in the order of the tree. */
  at(revision: number): readonly Entry[] {
    const entries = new Map<string, Entry>();
    for (const commit of this.commits) {
      if (commit.revision > revision) break;
      for (const change of commit.changes)
        if (change.type === 'put') entries.set(change.path, change.entry);
        else entries.delete(change.path);
    }
    return [...entries.values()].sort((a, b) => comparePaths(a.path, b.path));
  }

  async end(): Promise<void> {
    this.#end.abort();
    await this.#ended;
  }
}
