/** A page of a list, and where the next one begins. */
interface Page<Item> {
  readonly revision: number;
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

/** All pages of a list, in their order, as of the revision of the last one. */
export async function readAll<Item>(
  readPage: (after: string | undefined) => Promise<Page<Item>>,
): Promise<{ readonly revision: number; readonly items: readonly Item[] }> {
  const items: Item[] = [];
  let page = await readPage(undefined);
  items.push(...page.items);
  while (page.next !== undefined) {
    page = await readPage(page.next);
    items.push(...page.items);
  }
  return { revision: page.revision, items };
}
