import { type Logged, limits, type WireLoggedChange, type WireLoggedCommit } from '@confer/shared';
import type { LoggedChange, LoggedCommit } from './api.ts';
import { type Cursor, isFurther, PageRules } from './page-rules.ts';
import { type PastReader, requireProgress } from './past-reader.ts';
import type { Window } from './reading.ts';

/** All pages from a revision back, each of them one that can be. */
export async function* readPages(
  at: number | undefined,
  rules: PageRules,
  read: (from: Cursor) => Promise<Logged>,
): AsyncGenerator<Logged, void, void> {
  for (let from: Cursor = { at }; ; ) {
    const page = await read(from);
    rules.check(page, from);
    yield page;
    if (page.next === undefined) return;
    requireProgress(isFurther(page.next, { ...from, at: from.at ?? page.revision }));
    from = page.next;
  }
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
  const pages = readPages(at, new PageRules(query.path, 'subtree'), (from) =>
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
