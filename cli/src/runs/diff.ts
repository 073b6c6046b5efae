import type { Difference } from '@confer/client/history';
import { subtreeArgument } from '../arguments.ts';
import { planImport, type Step } from '../config-data/plan.ts';
import { type Context, notice } from '../context.ts';
import { exitCodes, Failure, usageError } from '../failure.ts';
import { type DataFormat, formatOf, printData } from '../output/format.ts';
import { describeSteps } from '../output/plan.ts';
import { Progress } from '../output/progress.ts';
import { momentArgument, revisionIn } from '../past/moment.ts';
import { withHistory } from '../past/with-history.ts';
import { TRANSFER_TIMEOUT_MS } from './apply-source.ts';
import { readFiles } from './read-files.ts';

export interface DiffOptions {
  readonly from?: string;
  readonly to?: string;
}

/** Prints where a subtree differs: between two revisions, or from what a file says. Ends with 1 where it does. */
export async function diff(
  context: Context,
  argument: string,
  file: string | undefined,
  options: DiffOptions,
): Promise<void> {
  const path = subtreeArgument(argument);
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  if (file !== undefined && options.from !== undefined)
    throw usageError('diff compares with a file or from a revision on, not both');
  if (file === undefined && options.from === undefined)
    throw usageError(
      'diff compares with something: --from REVISION, or a file',
      `${context.terminal.command} log ${path} has the revisions`,
    );
  const printer = new DifferencePrinter(context, format);
  if (file === undefined) await betweenRevisions(context, path, options, printer);
  else await withFile(context, path, file, options, printer);
  await printer.end();
  if (printer.count > 0) throw new Failure(exitCodes.other, 'differs', []);
}

async function betweenRevisions(
  context: Context,
  path: string,
  { from = '', to }: DiffOptions,
  printer: DifferencePrinter,
): Promise<void> {
  const begin = momentArgument(context, from, '--from');
  const end = to === undefined ? undefined : momentArgument(context, to, '--to');
  await withHistory(context, async (history) => {
    const revisions = {
      from: await revisionIn(context, history.log(path), begin),
      ...(end === undefined ? {} : { to: await revisionIn(context, history.log(path), end) }),
    };
    for await (const difference of history.difference(path, revisions))
      await printer.print(stepOf(difference));
  });
}

/** What apply would do with the file, were it to prune. */
async function withFile(
  context: Context,
  path: string,
  file: string,
  { to }: DiffOptions,
  printer: DifferencePrinter,
): Promise<void> {
  const moment = to === undefined ? undefined : momentArgument(context, to, '--to');
  const progress = new Progress(context);
  try {
    const { values } = await readFiles(context, file, path, progress);
    const entries = await withHistory(context, async (history, client) => {
      const at =
        moment === undefined ? {} : { at: await revisionIn(context, history.log(path), moment) };
      const timeoutMs = context.settings.timeoutMs ?? TRANSFER_TIMEOUT_MS;
      return (await client.list(path, { ...at, timeoutMs })).entries;
    });
    progress.end();
    for (const step of planImport(entries, values, true).steps) await printer.print(step);
  } finally {
    progress.end();
  }
}

function stepOf({ path, before, after }: Difference): Step {
  if (before === undefined) return { kind: 'add', path, value: after?.value ?? '' };
  if (after === undefined) return { kind: 'remove', path, prev: before };
  return { kind: 'change', path, value: after.value, prev: before };
}

/** Prints differences as they come, however many; as one document where that was asked for. */
class DifferencePrinter {
  readonly #context: Context;
  readonly #format: 'table' | DataFormat;
  readonly #all: object[] = [];
  count = 0;

  constructor(context: Context, format: 'table' | DataFormat) {
    this.#context = context;
    this.#format = format;
  }

  async print(step: Step): Promise<void> {
    this.count++;
    const { terminal } = this.#context;
    if (this.#format === 'table') return terminal.stdout.write(describeSteps(terminal, [step]));
    if (this.#format === 'ndjson') return printData(this.#context, 'ndjson', dataOf(step));
    this.#all.push(dataOf(step));
  }

  async end(): Promise<void> {
    if (this.#format === 'json' || this.#format === 'yaml')
      await printData(this.#context, this.#format, this.#all);
    if (this.count === 0) notice(this.#context, 'nothing differs');
  }
}

/** A step as programs get it. */
export function dataOf(step: Step): object {
  return {
    ...{ kind: step.kind, path: step.path },
    ...(step.kind === 'add' ? {} : { before: step.prev.value }),
    ...(step.kind === 'remove' ? {} : { value: step.value }),
  };
}
