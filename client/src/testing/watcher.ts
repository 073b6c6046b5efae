import {
  type Commit,
  type Commits,
  Digest,
  type DownMessage,
  type Entry,
  isShownIn,
  toWireCommit,
  type WatchRequest,
  type WireCommit,
} from '@confer/shared';
import { type MemoryStore, type Standing, sorted } from './memory-store.ts';

/** Entries of a page and changes of a frame: few, so that tests of large subtrees see several. */
const ITEMS_MAX = 500;

/**
 * One watch of a connection, as the server has it (PROTOCOL.md, section 5). It is told everything at once, so
 * it is never behind: a socket in memory takes whatever it is given.
 */
export class Watcher {
  readonly name: string;
  readonly #request: WatchRequest;
  readonly #store: MemoryStore;
  readonly #say: (message: DownMessage) => void;
  /** Where the last message left the client: what happened elsewhere since does not move it. */
  #toldTo: number;

  constructor(
    name: string,
    request: WatchRequest,
    store: MemoryStore,
    say: (message: DownMessage) => void,
  ) {
    this.name = name;
    this.#request = request;
    this.#store = store;
    this.#say = say;
    this.#toldTo = store.revision;
  }

  get isOfEvents(): boolean {
    return this.#request.mode === 'events';
  }

  /** Brings it up to date, right after it was accepted. Returns `false` where it has ended with that. */
  begin(standing: Standing | undefined): boolean {
    const { after } = this.#request;
    const { epoch, revision, compactedRevision } = this.#store;
    if (standing === 'continued' && after !== undefined) this.#resume(after.revision);
    else if (standing === undefined) this.#snapshot();
    else {
      const reason = standing === 'compacted' ? 'compacted' : 'epoch';
      const lost = { watch: this.name, reason, epoch } as const;
      if (this.isOfEvents) {
        this.#say({ type: 'compacted', ...lost, compactedRevision, revision });
        return false;
      }
      this.#say({ type: 'resync', ...lost });
      this.#snapshot();
    }
    return true;
  }

  /** What happened since, as one batch. */
  #resume(after: number): void {
    this.#toldTo = after;
    const isNews = this.#tell(this.#store.commitsAfter(after));
    if (!this.isOfEvents) this.#synced(isNews ? 'commits' : 'nothing');
  }

  /** A commit was made. */
  told(commit: Commit): void {
    this.#tell([commit]);
  }

  /** Proves what it has, for a state watch. */
  prove(): void {
    this.#synced('verify');
  }

  revoke(revision: number): void {
    this.#say({ type: 'revoked', watch: this.name, revision });
  }

  /** Returns whether any of it lies in the subtree. */
  #tell(commits: readonly Commit[]): boolean {
    const { path, prev = false } = this.#request;
    const own = commits.flatMap((commit) => {
      const changes = commit.changes.filter((change) => isShownIn(change.path, path));
      return changes.length === 0 ? [] : [toWireCommit({ ...commit, changes }, prev)];
    });
    if (own.length === 0) return false;
    const from = this.#toldTo;
    const to = this.#store.revision;
    this.#toldTo = to;
    for (const frame of framesOf({ watch: this.name, from, to }, own)) this.#say(frame);
    return true;
  }

  /** All that is there, of which an event watch is not told. */
  #snapshot(): void {
    if (this.isOfEvents) return;
    const { revision } = this.#store;
    const entries = this.#entries();
    for (const page of slicesOf(entries))
      this.#say({ type: 'snapshot', watch: this.name, revision, entries: page });
    this.#synced('snapshot');
  }

  #synced(by: string): void {
    const digest = new Digest();
    const entries = this.#entries();
    for (const { path, modRevision } of entries) digest.add(path, modRevision);
    const proof = { entries: entries.length, digest: digest.toString() };
    const { revision } = this.#store;
    this.#toldTo = revision;
    this.#say({ type: 'synced', watch: this.name, revision, by, ...proof });
  }

  #entries(): Entry[] {
    const all = this.#store.entries.values();
    return sorted(all).filter(({ path }) => isShownIn(path, this.#request.path));
  }
}

/** A batch in frames of their size; a commit that is larger goes on in the next one. */
function framesOf(
  batch: Pick<Commits, 'watch' | 'from' | 'to'>,
  commits: readonly WireCommit[],
): Commits[] {
  const parts = commits.flatMap((commit) =>
    slicesOf(commit.changes).map((changes) => ({ ...commit, changes })),
  );
  const frames: WireCommit[][] = [];
  let room = 0;
  for (const part of parts) {
    room -= part.changes.length;
    const frame = frames.at(-1);
    if (frame !== undefined && room >= 0) frame.push(part);
    else {
      frames.push([part]);
      room = ITEMS_MAX - part.changes.length;
    }
  }
  return frames.map((part, i) => ({
    ...{ type: 'commits', ...batch, commits: part },
    ...(i < frames.length - 1 && { more: true }),
  }));
}

function slicesOf<Item>(items: readonly Item[]): Item[][] {
  const slices: Item[][] = [];
  for (let i = 0; i < items.length; i += ITEMS_MAX) slices.push(items.slice(i, i + ITEMS_MAX));
  return slices;
}
