import { type Client, type CommitResult, ConflictError } from '@confer/client';
import { type Entry, limits, utf8Length } from '@confer/shared';
import { commitOf, type Plan, planImport, type Step } from '../config-data/plan.ts';
import { exitCodes, Failure } from '../failure.ts';
import { counted } from '../output/text.ts';

export interface Work {
  /** What is wanted lies in these, and pruning removes only in them. */
  readonly subtrees: readonly string[];
  readonly wanted: ReadonlyMap<string, string>;
  readonly prune: boolean;
  /** Plan only. */
  readonly dryRun: boolean;
  readonly note: string | undefined;
  readonly timeoutMs: number;
  /** Told what is being done now. */
  readonly onStep: (text: string) => void;
  /** Told that somebody else wrote in between, at a path, so that it is planned anew. */
  readonly onConflict: (path: string | undefined) => void;
  /** Looks at a plan before it is written; what it throws ends the work with nothing written. */
  readonly review: (plan: Plan) => Promise<void>;
}

export interface Outcome {
  readonly plan: Plan;
  readonly revision: number;
}

/** A commit of many entries takes longer than an answer that says that a server is there. */
export const TRANSFER_TIMEOUT_MS = 60_000;

/** Times to plan when somebody else keeps writing between the plan and its commit. */
const TRIES_MAX = 5;

/**
 * Brings subtrees to what is wanted, as one commit. What others write meanwhile is not written over
 * unseen: the commit fails then, and the next plan is made from what they wrote.
 */
export async function applySource(
  client: Pick<Client, 'list' | 'commit'>,
  work: Work,
): Promise<Outcome> {
  const { onStep } = work;
  for (let tries = 1; ; tries++) {
    const { entries, revision } = await read(client, work);
    const plan = planImport(entries, work.wanted, work.prune);
    if (plan.steps.length > 0) await work.review(plan);
    if (plan.steps.length === 0 || work.dryRun) return { plan, revision };
    onStep(`writing ${counted(plan.steps.length, 'change')} as one commit`);
    try {
      return { plan, revision: (await commitSteps(client, plan.steps, work)).revision };
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      if (tries === TRIES_MAX) throw contended(error);
      work.onConflict(error.path);
    }
  }
}

/** One after another: each change is conditioned on the entry that was seen, at whatever revision that was. */
async function read(
  client: Pick<Client, 'list'>,
  { subtrees, timeoutMs, onStep }: Work,
): Promise<{ readonly entries: readonly Entry[]; readonly revision: number }> {
  const entries: Entry[] = [];
  let revision = 0;
  for (const subtree of subtrees) {
    onStep(`comparing with ${subtree}`);
    const listing = await client.list(subtree, { timeoutMs });
    for (const entry of listing.entries) entries.push(entry);
    revision = listing.revision;
  }
  return { entries, revision };
}

/**
 * Writes steps as one commit, which holds only against what they were planned from.
 * @throws {Failure} `too_large`, before anything is sent, when they do not fit into one.
 */
export function commitSteps(
  client: Pick<Client, 'commit'>,
  steps: readonly Step[],
  { note, timeoutMs }: Pick<Work, 'note' | 'timeoutMs'>,
): Promise<CommitResult> {
  if (steps.length > limits.operationsMax)
    throw tooLarge(
      `${counted(steps.length, 'change')} are more than the ${limits.operationsMax} that one holds`,
    );
  const request = { ...commitOf(steps), ...(note === undefined ? {} : { note }) };
  const bytes = utf8Length(JSON.stringify(request)) + ENVELOPE_BYTES;
  if (bytes > limits.commitBytesMax)
    throw tooLarge(
      `its ${bytes} bytes are more than the ${limits.commitBytesMax} that one carries`,
    );
  return client.commit({ ...request, timeoutMs });
}

/** What a request has around its operations, generously. */
const ENVELOPE_BYTES = 256;

function tooLarge(why: string): Failure {
  return new Failure(
    exitCodes.invalid,
    'too_large',
    `all of it is one commit, and ${why}; nothing was written`,
    'write a part of it at a time',
  );
}

function contended({ path }: ConflictError): Failure {
  return new Failure(
    exitCodes.conflict,
    'conflict',
    `others keep writing to ${path ?? 'the subtree'}; after ${TRIES_MAX} plans nothing was written`,
    'try again when they are done',
  );
}
