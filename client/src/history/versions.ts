import type { Version } from './api.ts';
import { changeOf, readPages } from './log.ts';
import { PageRules } from './page-rules.ts';
import type { PastReader } from './past-reader.ts';
import type { Window } from './reading.ts';

/** What a path was, page by page. */
export async function* readVersions(
  reader: PastReader,
  { path, at, limit }: { readonly path: string; readonly at?: number; readonly limit?: number },
  onPage: (window: Window) => void,
): AsyncGenerator<Version, void, void> {
  const pages = readPages(at, new PageRules(path, 'entry'), (next) =>
    reader.ask('logged', (id) => ({ type: 'history', id, path, at: next.at, limit })),
  );
  for await (const page of pages) {
    onPage(page);
    for (const commit of page.commits)
      for (const wire of commit.changes) {
        const { changes: _, ...about } = commit;
        const change = changeOf(wire);
        if (change.type === 'delete') yield { ...about, type: change.type, cause: change.cause };
        else if (change.entry !== undefined)
          yield { ...about, type: change.type, entry: change.entry };
      }
  }
}
