import type { Entry, EntryMeta, Listed, ListedEntry } from '@confer/shared';
import type { Listing, ListOptions } from '../api.ts';
import { isComparable } from '../connection/comparable.ts';
import { ConferError } from '../errors.ts';
import type { Answer } from './requests.ts';

/** What is asked for beside the path; `at` and `after` name the page. */
export interface PageQuery {
  readonly depth: number | undefined;
  readonly values: boolean | undefined;
  readonly stale: boolean | undefined;
  readonly at: number | undefined;
  readonly after?: string;
}

type ReadPage = (query: PageQuery) => Promise<Answer<'listed'>>;

/** How often a listing begins anew when its revision is gone before its last page. */
const STARTS_MAX = 3;

/** Pagination with a consistent read: all pages of a subtree, of one revision. */
export async function readListing(
  { depth, values, stale, at }: ListOptions,
  readPage: ReadPage,
): Promise<Listing<ListedEntry>> {
  const query = { depth, values, stale, at };
  for (let starts = 1; ; starts++) {
    const first = await readPage(query);
    const { revision } = first.reply;
    const pages = [first.reply];
    try {
      let { next } = first.reply;
      while (next !== undefined) {
        const page = await readPage({ ...query, at: revision, after: next });
        if (!isComparable(page.welcome, first.welcome)) break;
        pages.push(page.reply);
        next = page.reply.next;
      }
      if (next === undefined) return whole(pages, revision);
    } catch (error) {
      if (starts >= STARTS_MAX || at !== undefined || !isRevisionGone(error)) throw error;
    }
  }
}

function whole(pages: readonly Listed[], revision: number): Listing<ListedEntry> {
  return {
    revision,
    entries: pages.flatMap(({ entries }) => entries),
    folders: pages.flatMap(({ folders }) => folders),
  };
}

function isRevisionGone(error: unknown): boolean {
  return (
    error instanceof ConferError && (error.code === 'compacted' || error.code === 'future_revision')
  );
}

export function hasValues(
  listing: Listing<ListedEntry>,
): listing is Listing<Entry> & Listing<EntryMeta> {
  return listing.entries.every((entry) => entry.value !== undefined);
}
