import {
  type Change,
  type Commit,
  type DeleteCause,
  Digest,
  type Entry,
  type NetChange,
  type WatchCommit,
} from '@confer/shared';
import { frozenMap } from '../delivery/frozen.ts';
import type { Checksum } from '../watch/watch-state.ts';
import { expandClears } from './clears.ts';
import { inTreeOrder, TreeOrder } from './tree-order.ts';

/** What a path is to hold. */
type Target =
  | { readonly type: 'put'; readonly entry: Entry }
  | { readonly type: 'delete'; readonly path: string; readonly cause: DeleteCause };

/** With more changes than this at once, the order is made anew when somebody asks for it. */
const ORDER_STEPS_MAX = 64;

/**
 * The table of a replica: the entries of a subtree, frozen, with their digest and their order. Changes are
 * planned first and applied afterwards, so that a plan can be judged before anyone sees it.
 */
export class EntryTable {
  #entries: Map<string, Entry>;
  #digest: Digest;
  /** Kept up from the first time that somebody asks for it. */
  #order: TreeOrder | undefined;
  /** The last answer of `list`, for as long as nothing changes. */
  #listed: { readonly subtree: string; readonly entries: readonly Entry[] } | undefined;

  constructor(entries: Map<string, Entry> = new Map(), digest = new Digest()) {
    this.#entries = entries;
    this.#digest = digest;
  }

  /** All of them, in no order. */
  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  get size(): number {
    return this.#entries.size;
  }

  get digest(): string {
    return this.#digest.toString();
  }

  get(path: string): Entry | undefined {
    return this.#entries.get(path);
  }

  /** At and below `subtree`, in the order of the tree. */
  list(subtree: string): readonly Entry[] {
    if (this.#listed?.subtree !== subtree)
      this.#listed = { subtree, entries: Object.freeze(this.#read(subtree)) };
    return this.#listed.entries;
  }

  copy(): ReadonlyMap<string, Entry> {
    return frozenMap(this.#entries);
  }

  /** The commit, every delete by name; `undefined` where it does not fit what is held. */
  expanded(commit: WatchCommit): Commit | undefined {
    return expandClears(commit, this.#entries);
  }

  /** The real changes that lead to `targets`, which name a path at most once. */
  plan(targets: Iterable<Target>): Change[] {
    const changes: Change[] = [];
    for (const target of targets)
      if (target.type === 'put') {
        const { entry } = target;
        const prev = this.#entries.get(entry.path);
        if (prev?.modRevision !== entry.modRevision) changes.push(put(entry, prev));
      } else {
        const { type, path, cause } = target;
        const prev = this.#entries.get(path);
        if (prev !== undefined) changes.push({ type, path, cause, prev });
      }
    return changes;
  }

  /** Of net changes between two revisions, in pages. */
  planPages(pages: readonly (readonly NetChange[])[]): Change[] {
    return this.plan(pages.flat());
  }

  apply(changes: readonly Change[]): void {
    if (changes.length > 0) this.#listed = undefined;
    if (changes.length > ORDER_STEPS_MAX) this.#order = undefined;
    account(this.#digest, changes);
    for (const change of changes) {
      const isKnown = this.#entries.has(change.path);
      if (change.type === 'put') {
        this.#entries.set(change.path, change.entry);
        if (!isKnown) this.#order?.add(change.path);
      } else {
        this.#entries.delete(change.path);
        if (isKnown) this.#order?.remove(change.path);
      }
    }
  }

  /**
   * Another table, with the entries of `pages`; those that are the same keep their identity. Where both
   * are comparable the modRevision tells; in two histories the same number may name two writes.
   */
  rebuilt(pages: readonly (readonly Entry[])[], areComparable: boolean): EntryTable {
    // safeguard: snapshot-replaces-what-was-there
    const entries = new Map<string, Entry>();
    const digest = new Digest();
    for (const page of pages)
      for (const entry of page) {
        const old = this.#entries.get(entry.path);
        const isSame =
          old?.modRevision === entry.modRevision && (areComparable || isEqual(old, entry));
        entries.set(entry.path, isSame ? old : Object.freeze(entry));
        digest.add(entry.path, entry.modRevision);
      }
    return new EntryTable(entries, digest);
  }

  /** What leads from this table to `next`, in the order of the tree. */
  differenceTo(next: EntryTable): Change[] {
    const changes: Change[] = [];
    for (const entry of next.#entries.values()) {
      const prev = this.#entries.get(entry.path);
      if (prev !== entry) changes.push(put(entry, prev));
    }
    // safeguard: resync-tells-of-deletes
    for (const prev of this.#entries.values())
      if (!next.#entries.has(prev.path))
        changes.push({ type: 'delete', path: prev.path, cause: 'removed', prev });
    return inTreeOrder(changes);
  }

  /** Whether it holds what the server says, after `changes` more (safeguard: digest-is-compared). */
  matches(checksum: Checksum, changes: readonly Change[] = []): boolean {
    let { size } = this;
    for (const change of changes)
      if (change.type === 'delete') size--;
      else if (change.prev === undefined) size++;
    if (checksum.entries !== undefined && checksum.entries !== size) return false;
    if (checksum.digest === undefined) return true;
    const digest = Digest.parse(this.#digest.toString());
    account(digest, changes);
    return digest.toString() === checksum.digest;
  }

  #read(subtree: string): Entry[] {
    this.#order ??= new TreeOrder(this.#entries.keys());
    return this.#order.within(subtree).flatMap((path) => this.#entries.get(path) ?? []);
  }
}

function account(digest: Digest, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.prev !== undefined) digest.remove(change.path, change.prev.modRevision);
    if (change.type === 'put') digest.add(change.path, change.entry.modRevision);
  }
}

function put(entry: Entry, prev: Entry | undefined): Change {
  Object.freeze(entry);
  return { type: 'put', path: entry.path, entry, ...(prev && { prev }) };
}

function isEqual(a: Entry, b: Entry): boolean {
  return (
    a.value === b.value &&
    a.createRevision === b.createRevision &&
    a.version === b.version &&
    a.updatedAt === b.updatedAt &&
    a.updatedBy === b.updatedBy &&
    a.lease === b.lease
  );
}
