import { comparePaths, type Entry, type ListedEntry } from '@confer/shared';
import { ConferError } from '../errors.ts';
import type { Difference } from './api.ts';
import { type PastReader, requireProgress } from './past-reader.ts';

/** The entries of a subtree at one revision, a page at a time. `onRevision` is told which, where none was asked for. */
export async function* readEntries(
  reader: PastReader,
  { path, at }: { readonly path: string; readonly at?: number },
  onRevision: (revision: number) => void = () => {},
): AsyncGenerator<Entry, void, void> {
  let revision = at;
  for (let after: string | undefined; ; ) {
    const page = await reader.ask('listed', (id) => ({
      ...{ type: 'list', id, path, at: revision, after },
    }));
    revision ??= page.revision;
    if (after === undefined) onRevision(revision);
    for (const entry of page.entries) yield whole(entry);
    if (page.next === undefined) return;
    requireProgress(after === undefined || comparePaths(page.next, after) > 0);
    after = page.next;
  }
}

function whole({ value, ...meta }: ListedEntry): Entry {
  if (value !== undefined) return { ...meta, value };
  throw new ConferError('internal', 'the server left out the values of a list');
}

/**
 * Where two states of a subtree differ in their values. Both are in the order of the tree, so that one step of each is
 * in memory, however large they are.
 */
export async function* differences(
  before: AsyncIterator<Entry, void, void>,
  after: AsyncIterator<Entry, void, void>,
): AsyncGenerator<Difference, void, void> {
  let [old, now] = await Promise.all([entryFrom(before), entryFrom(after)]);
  while (old !== undefined || now !== undefined) {
    const order = orderOf(old, now);
    if (order === 0 && old?.value !== now?.value) yield differenceOf(old, now);
    if (order < 0) yield differenceOf(old, undefined);
    if (order > 0) yield differenceOf(undefined, now);
    [old, now] = await Promise.all([
      order <= 0 ? entryFrom(before) : old,
      order >= 0 ? entryFrom(after) : now,
    ]);
  }
}

/** Which of two entries comes first; the end comes last. */
function orderOf(old: Entry | undefined, now: Entry | undefined): number {
  if (old === undefined) return 1;
  return now === undefined ? -1 : comparePaths(old.path, now.path);
}

function differenceOf(before: Entry | undefined, after: Entry | undefined): Difference {
  const path = (before ?? after)?.path ?? '';
  return {
    path,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

async function entryFrom(entries: AsyncIterator<Entry, void, void>): Promise<Entry | undefined> {
  const { done, value } = await entries.next();
  return done === true ? undefined : (value ?? undefined);
}
