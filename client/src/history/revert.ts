import type { Condition, Operation } from '@confer/shared';
import { ROOT } from '@confer/shared';
import type { Client, CommitResult, WaitOptions } from '../api.ts';
import { CompactedError, ConferError, ConflictError } from '../errors.ts';
import type {
  Difference,
  LoggedCommit,
  RevertOptions,
  RevertPlan,
  RevertStep,
  RevertTarget,
  Version,
} from './api.ts';
import { differences, readEntries } from './entries.ts';
import { readLog } from './log.ts';
import type { PastReader } from './past-reader.ts';
import { noteOf, planOfCommit, planOfDifference } from './revert-plan.ts';
import { readVersions } from './versions.ts';

/** So many paths are asked about at once. */
const AT_ONCE = 500;

/** Reads what it takes to take something back. */
export async function planRevert(
  newReader: () => PastReader,
  target: RevertTarget,
): Promise<RevertPlan> {
  if ('to' in target) return planTo(newReader, target.path, target.to);
  const { commit: revision, path = ROOT } = target;
  const commit = await commitAt(newReader(), path, revision);
  return planOfCommit(commit, await newestOf(newReader(), commit));
}

/** The subtree as it is is read at the revision that it has then, so that both states are whole. */
async function planTo(newReader: () => PastReader, path: string, to: number): Promise<RevertPlan> {
  const found: Difference[] = [];
  const [now, then] = [
    readEntries(newReader(), { path }),
    readEntries(newReader(), { path, at: to }),
  ];
  for await (const difference of differences(now, then)) found.push(difference);
  return planOfDifference(found, `revert of ${path} to revision ${to}`);
}

async function commitAt(reader: PastReader, path: string, revision: number): Promise<LoggedCommit> {
  let compactedRevision = 0;
  const log = readLog(reader, { path, at: revision, values: true, limit: 1 }, (window) => {
    compactedRevision = window.compactedRevision;
  });
  const { value: commit } = await log.next();
  await log.return();
  if (commit?.revision === revision) return commit;
  if (revision <= compactedRevision) {
    const problem = `history begins after revision ${compactedRevision}: what ${revision} changed is gone`;
    throw new CompactedError(problem, 'compacted', compactedRevision);
  }
  throw new ConferError(
    'invalid_argument',
    `revision ${revision} changed nothing at or below ${path}`,
    { path },
  );
}

/** What has become of the paths of a commit since. */
async function newestOf(
  reader: PastReader,
  { changes }: LoggedCommit,
): Promise<ReadonlyMap<string, Version>> {
  const newest = new Map<string, Version>();
  for (let from = 0; from < changes.length; from += AT_ONCE)
    await Promise.all(
      changes.slice(from, from + AT_ONCE).map(async ({ path }) => {
        for await (const version of readVersions(reader, { path, limit: 1 }, () => {})) {
          newest.set(path, version);
          return;
        }
      }),
    );
  return newest;
}

/** Makes a plan as one commit, which holds only against what it was made from. */
export async function makeRevert(
  client: Pick<Client, 'commit' | 'serverStatus'>,
  { steps, later, note }: RevertPlan,
  { force = false, note: why, ...wait }: RevertOptions & WaitOptions,
): Promise<CommitResult> {
  const [first] = later;
  // safeguard: revert-overwrites-nothing-newer
  if (first !== undefined && !force)
    throw new ConflictError(
      `${first.path} was changed again at revision ${first.revision}, which this would overwrite`,
      first.path,
      undefined,
    );
  if (steps.length === 0) {
    const { revision } = await client.serverStatus(wait);
    return { revision, puts: 0, deletes: 0 };
  }
  return client.commit({
    ...wait,
    // safeguard: revert-holds-against-its-plan
    conditions: steps.map(conditionOf),
    operations: steps.map(operationOf),
    note: why === undefined ? note : noteOf(note, why),
  });
}

function conditionOf(step: RevertStep): Condition {
  return { path: step.path, modRevision: step.kind === 'add' ? 0 : step.prev.modRevision };
}

function operationOf(step: RevertStep): Operation {
  const { path } = step;
  return step.kind === 'remove'
    ? { type: 'delete', path }
    : { type: 'put', path, value: step.value };
}
