import { ConferError } from '../errors.ts';

/** A page of a list, and where the next one begins. */
interface Page<Item> {
  readonly revision: number;
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

/** More than any server has of roles, tokens and subscribers: pages that go on beyond it never end. */
const ITEMS_MAX = 250_000;

/**
 * All pages of a list, in their order, as of the revision of the last one.
 * @throws {ConferError} `bad_message` where the pages of a server lead nowhere.
 */
export async function readAll<Item>(
  readPage: (after: string | undefined) => Promise<Page<Item>>,
): Promise<{ readonly revision: number; readonly items: readonly Item[] }> {
  const items: Item[] = [];
  for (let after: string | undefined; ; ) {
    const { revision, next, ...page } = await readPage(after);
    for (const item of page.items) items.push(item);
    if (next === undefined) return { revision, items };
    if (next === after || items.length > ITEMS_MAX)
      throw new ConferError('bad_message', 'the pages that the server answers with do not end');
    after = next;
  }
}
