import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { NewFile, unwritable } from '../backup/new-file.ts';
import { type TakenBackup, takeBackup } from '../backup/take.ts';
import { withClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { usageError } from '../failure.ts';
import { formatOf, printResult } from '../output/format.ts';
import { Progress } from '../output/progress.ts';
import { counted, oneLine } from '../output/text.ts';

const FORMATS = ['table', 'raw', 'json', 'ndjson', 'yaml'] as const;
const STDOUT = '-';

/** Writes all that a server has at one revision into a file. */
export async function backup(
  context: Context,
  argument: string,
  { force = false }: { readonly force?: boolean },
): Promise<void> {
  const format = formatOf(context, FORMATS);
  if (argument === STDOUT) return toStdout(context);
  const path = resolve(argument);
  const { header, entries, bytes } = await taken(context, path, force);
  const { epoch, revision, takenAt } = header;
  await printResult(context, format, {
    text: saidOf(entries, revision, bytes, oneLine(argument)),
    raw: revision,
    data: { file: path, epoch, revision, takenAt, entries, bytes },
  });
}

function saidOf(entries: number, revision: number, bytes: number, where: string): string {
  const what = `${counted(entries, 'entry', 'entries')} as of revision ${revision}`;
  return `${what} are in ${where}, ${counted(bytes, 'byte')}`;
}

async function taken(context: Context, path: string, replaces: boolean): Promise<TakenBackup> {
  const progress = new Progress(context);
  try {
    return await withClient(context, async (client) => {
      const file = await NewFile.make(path, { replaces });
      try {
        const { handle } = file;
        const tell = (text: string) => progress.tell(text);
        const backup = await takeBackup({ context, client, handle, tell });
        await file.keep();
        return backup;
      } catch (error) {
        throw isOfSystem(error) ? unwritable(path, error) : error;
      } finally {
        await file.discard();
      }
    });
  } finally {
    progress.end();
  }
}

/** Whole before the first byte of it goes out: what comes behind a pipe cannot be told to forget it. */
async function toStdout(context: Context): Promise<void> {
  const { stdout, stderr } = context.terminal;
  if (stdout.isTty)
    throw usageError('a backup is no text for a terminal', 'name a file, or add "> FILE"');
  const { handle, backup } = await spooled(context);
  try {
    for await (const chunk of handle.createReadStream({ start: 0, autoClose: false }))
      await stdout.write(chunk);
  } finally {
    await handle.close();
  }
  const { header, entries, bytes } = backup;
  if (!context.settings.quiet)
    stderr.write(`${saidOf(entries, header.revision, bytes, 'what was printed')}\n`);
}

/** A file without a name: whoever stops to read ends this process, and nothing is to be left of it. */
async function spooled(context: Context) {
  const directory = await mkdtemp(join(tmpdir(), 'confer-backup-'));
  try {
    const path = join(directory, 'backup');
    const backup = await taken(context, path, false);
    return { backup, handle: await open(path, 'r') };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
