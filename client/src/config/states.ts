import { isWithin } from '@confer/shared';
import type { Client, Mirror, MirrorChange } from '../api.ts';
import type { ConferError } from '../errors.ts';
import type { MirrorStatus, MirrorStatusChange } from '../status.ts';
import type { ClientContext } from '../watch/context.ts';
import type { ConfigOptions, Fallback } from './api.ts';
import { ConfigTree } from './config-tree.ts';
import { shareWith } from './immutable.ts';
import { dataLayer, type Layer, subtreeLayer } from './sources.ts';

/** A state that can be judged. */
export interface Candidate {
  readonly source: Fallback;
  /** The latest of its subtrees. */
  readonly revision: number | undefined;
  /** Of each subtree. */
  readonly revisions: ReadonlyMap<string, number>;
  readonly layers: () => readonly Layer[];
}

/** What the subtrees held at one moment, each as of its revision. */
interface Captured {
  readonly source: 'server' | 'snapshot';
  /** From the first subtree on. Throws where there is a collision in one. */
  readonly layers: () => readonly Layer[];
  readonly revisions: ReadonlyMap<string, number>;
}

export interface StatesEvents {
  /** There is another state. */
  readonly changed: () => void;
  readonly statusChanged: (change: MirrorStatusChange) => void;
}

/**
 * The states that a configuration goes through, whole ones only (W4). Of one subtree each commit is one. Of several,
 * a commit comes in a part for each of them, and nothing says which of them it touches:
 *
 * 1. One mirror shows revision 7. Another is at 5: it may have nothing of 7, or its part is on its way.
 * 2. It asks its server for a proof. That comes behind all that the server had for it, so it is at 7 or later then.
 * 3. If meanwhile a mirror went further, it begins anew. When all have come as far, what they hold is one state.
 */
export class States {
  readonly #mirrors: readonly Mirror[];
  /** What each of them holds, once it has all. */
  readonly #trees = new Map<Mirror, ConfigTree>();
  readonly #bootstrap: unknown;
  readonly #defaults: unknown;
  readonly #context: ClientContext;
  readonly #events: StatesEvents;
  readonly #offs: (() => void)[] = [];
  #captured: Captured | undefined;
  #failure: ConferError | undefined;
  #isSettling = false;
  #isDue = false;
  #isClosed = false;

  constructor(
    path: string,
    options: ConfigOptions,
    client: Client,
    context: ClientContext,
    events: StatesEvents,
  ) {
    this.#bootstrap = shareWith(undefined, options.bootstrap);
    this.#defaults = shareWith(undefined, options.defaults);
    this.#context = context;
    this.#events = events;
    this.#mirrors = [path, ...(options.layers ?? [])].map((each) => client.mirror(each));
    for (const mirror of this.#mirrors)
      this.#offs.push(
        mirror.on('change', (change) => this.#changed(mirror, change)),
        mirror.on('status', (change) => this.#statusChanged(mirror, change)),
      );
    const off = context.override?.onChange(() => events.changed());
    if (off !== undefined) this.#offs.push(off);
    this.#capture();
  }

  get status(): MirrorStatus {
    const all = this.#mirrors.map(({ status }) => status);
    const worst = (['closed', 'failed', 'syncing', 'stale'] as const).find((one) =>
      all.includes(one),
    );
    return worst ?? 'live';
  }

  get staleSince(): number | undefined {
    const all = this.#mirrors.flatMap(({ staleSince }) => staleSince ?? []);
    return all.length === 0 ? undefined : Math.min(...all);
  }

  /** Why there will be nothing from the server: it does not let this client read all of it. */
  get failure(): ConferError | undefined {
    return this.#failure;
  }

  /** For the end of a message. */
  get failureReason(): string {
    return this.#failure === undefined
      ? this.#context.connection.failureReason
      : `: ${this.#failure.message}`;
  }

  /** What can be judged, the best first. What the server has is the only one, once it is there. */
  candidates(): readonly Candidate[] {
    const bootstrap = this.#bootstrap;
    const all: Candidate[] = [];
    if (this.#captured !== undefined) all.push(this.#candidateOf(this.#captured));
    if (this.#captured?.source === 'server') return all;
    const bare = { revision: undefined, revisions: new Map() };
    if (bootstrap !== undefined) {
      const layers = () => this.#around([dataLayer('bootstrap', bootstrap)]);
      all.push({ source: 'bootstrap', ...bare, layers });
    }
    if (this.#defaults !== undefined)
      all.push({ source: 'defaults', ...bare, layers: () => this.#around([]) });
    return all;
  }

  /** The layers of the best of them. */
  layers(): readonly Layer[] {
    return this.candidates()[0]?.layers() ?? this.#around([]);
  }

  close(): void {
    this.#isClosed = true;
    for (const off of this.#offs) off();
    for (const mirror of this.#mirrors) mirror.close();
  }

  #candidateOf({ source, layers, revisions }: Captured): Candidate {
    const revision = Math.max(...revisions.values());
    return { source, revision, revisions, layers: () => this.#around(layers()) };
  }

  /** Defaults below, and what the operator of this machine says above. */
  #around(layers: readonly Layer[]): readonly Layer[] {
    const below = this.#defaults === undefined ? [] : [dataLayer('defaults', this.#defaults)];
    return [...below, ...layers, ...this.#overrides()];
  }

  #overrides(): Layer[] {
    const { override } = this.#context;
    return this.#mirrors.flatMap(({ path: subtree }) => {
      const entries = [...(override?.values ?? [])]
        .filter(([path]) => isWithin(path, subtree))
        .map(([path, value]) => ({ path, value, modRevision: 0 }));
      if (entries.length === 0) return [];
      return [dataLayer('override', new ConfigTree(subtree, entries).data, override?.at)];
    });
  }

  #statusChanged(mirror: Mirror, change: MirrorStatusChange): void {
    if (change.to === 'failed')
      // Its own error says what no status does; it is there at once.
      mirror.waitFor(Number.MAX_SAFE_INTEGER).catch((error: ConferError) => {
        this.#failure = error;
        this.#events.statusChanged(change);
      });
    else this.#events.statusChanged(change);
    const isNews = this.#mirrors.length > 1 || this.#captured?.source !== 'server';
    if (change.to === 'live' && isNews) this.#moved();
  }

  #changed(mirror: Mirror, { changes }: MirrorChange): void {
    this.#trees.get(mirror)?.apply(changes);
    this.#moved();
  }

  #moved(): void {
    if (this.#mirrors.length === 1) this.#take();
    else {
      this.#isDue = true;
      if (!this.#isSettling) void this.#settle();
    }
  }

  async #settle(): Promise<void> {
    this.#isSettling = true;
    while (this.#isDue && !this.#isClosed) {
      this.#isDue = false;
      const newest = Math.max(...this.#mirrors.map(({ revision = 0 }) => revision));
      const behind = this.#mirrors.filter(({ revision = 0 }) => revision < newest);
      const proofs = behind.map((mirror) => mirror.verify().catch(() => false));
      const isProved = (await Promise.all(proofs)).every((proof) => proof);
      // A server that is slow is asked again. Of one that is gone, its mirrors say so when they are live again.
      this.#isDue ||= !isProved && behind.every(isLive);
      if (isProved && !this.#isDue && !this.#isClosed) this.#take();
    }
    this.#isSettling = false;
  }

  #take(): void {
    if (this.#capture()) this.#events.changed();
  }

  #treeOf(mirror: Mirror): ConfigTree {
    const tree = this.#trees.get(mirror) ?? new ConfigTree(mirror.path, mirror.list());
    this.#trees.set(mirror, tree);
    return tree;
  }

  /** Returns whether there is a state to be judged. */
  #capture(): boolean {
    const sources = new Set(this.#mirrors.map(({ source }) => source));
    const [source] = sources;
    // What was kept of one and what the server has of another are of different times. So are, after a time away, one
    // that is back and one that is not.
    const isMixed =
      sources.size > 1 || (source === 'server' && new Set(this.#mirrors.map(isLive)).size > 1);
    const isOlder = source === 'snapshot' && this.#captured?.source === 'server';
    if (source === undefined || isMixed || isOlder) return false;
    const layers = this.#mirrors.map((mirror) => takenOf(source, this.#treeOf(mirror)));
    this.#captured = {
      source,
      layers: () => layers.map((layer) => layer()),
      revisions: new Map(this.#mirrors.map(({ path, revision = 0 }) => [path, revision])),
    };
    return true;
  }
}

/** The data of now, or that there is a collision in it, for when somebody asks. */
function takenOf(source: 'server' | 'snapshot', tree: ConfigTree): () => Layer {
  try {
    const layer = subtreeLayer(source, tree, tree.data);
    return () => layer;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function isLive({ status }: Mirror): boolean {
  return status === 'live';
}
