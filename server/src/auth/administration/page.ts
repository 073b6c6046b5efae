/** Some of a list, and where it goes on. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

/** A page ends at about so many characters of JSON: to make one is no pause. */
const PAGE_CHARS = 128 * 1024;

/** What has a name, in the order of the names: put in order once for all pages of a revision. */
export class ByName<Item extends { readonly name: string }> {
  readonly #all: () => readonly Item[];
  #ordered: readonly Item[] = [];
  #revision: number | undefined;

  constructor(all: () => readonly Item[]) {
    this.#all = all;
  }

  /** The items after a name, as far as a page goes. */
  page<Shown extends object>(
    revision: number,
    after: string | undefined,
    show: (item: Item) => Shown,
  ): Page<Shown> {
    const ordered = this.#at(revision);
    const items: Shown[] = [];
    let chars = 0;
    let last: string | undefined;
    for (const item of ordered) {
      if (after !== undefined && item.name <= after) continue;
      if (chars > PAGE_CHARS) return { items, next: last };
      const shown = show(item);
      chars += JSON.stringify(shown).length;
      items.push(shown);
      last = item.name;
    }
    return { items, next: undefined };
  }

  #at(revision: number): readonly Item[] {
    if (this.#revision !== revision)
      this.#ordered = [...this.#all()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#revision = revision;
    return this.#ordered;
  }
}
