import { resolve } from 'node:path';
import { type Patience, repairDirectory, StartError, verifyDirectory } from '@confer/server';
import type { Context } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { formatOf, printResult } from '../output/format.ts';
import { Progress } from '../output/progress.ts';
import { counted, oneLine } from '../output/text.ts';

const HINT =
  'confer repair --data DIRECTORY --into NEW salvages what can be read; or restore a copy';
const FORMATS = ['table', 'raw', 'json', 'ndjson', 'yaml'] as const;

/** Looks through a data directory that no server has open. Ends with 1 where something is wrong. */
export async function verify(
  context: Context,
  { data: directory }: { readonly data: string },
): Promise<void> {
  const format = formatOf(context, FORMATS);
  const data = await run(context, 'looked at', (patience) =>
    verifyDirectory(resolve(directory), patience),
  );
  const { rows, loggedRows, problems } = data;
  const counts = Object.entries(rows).map(([table, count]) => `${table} ${count}`);
  const logged = loggedRows === 0 ? '' : `; ${loggedRows} in the write-ahead log`;
  const text =
    problems.length === 0
      ? `all is well: ${counts.join(', ')}${logged}`
      : `read: ${counts.join(', ')}${logged}`;
  await printResult(context, format, { text, raw: problems.length, data });
  if (problems.length > 0)
    throw new Failure(
      exitCodes.other,
      'damaged',
      problems.map((line) => oneLine(line)),
      HINT,
    );
}

/** Salvages what can be read of a data directory into a new one. */
export async function repair(
  context: Context,
  options: { readonly data: string; readonly into: string },
): Promise<void> {
  const format = formatOf(context, FORMATS);
  const into = resolve(options.into);
  const data = await run(context, 'salvaged', (patience) =>
    repairDirectory(resolve(options.data), { into, ...patience }),
  );
  const { entries, revision, problems } = data;
  const text = [
    `${entries} entries as of revision ${revision} are in ${into}`,
    ...(problems.length === 0 ? ['nothing was damaged'] : problems.map((line) => `lost: ${line}`)),
    'it is another history: clients begin anew with it',
  ].join('\n');
  await printResult(context, format, { text, raw: entries, data });
}

async function run<Result>(
  context: Context,
  done: string,
  look: (patience: Patience) => Promise<Result>,
): Promise<Result> {
  const progress = new Progress(context);
  try {
    return await look({
      signal: context.terminal.signal,
      onProgress: (rows) => progress.tell(`${done} ${counted(rows, 'row')}`),
    });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new Failure(exitCodes.usage, error.kind, oneLine(error.message));
  } finally {
    progress.end();
  }
}
