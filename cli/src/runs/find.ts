import type { Entry } from '@confer/shared';
import { subtreeArgument } from '../arguments.ts';
import type { Context } from '../context.ts';
import { notFound, usageError } from '../failure.ts';
import { globOf } from '../glob.ts';
import { formatOf } from '../output/format.ts';
import { momentArgument, revisionIn } from '../past/moment.ts';
import { withHistory } from '../past/with-history.ts';

export interface FindOptions {
  readonly value?: string;
  readonly at?: string;
}

/** Prints the paths that fit a pattern. A page of entries at a time is in memory, however many there are. */
export async function find(
  context: Context,
  [pattern, argument]: readonly [string, string],
  { value, at }: FindOptions,
): Promise<void> {
  const path = subtreeArgument(argument);
  const format = formatOf(context, ['table', 'raw', 'ndjson']);
  const fits = fitting(pattern, value);
  const moment = at === undefined ? undefined : momentArgument(context, at, '--at');
  const { stdout } = context.terminal;
  let count = 0;
  await withHistory(context, async (history) => {
    const then =
      moment === undefined ? {} : { at: await revisionIn(context, history.log(path), moment) };
    for await (const entry of history.entries(path, then)) {
      if (!fits(entry)) continue;
      count++;
      await stdout.write(format === 'ndjson' ? `${JSON.stringify(entry)}\n` : `${entry.path}\n`);
    }
  });
  if (count === 0) throw notFound(`nothing at or below ${path} fits`);
}

function fitting(pattern: string, value: string | undefined): (entry: Entry) => boolean {
  const fitsPath = globOf(pattern);
  if (value === undefined) return ({ path }) => fitsPath(path);
  const expression = expressionOf(value);
  return (entry) => fitsPath(entry.path) && expression.test(entry.value);
}

function expressionOf(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`--value: ${why}`);
  }
}
