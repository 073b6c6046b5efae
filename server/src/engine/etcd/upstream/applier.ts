import { type CooperativeSteps, TimeSlice } from '../../cooperative-steps.ts';
import type { EngineCommit } from '../../engine.ts';
import type { Feed } from '../../feed.ts';
import type { WatchEvent } from '../client/messages.ts';
import { type Assembled, type AssemblyContext, assemble } from './assemble.ts';

/** What comes out of the upstream watch, in order. */
export type UpstreamItem =
  /** All events of one revision. */
  | { readonly kind: 'events'; readonly revision: number; readonly events: readonly WatchEvent[] }
  /** Nothing happened up to there that did not come. */
  | { readonly kind: 'progress'; readonly revision: number };

export interface ApplierOptions {
  readonly context: AssemblyContext;
  readonly feed: Feed;
  readonly defer: (run: () => void) => void;
  /** What was told is shown. */
  readonly onShown: () => void;
  /** Told of what came beside the entries. */
  readonly onSidecars: (assembled: Assembled) => void;
  /** What waited is dropped: the state must be read anew. */
  readonly onBroken: (error: unknown) => void;
}

/** Makes commits of what the upstream watch brings, and tells them, without keeping the event loop for long. */
export class Applier {
  readonly #options: ApplierOptions;
  #items: UpstreamItem[] = [];
  #current: CooperativeSteps<void> | undefined;
  #commits: EngineCommit[] = [];
  #isRunning = false;
  #isStopped = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /** Revisions that wait, so that whoever brings them can stop for a while. */
  get waiting(): number {
    return this.#items.length;
  }

  /** What is in hand is not told any more. */
  stop(): void {
    this.#isStopped = true;
    this.#items = [];
    this.#commits = [];
    this.#current = undefined;
  }

  offer(items: readonly UpstreamItem[]): void {
    if (this.#isStopped) return;
    for (const item of items) this.#items.push(item);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run();
  }

  /** Resolves when all that was offered is told. */
  idle(): Promise<void> {
    if (!this.#isRunning) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #run(): void {
    const slice = new TimeSlice();
    try {
      let next = 0;
      for (;;) {
        if (this.#current === undefined) {
          const item = this.#isStopped ? undefined : this.#items[next++];
          if (item === undefined) break;
          this.#current = this.#take(item);
        }
        const { done } = this.#current.next();
        if (done === true) this.#current = undefined;
        if (done === true && !slice.isOver()) continue;
        this.#items.splice(0, next);
        this.#tell();
        this.#options.defer(() => this.#run());
        return;
      }
      this.#items = [];
    } catch (error) {
      this.#items = [];
      this.#current = undefined;
      this.#tell();
      this.#options.onBroken(error);
    }
    this.#tell();
    this.#isRunning = false;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  *#take(item: UpstreamItem): CooperativeSteps<void> {
    const { context, onSidecars } = this.#options;
    const { replica } = context;
    if (item.revision <= replica.revision) return;
    if (item.kind === 'progress') {
      this.#progress(item.revision);
      return;
    }
    const assembled = yield* assemble(item.revision, item.events, context);
    const { commit, requestId } = assembled;
    if (commit === undefined) this.#progress(item.revision);
    else {
      yield* replica.append(commit, requestId);
      this.#commits.push(commit);
    }
    const { head } = assembled;
    if (head !== undefined) context.sidecars.head = head;
    // What they say may be the end, and nothing comes after it.
    this.#tell();
    onSidecars(assembled);
  }

  #progress(revision: number): void {
    this.#tell();
    this.#options.context.replica.advance(revision);
    this.#options.feed.tell({ kind: 'progress', revision });
    this.#options.onShown();
  }

  #tell(): void {
    const commits = this.#commits;
    if (commits.length === 0 || this.#isStopped) return;
    this.#commits = [];
    this.#options.feed.tell({ kind: 'commits', commits });
    this.#options.onShown();
  }
}
