import type { Frame } from './frame.ts';

/** Which tab has which watch, by the name that the server gave it. */
export class SharedWatches<Tab> {
  readonly #tabs = new Map<string, Tab>();

  /** From now on, messages of that name are for this tab. */
  named(name: string, tab: Tab): void {
    this.#tabs.set(name, tab);
  }

  isOf(name: string, tab: Tab): boolean {
    return this.#tabs.get(name) === tab;
  }

  /** Whom a message of a watch is for. Nobody, where it was under way when its watch was left. */
  tabOf(name: string, { type }: Frame): Tab | undefined {
    const tab = this.#tabs.get(name);
    // The watch has ended, and its name may come back for another one.
    if (type === 'compacted' || type === 'revoked') this.#tabs.delete(name);
    return tab;
  }

  /** The server may have given the name to another tab since then. */
  unwatched(name: string, tab: Tab): void {
    if (this.isOf(name, tab)) this.#tabs.delete(name);
  }

  /** The names of all that a tab had, which is gone. */
  leave(tab: Tab): readonly string[] {
    const names = [...this.#tabs].filter(([, owner]) => owner === tab).map(([name]) => name);
    for (const name of names) this.#tabs.delete(name);
    return names;
  }
}
