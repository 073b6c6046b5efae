import {
  comparePaths,
  type Logged,
  limits,
  type WireLoggedChange,
  type WireLoggedCommit,
} from '@confer/shared';
import type { LoggedChange, LoggedCommit } from './api.ts';
import { type PastReader, requireProgress } from './past-reader.ts';
import type { Window } from './reading.ts';

/** Where a page begins. */
interface Cursor {
  readonly at?: number | undefined;
  readonly after?: string;
}

/** All pages from a revision back. */
export async function* readPages(
  at: number | undefined,
  read: (from: Cursor) => Promise<Logged>,
): AsyncGenerator<Logged, void, void> {
  for (let from: Cursor = { at }; ; ) {
    const page = await read(from);
    yield page;
    if (page.next === undefined) return;
    requireProgress(isFurther(page.next, { ...from, at: from.at ?? page.revision }));
    from = page.next;
  }
}

function isFurther(
  next: { readonly at: number; readonly after?: string },
  from: { readonly at: number; readonly after?: string },
): boolean {
  if (next.at !== from.at) return next.at < from.at;
  if (next.after === undefined) return false;
  return from.after === undefined || comparePaths(next.after, from.after) > 0;
}

/** The commits that touched a subtree, each whole, though it may come on several pages. */
export async function* readLog(
  reader: PastReader,
  query: {
    readonly path: string;
    readonly at?: number;
    readonly values?: boolean;
    readonly limit?: number;
  },
  onPage: (window: Window) => void,
): AsyncGenerator<LoggedCommit, void, void> {
  const { at, ...same } = query;
  const pages = readPages(at, (from) =>
    reader.ask('logged', (id) => ({ type: 'log', id, at: from.at, after: from.after, ...same })),
  );
  let begun: { readonly commit: WireLoggedCommit; readonly changes: LoggedChange[] } | undefined;
  for await (const page of pages) {
    onPage(page);
    for (const commit of page.commits) {
      if (begun?.commit.revision !== commit.revision) {
        if (begun !== undefined) yield { ...begun.commit, changes: begun.changes };
        begun = { commit, changes: [] };
      }
      for (const wire of commit.changes) begun.changes.push(changeOf(wire));
      requireProgress(begun.changes.length <= limits.changesMax);
    }
    if (begun !== undefined && page.next?.after === undefined) {
      yield { ...begun.commit, changes: begun.changes };
      begun = undefined;
    }
  }
}

/** A change whose entries have their path again. */
export function changeOf(wire: WireLoggedChange): LoggedChange {
  const { path } = wire;
  const prev = wire.prev && { prev: { path, ...wire.prev } };
  if (wire.type === 'delete') return { type: 'delete', path, cause: wire.cause, ...prev };
  const entry = wire.entry && { entry: { path, ...wire.entry } };
  return { type: 'put', path, created: wire.created, ...entry, ...prev };
}
