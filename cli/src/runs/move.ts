import { type Client, ConflictError } from '@confer/client';
import { type Entry, isWithin, limits, utf8Length } from '@confer/shared';
import { entryArgument, subtreeArgument } from '../arguments.ts';
import { withClient } from '../connection.ts';
import { type Context, notice } from '../context.ts';
import { exitCodes, Failure, notFound, usageError } from '../failure.ts';
import { type MovePlan, planMove } from '../moving/plan.ts';
import { formatOf, printResult } from '../output/format.ts';
import { counted } from '../output/text.ts';
import { TRANSFER_TIMEOUT_MS } from './apply-source.ts';
import { noEntryAt } from './get.ts';

export interface MoveOptions {
  readonly recursive?: true;
  readonly force?: true;
  readonly dryRun?: true;
  readonly note?: string;
}

/** What is done, as words for people. */
const words = {
  cp: { done: 'copied', would: 'would copy' },
  mv: { done: 'moved', would: 'would move' },
} as const;

/** Copies or moves an entry or a subtree, as one commit. */
export async function move(
  context: Context,
  verb: keyof typeof words,
  [source, target]: readonly [string, string],
  options: MoveOptions,
): Promise<void> {
  const recursive = options.recursive === true;
  const argument = recursive ? subtreeArgument : entryArgument;
  const [from, to] = [argument(source), argument(target)];
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);
  requireApart(verb, from, to, recursive);
  const timeoutMs = context.settings.timeoutMs ?? TRANSFER_TIMEOUT_MS;
  await withClient(context, async (client) => {
    const read = (path: string) => entriesAt(client, path, recursive, timeoutMs);
    const sources = await read(from);
    if (sources.length === 0)
      throw recursive
        ? notFound(`there is nothing at or below ${from}`)
        : await noEntryAt(client, from, `${context.terminal.command} ${verb} -r`);
    const isMove = verb === 'mv';
    const plan = planMove({ from, to, sources, existing: await read(to), isMove });
    refuse(plan, options);
    const dryRun = options.dryRun === true;
    const revision = dryRun ? 0 : await write(client, plan, options, timeoutMs);
    for (const path of plan.overwritten.slice(0, SHOWN_MAX)) notice(context, `overwrites ${path}`);
    const what = recursive ? `${counted(sources.length, 'entry', 'entries')} of ${from}` : from;
    const text = dryRun
      ? `${words[verb].would} ${what} to ${to}; nothing was written`
      : `${words[verb].done} ${what} to ${to} at revision ${revision}`;
    const data = { from, to, entries: sources.length, overwritten: plan.overwritten };
    const done = dryRun ? { dryRun } : { revision };
    await printResult(context, format, { text, raw: revision, data: { ...data, ...done } });
  });
}

function requireApart(verb: string, from: string, to: string, recursive: boolean): void {
  if (from === to) throw usageError(`${verb}: ${from} is both what goes and where it goes`);
  if (recursive && isWithin(to, from))
    throw usageError(`${verb} -r: ${to} lies in ${from}, and would have itself within`);
}

async function entriesAt(
  client: Client,
  path: string,
  recursive: boolean,
  timeoutMs: number,
): Promise<readonly Entry[]> {
  if (recursive) return (await client.list(path, { timeoutMs })).entries;
  const entry = await client.get(path);
  return entry === undefined ? [] : [entry];
}

const SHOWN_MAX = 10;

function refuse({ overwritten, problems, operations }: MovePlan, { force }: MoveOptions): void {
  if (problems.length > 0)
    throw new Failure(exitCodes.invalid, 'invalid_path', problems.slice(0, SHOWN_MAX));
  if (operations.length > limits.operationsMax)
    throw tooLarge(`${operations.length} operations are more than the ${limits.operationsMax}`);
  if (overwritten.length === 0 || force === true) return;
  const shown = overwritten.slice(0, SHOWN_MAX).map((path) => `${path} is there already`);
  const more = overwritten.length - shown.length;
  const lines = more > 0 ? [...shown, `and ${counted(more, 'more path')}`] : shown;
  throw new Failure(
    exitCodes.conflict,
    'conflict',
    [...lines, 'nothing was written'],
    'add --force to overwrite',
  );
}

async function write(
  client: Client,
  { conditions, operations }: MovePlan,
  { note }: MoveOptions,
  timeoutMs: number,
): Promise<number> {
  const request = { conditions, operations, ...(note === undefined ? {} : { note }) };
  const bytes = utf8Length(JSON.stringify(request));
  if (bytes > limits.commitBytesMax)
    throw tooLarge(`its ${bytes} bytes are more than the ${limits.commitBytesMax}`);
  try {
    return (await client.commit({ ...request, timeoutMs })).revision;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    throw new Failure(
      exitCodes.conflict,
      'conflict',
      `${error.path ?? 'an entry'} was changed by somebody else meanwhile; nothing was written`,
      'look at it, and try again',
    );
  }
}

function tooLarge(why: string): Failure {
  return new Failure(
    exitCodes.invalid,
    'too_large',
    `all of it is one commit, and ${why} that one takes; nothing was written`,
    'do a part of it at a time',
  );
}
