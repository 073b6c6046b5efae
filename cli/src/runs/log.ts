import type { LoggedCommit, PastReading } from '@confer/client/history';
import { countArgument, subtreeArgument } from '../arguments.ts';
import { type Context, notice } from '../context.ts';
import { notFound, usageError } from '../failure.ts';
import { paletteOf } from '../output/colour.ts';
import { formatOf } from '../output/format.ts';
import { commitLines } from '../output/past.ts';
import { isOlder, type Moment, momentArgument, revisionIn } from '../past/moment.ts';
import { withHistory } from '../past/with-history.ts';

export interface LogOptions {
  readonly number?: string;
  readonly since?: string;
  readonly at?: string;
  readonly values?: true;
}

const COMMITS_DEFAULT = 20;

/** Prints which commits touched a subtree, the newest first. */
export async function log(context: Context, argument: string, options: LogOptions): Promise<void> {
  const path = subtreeArgument(argument);
  const format = formatOf(context, ['table', 'json', 'ndjson']);
  const { since, at, values = false } = options;
  const most = mostOf(options);
  const begin = since === undefined ? undefined : momentArgument(context, since, '--since');
  const from = at === undefined ? undefined : momentArgument(context, at, '--at');
  const { stdout } = context.terminal;
  const palette = paletteOf(context.terminal);
  const shown: LoggedCommit[] = [];
  let count = 0;
  await withHistory(context, async (history) => {
    const to = from === undefined ? {} : { at: await revisionIn(context, history.log(path), from) };
    const commits = history.log(path, { ...to, values });
    for await (const commit of commits) {
      if (begin !== undefined && isBefore(commit, begin)) break;
      if (count === most) return notice(context, moreText(context, commit));
      count++;
      if (format === 'json') shown.push(commit);
      else if (format === 'ndjson') await stdout.write(`${JSON.stringify(commit)}\n`);
      else await stdout.write(commitLines(commit, palette));
    }
    noticeBegin(context, commits);
  });
  if (format === 'json') await stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  if (count === 0)
    throw notFound(`no commit ${sinceText(options)}changed anything at or below ${path}`);
}

/** How many are asked for. Who says since when wants all of them. */
export function mostOf({ number, since }: Pick<LogOptions, 'number' | 'since'>): number {
  if (number !== undefined) {
    const count = countArgument(number, '-n');
    if (count > 0) return count;
    throw usageError('-n 0 shows nothing');
  }
  return since === undefined ? COMMITS_DEFAULT : Number.POSITIVE_INFINITY;
}

function sinceText({ since }: LogOptions): string {
  return since === undefined ? '' : `since ${since} `;
}

/** `--since 41` is what came after revision 41. */
function isBefore(commit: LoggedCommit, begin: Moment): boolean {
  return 'revision' in begin ? commit.revision <= begin.revision : isOlder(commit, begin.time);
}

function moreText({ terminal }: Context, { revision }: { readonly revision: number }): string {
  return `there are older ones; go on with --at ${revision}, or more at once with -n (${terminal.command} help log)`;
}

/** Where not all is known, that is said. */
export function noticeBegin(
  context: Context,
  { compactedRevision = 0 }: Pick<PastReading<unknown>, 'compactedRevision'>,
): void {
  if (compactedRevision > 0)
    notice(
      context,
      `history begins after revision ${compactedRevision}; what was before is not kept`,
    );
}
