import { resolve } from 'node:path';
import { restoreDirectory, StartError } from '@confer/server';
import { limits, utf8Length } from '@confer/shared';
import { countArgument, subtreeArgument } from '../arguments.ts';
import { withBackup } from '../backup/read.ts';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure, usageError } from '../failure.ts';
import { formatOf, printResult } from '../output/format.ts';
import { Progress } from '../output/progress.ts';
import { counted, oneLine } from '../output/text.ts';

export interface RestoreFlags {
  readonly data?: string;
  readonly revision?: string;
  readonly into?: string;
  readonly note?: string;
}

/** There is something behind it where more commits follow. */
const NOTE_BYTES_MAX = limits.noteBytesMax - 24;
/** As many again can follow. */
const REVISION_MAX = 2 ** 52;
const FORMATS = ['table', 'raw', 'json', 'ndjson', 'yaml'] as const;

/** Makes a data directory of a backup, or writes its entries through a running server. */
export async function restore(
  context: Context,
  file: string,
  { data, revision, into, note }: RestoreFlags,
): Promise<void> {
  if ((data === undefined) === (into === undefined))
    throw usageError('restore takes either --data DIRECTORY or --into SUBTREE');
  if (data !== undefined && note !== undefined)
    throw usageError('--note is for --into: a data directory has no history yet');
  if (note !== undefined && utf8Length(note) > NOTE_BYTES_MAX)
    throw usageError(`--note has at most ${NOTE_BYTES_MAX} bytes`);
  if (into !== undefined && revision !== undefined)
    throw usageError('--revision is for --data: a server names its revisions itself');
  const least = revision === undefined ? 0 : countArgument(revision, '--revision');
  if (least > REVISION_MAX) throw usageError(`--revision is at most ${REVISION_MAX}`);
  if (data !== undefined) return restoreOffline(context, file, data, least);
  if (into !== undefined) return restoreThroughServer(context, file, subtreeArgument(into), note);
}

async function restoreOffline(
  context: Context,
  file: string,
  data: string,
  least: number,
): Promise<void> {
  const format = formatOf(context, FORMATS);
  const directory = resolve(data);
  const restored = await made(context, resolve(file), directory, least);
  const { entries, revision } = restored;
  const text = [
    `${counted(entries, 'entry', 'entries')} are in ${oneLine(data)}, which goes on after revision ${revision}`,
    'it is another history: clients begin anew with it',
  ].join('\n');
  await printResult(context, format, { text, raw: entries, data: { directory, ...restored } });
}

async function restoreThroughServer(
  context: Context,
  file: string,
  into: string,
  note = 'restored from a backup',
): Promise<void> {
  const format = formatOf(context, FORMATS);
  const { writeThrough } = await import('../backup/through-server.ts');
  const progress = new Progress(context);
  const tell = (text: string) => progress.tell(text);
  const written = await withBackup(resolve(file), (backup) =>
    withClient(context, (client) => writeThrough({ context, client, backup, into, note, tell })),
  ).finally(() => progress.end());
  const { entries, found, commits, own, leased, revision } = written;
  const text = [
    `${counted(entries, 'entry', 'entries')} are at ${oneLine(into)}, in ${counted(commits, 'commit')}, at revision ${revision}`,
    ...(found > 0 ? [`${found} of them were there already`] : []),
    ...(own > 0 ? [`left out: ${own} of roles, tokens and audits; make those anew`] : []),
    ...(leased > 0 ? [`left out: ${leased} that lived by a lease`] : []),
  ].join('\n');
  await printResult(context, format, { text, raw: entries, data: { into, ...written } });
}

async function made(context: Context, file: string, directory: string, least: number) {
  const progress = new Progress(context);
  try {
    return await withBackup(file, ({ header, entries }) =>
      restoreDirectory(directory, {
        revision: Math.max(header.revision, least),
        entries: entries(),
        signal: context.terminal.signal,
        onProgress: (rows) => progress.tell(`restored ${counted(rows, 'row')}`),
      }),
    );
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new Failure(exitCodes.usage, error.kind, oneLine(error.message));
  } finally {
    progress.end();
  }
}
