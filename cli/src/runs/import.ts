import { subtreeArgument } from '../arguments.ts';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { formatOf, printResult } from '../output/format.ts';
import { describeSteps, summaryOf } from '../output/plan.ts';
import { Progress } from '../output/progress.ts';
import { applySource, TRANSFER_TIMEOUT_MS } from './apply-source.ts';
import { readFiles } from './read-files.ts';

export interface ImportOptions {
  readonly at: string;
  readonly prune?: true;
  readonly dryRun?: true;
  readonly note?: string;
}

export async function importFiles(
  context: Context,
  input: string,
  options: ImportOptions,
): Promise<void> {
  const at = subtreeArgument(options.at);
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  const progress = new Progress(context);
  try {
    const source = await readFiles(context, input, at, progress);
    const { plan, revision } = await withClient(context, async (client) => {
      await client.serverStatus();
      return applySource(client, {
        subtrees: [at],
        wanted: source.values,
        prune: options.prune === true,
        dryRun: options.dryRun === true,
        note: options.note,
        timeoutMs: context.settings.timeoutMs ?? TRANSFER_TIMEOUT_MS,
        onStep: (text) => progress.tell(text),
        onConflict: () => {},
        review: async () => {},
      });
    });
    progress.end();
    if (options.dryRun === true && format === 'table')
      await context.terminal.stdout.write(describeSteps(context.terminal, plan.steps));
    const text = summaryOf(plan.counts, revision, options.dryRun === true);
    const data = { revision, ...plan.counts, ...(options.dryRun === true ? { dryRun: true } : {}) };
    await printResult(context, format, { text, raw: revision, data });
  } finally {
    progress.end();
  }
}
