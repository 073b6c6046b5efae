import { isShownIn } from '@confer/shared';
import type { CommitOutcome, WriteRequest } from '../../../../server/src/engine/engine.ts';
import type { History } from '../model/history.ts';
import { type Before, commitProblem } from './expected.ts';
import type { Made } from './truth.ts';
import type { Birth, WorldTruth } from './world-truth.ts';

/** How a try of a write ended. */
export type Answer =
  | { readonly kind: 'made'; readonly outcome: CommitOutcome }
  /** Nobody can say. */
  | { readonly kind: 'unknown' }
  /** With a code that promises that nothing was written. */
  | { readonly kind: 'refused'; readonly code: string };

/** Whom a writer asks. */
interface Asked {
  readonly name: string;
  readonly birth: Birth;
}

/** A try of a write through one gateway. */
interface Try {
  readonly gateway: string;
  /** Which history that gateway follows. */
  readonly birth: History;
  readonly startedAt: number;
  /** Of the cluster when it was answered. */
  history: History | undefined;
  endedAt: number;
  answer: Answer | undefined;
}

/** All writes that were asked for, and what was said to each. Judged by what etcd has of them (S1, S3, S4). */
export class Requests {
  readonly #world: WorldTruth;
  readonly #requests = new Map<string, WriteRequest>();
  readonly #tries = new Map<string, Try[]>();
  /** The newest revision that somebody was told of, in each history. */
  readonly #told = new Map<History, number>();

  constructor(world: WorldTruth) {
    this.#world = world;
  }

  get(requestId: string): WriteRequest | undefined {
    return this.#requests.get(requestId);
  }

  newestTold(history: History): number {
    return this.#told.get(history) ?? 0;
  }

  begin(request: WriteRequest, by: Asked, now: number): (answer: Answer, at: number) => void {
    const { requestId } = request;
    this.#requests.set(requestId, request);
    const one: Try = {
      gateway: by.name,
      birth: by.birth.history,
      startedAt: now,
      history: undefined,
      endedAt: Number.POSITIVE_INFINITY,
      answer: undefined,
    };
    this.#tries.set(requestId, [...(this.#tries.get(requestId) ?? []), one]);
    return (answer, at) => {
      const { current } = this.#world;
      one.answer = answer;
      one.endedAt = at;
      one.history = current;
      if (answer.kind !== 'made') return;
      const { revision } = answer.outcome;
      if (this.#isMade(requestId, revision, current))
        this.#told.set(current, Math.max(this.newestTold(current), revision));
    };
  }

  /** What is wrong, once nothing is under way any more. */
  problems(): string[] {
    const problems: string[] = [];
    for (const history of this.#world.histories) {
      const truth = this.#world.of(history);
      for (const made of truth.allMade()) {
        problems.push(...this.#judgeMade(made));
        const request = this.#requests.get(made.requestId);
        const revision = made.revision - 1;
        const before: Before = {
          at: (path) => truth.entryAt(path, revision),
          paths: () => truth.stateAt(revision).keys(),
          isTouched: (subtree, after, byOthers) => {
            for (let at = after + 1; at <= revision; at++)
              if (byOthers || truth.madeAt(at) !== undefined)
                if (truth.changesAt(at).some(({ path }) => isShownIn(path, subtree))) return true;
            return false;
          },
        };
        const changes = truth.changesAt(made.revision);
        const done = { changes, otherwise: made.otherwise };
        const problem = request && commitProblem(request, before, done);
        if (problem !== undefined) problems.push(`S3 ${made.requestId} ${problem}`);
      }
      for (const id of truth.doubles) problems.push(`S4 ${id} was made more than once`);
    }
    for (const [id, tries] of this.#tries)
      for (const one of tries) problems.push(...this.#judgeAnswer(id, one));
    return [...new Set(problems)];
  }

  #isMade(requestId: string, revision: number, history: History): boolean {
    return this.#world
      .of(history)
      .made(requestId)
      .some((made) => made.revision === revision);
  }

  #judgeMade({ requestId, revision, origin }: Made): string[] {
    const tries = this.#tries.get(requestId) ?? [];
    const by = tries.find(
      ({ gateway, startedAt, endedAt }) =>
        gateway === origin.name && startedAt <= origin.sentAt && origin.sentAt <= endedAt,
    );
    if (by === undefined) return [`S4 ${requestId} was made, and nobody asked for it`];
    // Its record may be gone again, or may have been gone when a late try was made.
    const until = Math.max(by.endedAt, origin.madeAt);
    if (this.#world.isUpheavalBetween(by.startedAt, until)) return [];
    if (by.answer?.kind === 'refused')
      return [`S4 ${requestId} was refused (${by.answer.code}), and made at ${revision}`];
    const later = tries.filter(
      (one) => one !== by && one.startedAt > by.startedAt && one.endedAt < origin.madeAt,
    );
    return later.flatMap((one) =>
      // Who is out of touch, or has no room to write anything down, says so of his own try alone.
      one.answer === undefined || one.answer.kind === 'unknown' || knowsOfItself(one.answer)
        ? []
        : [
            `S4 ${requestId} was answered by a second try (${textOf(one.answer)}), and the first one was made after that at ${revision}`,
          ],
    );
  }

  /** What a writer was told is so: in the history that was there then, or in the one before. */
  #judgeAnswer(requestId: string, one: Try): string[] {
    const { answer, history, birth, startedAt } = one;
    // What a gateway has shown, another knows sooner or later; what was put back is nobody's.
    const isUnknown = answer?.kind === 'refused' && answer.code === 'future_revision';
    if (isUnknown && !this.#world.isUpheavalBetween(0, one.endedAt))
      return [`W9 ${requestId} named a revision that a gateway did not know`];
    if (answer?.kind !== 'made' || history === undefined) return [];
    const { revision, puts, deletes } = answer.outcome;
    if (puts + deletes === 0) return [];
    const { histories } = this.#world;
    const last = histories.indexOf(history);
    for (const each of histories.slice(0, last + 1).toReversed()) {
      const truth = this.#world.of(each);
      if (!this.#isMade(requestId, revision, each)) continue;
      const changes = truth.changesAt(revision);
      const put = changes.filter(({ after }) => after !== undefined).length;
      // Keys that are not shown may be counted, too; and nobody can count what was compacted.
      const isCounted = changes.length - put <= deletes || each.last.compacted >= revision;
      if (put === puts && isCounted) return [];
      const where = each === birth ? '' : ', in an epoch that is over and not ended yet';
      return [
        `S4 ${requestId} changed ${put} and removed ${changes.length - put}, and its writer was told ${puts} and ${deletes}${where}`,
      ];
    }
    return [`S1 ${requestId} of ${startedAt} was told to be made at ${revision}, and was not`];
  }
}

function knowsOfItself(answer: Answer): boolean {
  return answer.kind === 'refused' && ['unavailable', 'storage_full'].includes(answer.code);
}

function textOf(answer: Answer): string {
  return answer.kind === 'refused' ? answer.code : JSON.stringify(answer);
}
