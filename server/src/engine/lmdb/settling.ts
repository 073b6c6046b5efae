import { entryText } from '../entry-text.ts';
import type { Progress, Storage } from './storage.ts';
import type { Unsettled } from './unsettled.ts';

/** Rows that one transaction writes. */
const STEP_ROWS = 1_000;
/** So many paths are put in order at once, so that rows of one page are written together. */
const SORTED_PATHS = 5_000;

/**
 * Writes what commits made of the entries and the known deletes into their tables, in transactions
 * of some rows, and then says in `settled` up to where they are up to date. A crash before that
 * leaves them partly ahead: opening begins at `settled` again, and lays all since over them. Resolves
 * once everything that `shown` said at the beginning is in the tables.
 */
export async function settle(
  storage: Storage,
  unsettled: Unsettled,
  shown: () => Progress,
): Promise<Progress> {
  const target = shown();
  await settleDeletions(storage, unsettled, target.revision);
  const paths = unsettled.paths()[Symbol.iterator]();
  for (let left = unsettled.size; left > 0; left -= SORTED_PATHS) {
    const some = take(paths, Math.min(left, SORTED_PATHS)).sort();
    for (let start = 0; start < some.length; start += STEP_ROWS)
      await settleEntries(storage, unsettled, some.slice(start, start + STEP_ROWS), shown);
  }
  const { revision, entryCount } = target;
  await storage.write(() => storage.tables.meta.put('settled', [revision, entryCount]));
  return target;
}

async function settleEntries(
  storage: Storage,
  unsettled: Unsettled,
  paths: readonly string[],
  shown: () => Progress,
): Promise<void> {
  const { revision } = shown();
  const written: (readonly [string, number])[] = [];
  const { tables } = storage;
  await storage.write(() => {
    for (const path of paths) {
      const version = unsettled.at(path, revision);
      if (version === undefined) continue;
      if (version.entry === undefined) tables.entries.remove(path);
      else tables.entries.put(path, entryText(version.entry));
      written.push([path, version.revision]);
    }
  });
  for (const [path, upTo] of written) unsettled.settled(path, upTo);
}

async function settleDeletions(
  storage: Storage,
  { deletions }: Unsettled,
  upTo: number,
): Promise<void> {
  const { tables } = storage;
  for (;;) {
    const some = deletions.oldest(upTo, STEP_ROWS);
    if (some.length === 0) return;
    await storage.write(() => {
      for (const { path, revision, cause } of some) {
        tables.deletions.put([path, revision], cause);
        tables.deletionOrder.put([revision, path], true);
      }
    });
    for (const deletion of some) deletions.forget(deletion);
  }
}

function take<Item>(items: Iterator<Item>, count: number): Item[] {
  const taken: Item[] = [];
  while (taken.length < count) {
    const next = items.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
