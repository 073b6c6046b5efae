import {
  comparePaths,
  type Listed,
  type Reply,
  type Request,
  subtreeProblem,
  type Unsent,
} from '@confer/shared';
import { TreeRules } from './tree-rules.ts';

/** What is asked for of a subtree, as far as its pages are held against it. */
export interface AskedPage {
  readonly path: string;
  readonly at?: number | undefined;
  readonly after?: string | undefined;
}

interface Page extends Pick<Listed, 'revision' | 'folders'> {
  readonly entries: readonly { readonly path: string }[];
  readonly next?: string | undefined;
}

/** Why a reply cannot be one to its request, for people; nothing where it can be. */
export function replyProblem(request: Unsent<Request>, reply: Reply): string | undefined {
  if (request.type === 'list' && reply.type === 'listed') return pageProblem(request, reply);
  if (request.type === 'get' && reply.type === 'got' && reply.entry !== null)
    return entryProblem(request.path, reply.entry.path);
  return undefined;
}

/** Of an entry that was asked for. */
export function entryProblem(asked: string, path: string): string | undefined {
  // safeguard: entry-is-the-one-asked-for
  return path === asked ? undefined : `${path} in the place of ${asked}`;
}

/** Each page is of the subtree, in its order, at the revision, and leads on (PROTOCOL.md, section 4). */
export function pageProblem(
  { path, at, after = '' }: AskedPage,
  { revision, entries, folders, next }: Page,
): string | undefined {
  if (revision !== (at ?? revision)) return `revision ${revision} in the place of ${at}`;
  // safeguard: pages-lead-on
  if (next !== undefined && comparePaths(next, after) <= 0) return 'pages that do not end';
  // The folder of an entry's own path comes after that entry, perhaps on the next page.
  const [list, below] = [new TreeRules(path, after), new TreeRules(path)];
  const problems = [
    ...entries.map((entry) => list.path(entry.path)),
    ...folders.map((folder) => below.path(folder, subtreeProblem)),
  ];
  return problems.find(Boolean);
}
