import { subtreeArgument } from '../arguments.ts';
import type { Counts } from '../config-data/plan.ts';
import { readSource, type Source, SourceError } from '../config-data/read-source.ts';
import { withClient } from '../connection.ts';
import { type Context, notice } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { formatOf, printResult } from '../output/format.ts';
import { describeSteps } from '../output/plan.ts';
import { Progress } from '../output/progress.ts';
import { counted } from '../output/text.ts';
import { applySource } from './apply-source.ts';

export interface ImportOptions {
  readonly at: string;
  readonly prune?: true;
  readonly dryRun?: true;
  readonly note?: string;
}

/** A commit of many entries takes longer than an answer that says that a server is there. */
const TRANSFER_TIMEOUT_MS = 60_000;

export async function importFiles(
  context: Context,
  input: string,
  options: ImportOptions,
): Promise<void> {
  const at = subtreeArgument(options.at);
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const progress = new Progress(context);
  try {
    const source = await read(context, input, at, progress);
    const { plan, revision } = await withClient(context, async (client) => {
      await client.serverStatus();
      return applySource(client, {
        at,
        wanted: source.values,
        prune: options.prune === true,
        dryRun: options.dryRun === true,
        note: options.note,
        timeoutMs: context.settings.timeoutMs ?? TRANSFER_TIMEOUT_MS,
        onStep: (text) => progress.tell(text),
      });
    });
    progress.end();
    if (options.dryRun === true && format === 'table')
      await context.terminal.stdout.write(describeSteps(context.terminal, plan.steps));
    const text = summary(plan.counts, revision, options.dryRun === true);
    const data = { revision, ...plan.counts, ...(options.dryRun === true ? { dryRun: true } : {}) };
    await printResult(context, format, { text, raw: revision, data });
  } finally {
    progress.end();
  }
}

async function read(
  context: Context,
  input: string,
  at: string,
  progress: Progress,
): Promise<Source> {
  try {
    const source = await readSource(input, at, (done, total) =>
      progress.tell(`reading ${input}: ${done} of ${counted(total, 'file')}`),
    );
    if (source.skipped.length > 0)
      notice(context, `skipped, no YAML, JSON or TOML: ${source.skipped.join(', ')}`);
    for (const warning of source.warnings) notice(context, `warning: ${warning}`);
    return source;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new Failure(exitCodes.invalid, 'invalid_file', error.problems, 'nothing was written');
  }
}

function summary(
  { added, changed, removed, unchanged }: Counts,
  revision: number,
  dryRun: boolean,
): string {
  if (added + changed + removed === 0)
    return `nothing to change: ${counted(unchanged, 'entry is', 'entries are')} the same already at revision ${revision}`;
  return dryRun
    ? `would add ${added}, change ${changed}, remove ${removed}, leave ${unchanged} unchanged; nothing was written`
    : `added ${added}, changed ${changed}, removed ${removed}, unchanged ${unchanged} at revision ${revision}`;
}
