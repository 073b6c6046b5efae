import { agreed, canAsk, warnOfProduction } from './asking.ts';
import type { Counts, Step } from './config-data/plan.ts';
import type { Context } from './context.ts';
import { declined } from './failure.ts';
import { describeSteps } from './output/plan.ts';
import { counted } from './output/text.ts';

/** More than anybody reads before a yes. */
const SHOWN_MAX = 1_000;

/** Shows what is about to be written. Where the answer is data, what a person is asked about goes beside it. */
export async function showSteps(
  context: Context,
  steps: readonly Step[],
  dryRun: boolean,
): Promise<void> {
  const { terminal, settings } = context;
  const isData = settings.output !== undefined && settings.output !== 'table';
  const isAsked = !dryRun && !settings.yes && canAsk(terminal);
  if ((isData || settings.quiet) && !isAsked) return;
  const more = steps.length - SHOWN_MAX;
  const shown = isAsked ? steps.slice(0, SHOWN_MAX) : steps;
  const stdout = isData ? terminal.stderr : terminal.stdout;
  const text = `${describeSteps({ stdout, env: terminal.env }, shown)}${
    isAsked && more > 0 ? `and ${counted(more, 'more change')}; --dry-run shows all\n` : ''
  }`;
  if (isData) terminal.stderr.write(text);
  else await terminal.stdout.write(text);
}

/** Asks whether so much is to be written, where nobody has said yes already. */
export async function confirmCounts(
  context: Context,
  { added, changed, removed }: Omit<Counts, 'unchanged'>,
): Promise<void> {
  warnOfProduction(context);
  if (context.settings.yes) return;
  const question = `add ${added}, change ${changed}, remove ${removed}?`;
  if (!(await agreed(context.terminal, question))) throw declined('nothing was written');
}
