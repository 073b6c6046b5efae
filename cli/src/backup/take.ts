import type { FileHandle } from 'node:fs/promises';
import type { Client, ConferError } from '@confer/client';
import { type Entry, ROOT } from '@confer/shared';
import type { Context } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { counted } from '../output/text.ts';
import { EntryOrder } from './entry-order.ts';
import { entryProblem, type Header, headerOf } from './format.ts';
import { type WrittenBackup, writeBackup } from './write.ts';

/** A backup as it was taken. */
export interface TakenBackup extends WrittenBackup {
  readonly header: Header;
}

/** How often it begins anew where history went past its revision before its end. */
const TRIES_MAX = 5;
/** The tree, and then what is the server's own: roles, tokens, heads of audits. */
const SUBTREES = [ROOT, '/.confer'];

export interface Taking {
  readonly context: Context;
  readonly client: Client;
  /** Empty, and empty again for another try. */
  readonly handle: FileHandle;
  readonly tell: (text: string) => void;
}

/** Writes all that a server has at one revision into a file. */
export async function takeBackup(taking: Taking): Promise<TakenBackup> {
  for (let tries = 1; ; tries++)
    try {
      return await tryOnce(taking);
    } catch (error) {
      if (!(await isGone(error))) throw error;
      if (tries >= TRIES_MAX)
        throw new Failure(
          exitCodes.unavailable,
          'outrun',
          `the server drops its history faster than all of it can be read: ${tries} tries in vain (${error instanceof Error ? error.message : error})`,
          'let it keep more: serve --keep-commits, --keep-age; or take the backup from nearer by',
        );
      taking.tell('history went past it: beginning anew at a newer revision');
      await taking.handle.truncate(0);
    }
}

async function tryOnce({ context, client, handle, tell }: Taking): Promise<TakenBackup> {
  const { pinRead } = await import('@confer/client/pages');
  const { signal, clock } = context.terminal;
  const options = { signal, timeoutMs: context.settings.timeoutMs ?? PAGE_TIMEOUT_MS };
  // A server that is not there is told of as soon as by other commands.
  const { version, engine } = await client.serverStatus({ signal });
  const read = await pinRead(client, ROOT, options);
  const { epoch, revision } = read;
  const header = headerOf({ epoch, revision, takenAt: clock.now(), server: { version, engine } });
  const order = new EntryOrder();
  let entries = 0;
  async function* pages(): AsyncGenerator<readonly Entry[], void, void> {
    for (const subtree of SUBTREES)
      for await (const page of read.pages(subtree)) {
        for (const entry of page) requireFit(entry, revision, order);
        entries += page.length;
        tell(`read ${counted(entries, 'entry', 'entries')} as of revision ${revision}`);
        yield page;
      }
  }
  return { header, ...(await writeBackup(handle, header, pages(), signal)) };
}

/** What could not be restored is told of now, and not in the night when somebody has nothing else. */
function requireFit(entry: Entry, revision: number, order: EntryOrder): void {
  const problem = entryProblem(entry, revision) ?? order.problem(entry.path);
  if (problem === undefined) return;
  const what = `the server says of ${entry.path} what no backup can hold: ${problem}`;
  throw new Failure(exitCodes.other, 'bad_message', what);
}

/** Of each page: a server that is busy with others answers later. */
const PAGE_TIMEOUT_MS = 30_000;

async function isGone(error: unknown): Promise<boolean> {
  const { ConferError } = await import('@confer/client');
  return error instanceof ConferError && codeOf(error) === 'compacted';
}

function codeOf({ code }: ConferError): string {
  return code;
}
