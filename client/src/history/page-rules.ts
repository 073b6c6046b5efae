import { comparePaths, type Logged, type WireLoggedCommit } from '@confer/shared';
import { noAnswer } from '../requests/no-answer.ts';
import { TreeRules } from '../requests/tree-rules.ts';

/** Where a page begins. */
export interface Cursor {
  readonly at?: number | undefined;
  readonly after?: string;
}

/** Holds the pages of a history against what was asked for (PROTOCOL.md, section 4): the newest commit first, each once. */
export class PageRules {
  readonly #path: string;
  readonly #what: 'entry' | 'subtree';
  #last = Number.POSITIVE_INFINITY;

  constructor(path: string, what: 'entry' | 'subtree') {
    this.#path = path;
    this.#what = what;
  }

  /** @throws {ConferError} `bad_message`: it cannot be the page that begins there. */
  check({ revision, commits }: Logged, { at = revision, after }: Cursor): void {
    let goesOn = after;
    for (const commit of commits) {
      const isRest = goesOn !== undefined && commit.revision === at;
      // safeguard: history-goes-back
      if (commit.revision > at || (commit.revision >= this.#last && !isRest))
        throw noAnswer(`commit ${commit.revision} after ${Math.min(this.#last, at + 1)}`);
      this.#last = commit.revision;
      this.#changes(commit, isRest ? goesOn : undefined);
      goesOn = undefined;
    }
  }

  #changes({ revision, changes }: WireLoggedCommit, after: string | undefined): void {
    const rules = new TreeRules(this.#path, after);
    for (const change of changes) {
      const problem = rules.path(change.path) ?? this.#entryProblem(change);
      if (problem !== undefined) throw noAnswer(`commit ${revision}: ${problem}`);
    }
  }

  #entryProblem({
    path,
    type,
    ...change
  }: WireLoggedCommit['changes'][number]): string | undefined {
    if (this.#what === 'subtree') return undefined;
    if (path !== this.#path) return `${path} in the place of ${this.#path}`;
    const isPut = type === 'put' && !('entry' in change && change.entry !== undefined);
    return isPut ? 'a put without its entry' : undefined;
  }
}

/** Whether a page leads on. */
export function isFurther(
  next: { readonly at: number; readonly after?: string },
  from: { readonly at: number; readonly after?: string },
): boolean {
  if (next.at !== from.at) return next.at < from.at;
  if (next.after === undefined) return false;
  return from.after === undefined || comparePaths(next.after, from.after) > 0;
}
