import type { EngineCommit, FeedEvent } from '../store/store.ts';
import type { LivePolicy } from './live-policy.ts';

type Told = Exclude<FeedEvent, { kind: 'end' }>;

export interface GateParts {
  readonly policy: LivePolicy;
  /** The policy is another from a revision on: whoever may not read any more is told, and reads no more. */
  readonly onChanged: (revision: number) => void;
  /** Where everything goes on to. */
  readonly pass: (event: Told) => void;
}

/**
 * Stands between the feed and the watches, so that a right ends at an exact revision (W11):
 *
 * 1. Commits before R are fanned out by the policy before R.
 * 2. Commit R changes who may do what. It becomes the policy; the watches that it no longer covers end, told R.
 * 3. R itself and what follows are fanned out, to those who are left.
 *
 * All of it happens within one call, so no frame can come between.
 */
export class PolicyGate {
  readonly #with: GateParts;

  constructor(parts: GateParts) {
    this.#with = parts;
  }

  take(event: Told): void {
    if (event.kind === 'commits') this.#takeCommits(event.commits);
    else {
      if (event.kind === 'jump') {
        this.#with.policy.reload();
        this.#with.onChanged(event.revision);
      }
      this.#with.pass(event);
    }
  }

  #takeCommits(commits: readonly EngineCommit[]): void {
    let passed = 0;
    for (let i = 0; i < commits.length; i++) {
      const commit = commits[i];
      if (commit === undefined || !this.#with.policy.touches(commit)) continue;
      // safeguard: policy-of-a-commit-holds-before-it-is-told
      this.#pass(commits.slice(passed, i));
      passed = i;
      // Ten thousand tokens are used for the first time of a day; each look at all sessions takes milliseconds.
      if (this.#with.policy.take(commit)) this.#with.onChanged(commit.revision);
    }
    this.#pass(passed === 0 ? commits : commits.slice(passed));
  }

  #pass(commits: readonly EngineCommit[]): void {
    if (commits.length > 0) this.#with.pass({ kind: 'commits', commits });
  }
}
