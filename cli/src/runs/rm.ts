import type { Client } from '@confer/client';
import { ROOT } from '@confer/shared';
import { entryArgument, subtreeArgument } from '../arguments.ts';
import { agreed, canAsk, warnOfProduction } from '../asking.ts';
import { withClient } from '../connection.ts';
import { type Context, notice } from '../context.ts';
import { declined, notFound, usageError } from '../failure.ts';
import { formatOf, printResult } from '../output/format.ts';
import { counted } from '../output/text.ts';
import { noEntryAt } from './get.ts';

export interface RmOptions {
  readonly recursive?: true;
  readonly yes?: true;
  readonly all?: true;
  readonly dryRun?: true;
  readonly note?: string;
}

const SHOWN_MAX = 10;

export async function rm(context: Context, argument: string, options: RmOptions): Promise<void> {
  const recursive = options.recursive === true;
  const path = recursive ? subtreeArgument(argument) : entryArgument(argument);
  const { terminal } = context;
  if (path === ROOT && options.all !== true)
    throw usageError('rm -r / removes everything', 'add --all if that is what you want');
  if (recursive && !canAsk(terminal) && options.yes !== true && options.dryRun !== true)
    throw usageError('rm -r asks before it removes, and there is no terminal to ask on', 'add -y');
  const format = formatOf(context, ['table', 'raw', 'json', 'ndjson', 'yaml']);

  await withClient(context, async (client) => {
    const doomed = await pathsAt(client, path, recursive);
    const [first] = doomed;
    if (first === undefined)
      throw recursive
        ? notFound(`there is nothing at or below ${path}`)
        : await noEntryAt(client, path, `${terminal.command} rm -r`);
    if (options.dryRun === true) return printDoomed(context, doomed);
    if (recursive && options.yes !== true) await confirm(context, doomed);
    const { revision, removed } = await client.remove(path, {
      recursive,
      ...(options.note === undefined ? {} : { note: options.note }),
    });
    // Somebody was faster.
    if (removed === 0) throw notFound(`${path} is gone already`);
    const what = recursive ? counted(removed, 'entry', 'entries') : path;
    const text = `removed ${what} at revision ${revision}`;
    await printResult(context, format, { text, raw: revision, data: { path, removed, revision } });
    if (recursive && terminal.stderr.isTty)
      notice(context, `to take it back: ${terminal.command} revert --commit ${revision}`);
  });
}

async function pathsAt(client: Client, path: string, recursive: boolean): Promise<string[]> {
  if (!recursive) return (await client.get(path)) === undefined ? [] : [path];
  const { entries } = await client.list(path, { values: false });
  return entries.map((entry) => entry.path);
}

async function printDoomed(context: Context, paths: readonly string[]): Promise<void> {
  await context.terminal.stdout.write(paths.map((path) => `${path}\n`).join(''));
  notice(context, `would remove ${counted(paths.length, 'entry', 'entries')}`);
}

async function confirm(context: Context, paths: readonly string[]): Promise<void> {
  const { terminal } = context;
  const more = paths.length - SHOWN_MAX;
  for (const path of paths.slice(0, SHOWN_MAX)) terminal.stderr.write(`  ${path}\n`);
  if (more > 0) terminal.stderr.write(`  and ${more} more\n`);
  const question = `remove ${counted(paths.length, 'entry', 'entries')}?`;
  warnOfProduction(context);
  if (!(await agreed(terminal, question))) throw declined('nothing was removed');
}
