import type { History, LaterChange, RevertPlan, RevertTarget } from '@confer/client/history';
import { ROOT } from '@confer/shared';
import { countArgument, subtreeArgument } from '../arguments.ts';
import { canAsk } from '../asking.ts';
import type { Counts } from '../config-data/plan.ts';
import { type Context, notice } from '../context.ts';
import { exitCodes, Failure, notFound, usageError } from '../failure.ts';
import { formatOf, printResult } from '../output/format.ts';
import { timeText } from '../output/past.ts';
import { counted, oneLine } from '../output/text.ts';
import { type Moment, momentArgument, revisionIn } from '../past/moment.ts';
import { withHistory } from '../past/with-history.ts';
import { confirmCounts, showSteps } from '../review.ts';
import { TRANSFER_TIMEOUT_MS } from './apply-source.ts';
import { dataOf } from './diff.ts';

export interface RevertOptions {
  readonly commit?: string;
  readonly to?: string;
  readonly force?: true;
  readonly dryRun?: true;
  readonly note?: string;
}

/** Takes back what one commit did, or all that happened to a subtree since: shows it, asks, and writes one commit. */
export async function revert(
  context: Context,
  argument: string | undefined,
  options: RevertOptions,
): Promise<void> {
  const { terminal, settings } = context;
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const path = argument === undefined ? undefined : subtreeArgument(argument);
  const dryRun = options.dryRun === true;
  const wanted = wantedOf(context, path, options);
  if (!dryRun && !settings.yes && !canAsk(terminal))
    throw usageError(
      'revert asks before it writes, and there is no terminal to ask on',
      'add -y, or --dry-run to see what it would do',
    );
  await withHistory(context, async (history) => {
    const target: RevertTarget =
      'commit' in wanted
        ? { ...wanted, ...(path === undefined ? {} : { path }) }
        : { to: await revisionIn(context, history.log(wanted.path), wanted.to), path: wanted.path };
    const timeoutMs = settings.timeoutMs ?? TRANSFER_TIMEOUT_MS;
    const plan = await history.planRevert(target, { timeoutMs }).catch((error: unknown) => {
      throw nothingIn(error) ?? error;
    });
    const counts = countsOf(plan);
    if (plan.leased > 0)
      notice(
        context,
        `left alone: ${counted(plan.leased, 'entry', 'entries')} with a lease, whose holder decides`,
      );
    await showSteps(context, plan.steps, dryRun);
    if (plan.steps.length > 0) refuseLater(context, plan, options);
    if (plan.steps.length > 0 && 'to' in target) notice(context, await undoneBy(history, target));
    if (!dryRun && plan.steps.length > 0) await confirmCounts(context, counts);
    const { revision } = dryRun
      ? { revision: 0 }
      : await history.revert(plan, {
          ...{ timeoutMs, force: options.force === true },
          ...(options.note === undefined ? {} : { note: options.note }),
        });
    const text = textOf(plan, counts, dryRun ? undefined : revision);
    const done = dryRun
      ? { dryRun, changes: plan.steps.map(dataOf), later: plan.later }
      : { revision };
    await printResult(context, format, { text, raw: revision, data: { ...counts, ...done } });
    if (dryRun && plan.steps.length > 0) throw new Failure(exitCodes.other, 'differs', []);
  });
}

type Wanted = { readonly commit: number } | { readonly to: Moment; readonly path: string };

function wantedOf(
  context: Context,
  path: string | undefined,
  { commit, to }: RevertOptions,
): Wanted {
  if (commit !== undefined) return { commit: countArgument(commit, '--commit') };
  if (to === undefined)
    throw usageError(
      'revert takes back --commit REVISION, or goes back --to REVISION',
      `${context.terminal.command} log ${path ?? ROOT} has the revisions`,
    );
  if (path === undefined)
    throw usageError('revert --to needs the path that goes back', '/ is everything');
  return { to: momentArgument(context, to, '--to'), path };
}

/** The commit is none, or changed nothing there. */
function nothingIn(error: unknown): Failure | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return error.code === 'invalid_argument' ? notFound(error.message) : undefined;
}

const LATER_SHOWN_MAX = 10;

function refuseLater(
  context: Context,
  { later }: RevertPlan,
  { force, dryRun }: RevertOptions,
): void {
  if (later.length === 0) return;
  const shown = later.slice(0, LATER_SHOWN_MAX).map(laterText);
  const more = later.length - shown.length;
  const lines = more > 0 ? [...shown, `and ${counted(more, 'more path')}`] : shown;
  if (force === true || dryRun === true) {
    for (const line of lines) notice(context, `overwrites: ${line}`);
    return;
  }
  throw new Failure(
    exitCodes.conflict,
    'conflict',
    [...lines, 'that would be overwritten; nothing was written'],
    'add --force to overwrite it; or go back with --to',
  );
}

/** More than that are not looked at to be counted. */
const UNDONE_MAX = 1_000;
const ACTORS_SHOWN_MAX = 5;

/** Whose commits are taken back by going back to a revision. */
async function undoneBy(
  history: History,
  { path, to }: { readonly path: string; readonly to: number },
): Promise<string> {
  const actors = new Set<string>();
  let count = 0;
  for await (const { revision, actor } of history.log(path)) {
    if (revision <= to || count > UNDONE_MAX) break;
    count++;
    actors.add(oneLine(actor, 64));
  }
  const many = count > UNDONE_MAX ? `more than ${UNDONE_MAX} commits` : counted(count, 'commit');
  const shown = [...actors].slice(0, ACTORS_SHOWN_MAX).join(', ');
  const others = actors.size > ACTORS_SHOWN_MAX ? ' and others' : '';
  return `takes back ${many} since revision ${to}, by ${shown}${others}`;
}

function laterText({ path, revision, actor, time }: LaterChange): string {
  const who = oneLine(actor, 64);
  return `${path} was changed again at revision ${revision} by ${who} on ${timeText(time)}`;
}

function countsOf({ steps, unchanged }: RevertPlan): Counts {
  const count = (kind: RevertPlan['steps'][number]['kind']) =>
    steps.filter((step) => step.kind === kind).length;
  return { added: count('add'), changed: count('change'), removed: count('remove'), unchanged };
}

function textOf(
  { note, steps }: RevertPlan,
  { added, changed, removed }: Counts,
  revision: number | undefined,
): string {
  if (steps.length === 0) return 'nothing to revert: all of it is as it was already';
  if (revision === undefined)
    return `would add ${added}, change ${changed}, remove ${removed}; nothing was written`;
  return `${oneLine(note)}: added ${added}, changed ${changed}, removed ${removed} at revision ${revision}`;
}
