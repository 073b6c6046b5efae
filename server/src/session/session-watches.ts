import { mayRead } from '../auth/authorise.ts';
import type { Principal } from '../auth/principal.ts';
import type { Hub } from '../watch/hub.ts';
import type { Watcher } from '../watch/watcher.ts';

/** The watches of one connection. */
export class SessionWatches {
  readonly byName = new Map<string, Watcher>();
  readonly #hub: Hub;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** The revision up to which all of them have shown everything. */
  get completeTo(): number {
    let { revision } = this.#hub;
    for (const watcher of this.byName.values())
      revision = Math.min(revision, watcher.completeTo ?? revision);
    return revision;
  }

  /** The connection takes frames again. */
  resume(): void {
    for (const watcher of this.byName.values()) this.#hub.resume(watcher);
  }

  /** Ends those that a principal may not read, from a revision on (W11). Returns whether there were any. */
  revokeUnless(principal: Principal, revision: number): boolean {
    const before = this.byName.size;
    for (const [name, watcher] of [...this.byName]) {
      // safeguard: watch-ends-with-its-right
      if (mayRead(principal, watcher.group.subtree, 'subtree')) continue;
      this.byName.delete(name);
      this.#hub.revoke(watcher, revision);
    }
    return this.byName.size < before;
  }

  close(): void {
    for (const watcher of this.byName.values()) this.#hub.close(watcher);
    this.byName.clear();
  }
}
