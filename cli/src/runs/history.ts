import type { Version } from '@confer/client/history';
import { entryArgument } from '../arguments.ts';
import { type Context, notice } from '../context.ts';
import { notFound } from '../failure.ts';
import { paletteOf } from '../output/colour.ts';
import { formatOf } from '../output/format.ts';
import { versionLine } from '../output/past.ts';
import { momentArgument, revisionIn } from '../past/moment.ts';
import { withHistory } from '../past/with-history.ts';
import { mostOf, noticeBegin } from './log.ts';

export interface HistoryOptions {
  readonly number?: string;
  readonly at?: string;
}

/** Prints what a path was, the newest version first. */
export async function history(
  context: Context,
  argument: string,
  options: HistoryOptions,
): Promise<void> {
  const path = entryArgument(argument);
  const format = formatOf(context, ['table', 'json', 'ndjson']);
  const most = mostOf(options);
  const from = options.at === undefined ? undefined : momentArgument(context, options.at, '--at');
  const { stdout, command } = context.terminal;
  const palette = paletteOf(context.terminal);
  const shown: Version[] = [];
  let count = 0;
  await withHistory(context, async (past) => {
    const to =
      from === undefined ? {} : { at: await revisionIn(context, past.versions(path), from) };
    const versions = past.versions(path, to);
    for await (const version of versions) {
      if (count === most) {
        const { revision } = version;
        return notice(
          context,
          `there are older ones; go on with --at ${revision}, or more with -n`,
        );
      }
      count++;
      if (format === 'json') shown.push(version);
      else if (format === 'ndjson') await stdout.write(`${JSON.stringify(version)}\n`);
      else await stdout.write(versionLine(version, palette));
    }
    noticeBegin(context, versions);
  });
  if (format === 'json') await stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  if (count === 0)
    throw notFound(
      `${path} holds no value, and held none as far as history goes back`,
      `what changed below it: ${command} log ${path}`,
    );
}
