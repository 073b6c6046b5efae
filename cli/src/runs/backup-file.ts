import { resolve } from 'node:path';
import { type OpenBackup, withBackup } from '../backup/read.ts';
import { Summary } from '../backup/summary.ts';
import type { Context } from '../context.ts';
import { formatOf, printResult } from '../output/format.ts';
import { Progress } from '../output/progress.ts';
import { counted, oneLine, table } from '../output/text.ts';

const FORMATS = ['table', 'raw', 'json', 'ndjson', 'yaml'] as const;

/** Says what is in a backup. */
export async function inspectBackup(context: Context, argument: string): Promise<void> {
  const format = formatOf(context, FORMATS);
  const { bytes, header, seal, summary } = await read(context, argument);
  const { epoch, revision, takenAt, server, formatVersion } = header;
  const { entries, size, newest, leased, subtrees } = summary;
  const about = table([
    ['revision', String(revision)],
    ['epoch', oneLine(epoch)],
    ['taken', new Date(takenAt).toISOString()],
    ['from', oneLine(`confer ${server.version}, ${server.engine}`)],
    ['entries', String(entries)],
    ['newest', `revision ${newest}`],
    ['with a lease', String(leased)],
    ['characters', String(size)],
    ['bytes', String(bytes)],
    ['sha256', seal.sha256],
  ]);
  const rows = subtrees.map(({ path, ...counts }) => [
    ...[oneLine(path), String(counts.entries), String(counts.size)],
  ]);
  const text = `${about}\n${table([['subtree', 'entries', 'characters'], ...rows])}`.trimEnd();
  const data = {
    ...{ formatVersion, epoch, revision, takenAt, server, bytes, sha256: seal.sha256 },
    ...{ entries, newest, leased, characters: size, subtrees },
  };
  await printResult(context, format, { text, raw: revision, data });
}

/** Looks whether a backup is as it was written. */
export async function verifyBackup(context: Context, argument: string): Promise<void> {
  const format = formatOf(context, FORMATS);
  const { header, seal, summary } = await read(context, argument);
  const { revision } = header;
  const { entries } = summary;
  await printResult(context, format, {
    text: `all is well: ${counted(entries, 'entry', 'entries')} as of revision ${revision}, sha256 ${seal.sha256}`,
    raw: entries,
    data: { entries, revision, epoch: header.epoch, sha256: seal.sha256 },
  });
}

async function read(
  context: Context,
  argument: string,
): Promise<Omit<OpenBackup, 'entries'> & { readonly summary: Summary }> {
  const progress = new Progress(context);
  try {
    return await withBackup(resolve(argument), async (backup) => {
      const summary = new Summary();
      for await (const entries of backup.entries()) {
        context.terminal.signal.throwIfAborted();
        for (const entry of entries) summary.add(entry);
        progress.tell(`looked at ${counted(summary.entries, 'entry', 'entries')}`);
      }
      return { ...backup, summary };
    });
  } finally {
    progress.end();
  }
}
