import type { Entry } from '@confer/shared';
import type { Client, WaitOptions } from './api.ts';
import { isComparable } from './connection/comparable.ts';
import { ConferError } from './errors.ts';
import { hasValues } from './requests/listing.ts';
import type { Answer } from './requests/requests.ts';
import { checkSubtree } from './validation/arguments.ts';
import { contextOf } from './watch/context.ts';

/** All that a server has at one revision, to be read page by page, so that it need not fit into memory. */
export interface PinnedRead {
  readonly revision: number;
  /** Of the history that the revision is one of. */
  readonly epoch: string;
  /**
   * The entries of a subtree, in the order of the tree. Fails with `compacted` where history no longer reaches back to
   * the revision, or the server has another history meanwhile: then begin anew.
   */
  pages(subtree: string): AsyncGenerator<readonly Entry[], void, void>;
}

/**
 * Reads at the newest revision there is, all subtrees at the same one, of which the first is named at once. The options
 * hold for each page.
 *
 * ```ts
 * const read = await pinRead(client, '/shop');
 * for await (const page of read.pages('/shop')) ...
 * ```
 *
 * @throws {ConferError} `forbidden`, where all of the subtree may not be read.
 */
export async function pinRead(
  client: Client,
  subtree: string,
  options?: WaitOptions,
): Promise<PinnedRead> {
  checkSubtree(subtree);
  const { requests, newDeadline } = contextOf(client);
  const list = (path: string, query: { limit?: number; at?: number; after?: string | undefined }) =>
    requests.ask('listed', (id) => ({ type: 'list', id, path, ...query }), newDeadline(options));
  const first = await list(subtree, { limit: 1 });
  const at = first.reply.revision;
  return {
    revision: at,
    epoch: first.welcome.epoch,
    async *pages(subtree) {
      checkSubtree(subtree);
      for (let after: string | undefined; ; ) {
        const page = await list(subtree, { at, after, limit: PAGE_ITEMS }).catch(asGone);
        requireSameHistory(page, first);
        const { entries, next } = page.reply;
        const listing = { revision: at, entries, folders: [] };
        if (!hasValues(listing))
          throw new ConferError('internal', 'the server left out the values of a list');
        yield listing.entries;
        // That it leads on, requests have seen to.
        if (next === undefined) return;
        after = next;
      }
    },
  };
}

/** The server ends a page earlier where it is large. */
const PAGE_ITEMS = 10_000;

/**
 * 1. A page is read over one connection, and that is lost.
 * 2. An older copy of the data is put back, and goes on with other commits up to the same revision.
 * 3. The next page, at that revision, would be one of another state.
 */
function requireSameHistory(page: Answer<'listed'>, first: Answer<'listed'>): void {
  // safeguard: pages-are-of-one-history
  if (!isComparable(page.welcome, first.welcome))
    throw new ConferError('compacted', 'the server was started anew while all of it was read');
}

function asGone(error: unknown): never {
  if (error instanceof ConferError && error.code === 'future_revision')
    throw new ConferError('compacted', error.message, { cause: error });
  throw error;
}
