import { ROOT } from '@confer/shared';
import { subtreeArgument } from '../arguments.ts';
import { canAsk } from '../asking.ts';
import type { Plan } from '../config-data/plan.ts';
import type { Source } from '../config-data/read-source.ts';
import { withClient } from '../connection.ts';
import { type Context, notice } from '../context.ts';
import { type Declaration, declarationOf, removedByEmpty } from '../declared/declaration.ts';
import { exitCodes, Failure, usageError } from '../failure.ts';
import { formatOf, printResult } from '../output/format.ts';
import { summaryOf } from '../output/plan.ts';
import { Progress } from '../output/progress.ts';
import { counted } from '../output/text.ts';
import { confirmCounts, showSteps } from '../review.ts';
import { applySource, type Outcome, TRANSFER_TIMEOUT_MS } from './apply-source.ts';
import { readFiles } from './read-files.ts';

export interface ApplyOptions {
  readonly file: readonly string[];
  readonly to?: string;
  readonly prune?: true;
  readonly allowEmpty?: true;
  readonly dryRun?: true;
  readonly note?: string;
}

/** Brings the server to what files say: shows what differs, asks, and writes it as one commit. */
export async function apply(context: Context, options: ApplyOptions): Promise<void> {
  const { terminal, settings } = context;
  const to = subtreeArgument(options.to ?? ROOT);
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const dryRun = options.dryRun === true;
  if (!dryRun && !settings.yes && !canAsk(terminal))
    throw usageError(
      'apply asks before it writes, and there is no terminal to ask on',
      'add -y, or --dry-run to see what it would do',
    );
  const progress = new Progress(context);
  try {
    const declared = await readDeclared(context, options, to, progress);
    const outcome = await bring(context, options, declared, progress);
    progress.end();
    const { plan, revision } = outcome;
    const text = summaryOf(plan.counts, revision, dryRun);
    const data = dataOf(outcome, declared, dryRun);
    await printResult(context, format, { text, raw: revision, data });
    if (dryRun && plan.steps.length > 0) throw new Failure(exitCodes.other, 'differs', []);
  } finally {
    progress.end();
  }
}

async function readDeclared(
  context: Context,
  { file, allowEmpty }: ApplyOptions,
  to: string,
  progress: Progress,
): Promise<Declaration> {
  const sources: { input: string; source: Source }[] = [];
  for (const input of file)
    sources.push({
      input,
      source: await readFiles(context, input, to, progress, allowEmpty === true),
    });
  const declared = declarationOf(sources, to);
  if ('problems' in declared)
    throw new Failure(exitCodes.invalid, 'invalid_file', declared.problems, 'nothing was written');
  return declared;
}

function bring(
  context: Context,
  options: ApplyOptions,
  declared: Declaration,
  progress: Progress,
): Promise<Outcome> {
  const dryRun = options.dryRun === true;
  return withClient(context, async (client) => {
    // Whether somebody is there shows sooner than whether a large answer comes.
    await client.serverStatus();
    return applySource(client, {
      subtrees: declared.subtrees,
      wanted: declared.values,
      prune: options.prune === true,
      dryRun,
      note: options.note,
      timeoutMs: context.settings.timeoutMs ?? TRANSFER_TIMEOUT_MS,
      onStep: (text) => progress.tell(text),
      onConflict(path) {
        progress.end();
        notice(
          context,
          `${path ?? 'an entry'} was changed by somebody else meanwhile: planned anew`,
        );
      },
      async review(plan) {
        progress.end();
        if (options.allowEmpty !== true) refuseEmpty(plan, declared);
        await showSteps(context, plan.steps, dryRun);
        if (!dryRun) await confirmCounts(context, plan.counts);
      },
    });
  });
}

function refuseEmpty({ steps }: Plan, { empty }: Declaration): void {
  const lost = removedByEmpty(steps, empty);
  if (lost === undefined) return;
  const { input, count } = lost;
  throw new Failure(
    exitCodes.invalid,
    'empty_source',
    `${input.file} says nothing, and --prune would remove ${counted(count, 'entry', 'entries')} of ${input.subtree} for it; nothing was written`,
    'add --allow-empty if that is what you want',
  );
}

function dataOf({ plan, revision }: Outcome, { subtrees }: Declaration, dryRun: boolean) {
  const changes = plan.steps.map((step) => ({
    kind: step.kind,
    path: step.path,
    ...(step.kind === 'add' ? {} : { before: step.prev.value }),
    ...(step.kind === 'remove' ? {} : { value: step.value }),
  }));
  return { revision, ...plan.counts, subtrees, ...(dryRun ? { dryRun, changes } : {}) };
}
