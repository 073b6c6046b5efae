import type { EtcdMember, WatchStream } from '../client/cluster.ts';
import type { WatchEvent, WatchResponse } from '../client/messages.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { UpstreamItem } from './applier.ts';

/** Why a watch is over. */
export type WatchEnd =
  /** History from where it wanted to begin is gone. */
  | { readonly kind: 'compacted' }
  /** What was missed is more than is received in one piece. */
  | { readonly kind: 'too large' }
  | { readonly kind: 'failed'; readonly reason: string };

export interface UpstreamWatchOptions {
  readonly keyspace: Keyspace;
  /** It brings what comes after this revision. */
  readonly after: number;
  /** Whether what is large comes in pieces. */
  readonly fragment: boolean;
  /** Whether an answer to a request for progress never overtakes events. */
  readonly isProgressSound: boolean;
  /** It is there: nothing of it was lost on the way. */
  readonly onCreated: () => void;
  readonly onItems: (items: readonly UpstreamItem[]) => void;
  /** Whatever came, with the newest revision of the store that it named. */
  readonly onHeard: (revision: number) => void;
  readonly onEnd: (end: WatchEnd) => void;
}

/** An answer to a request of the stream, not of a watch. */
const NO_WATCH = '-1';

/**
 * The one watch of a gateway on its cluster: over everything that is Confer's, from a revision on. It brings whole
 * revisions in order, each once, whatever pieces they come in, and progress only where that is sure.
 */
export class UpstreamWatch {
  readonly #options: UpstreamWatchOptions;
  readonly #stream: WatchStream;
  #watchId: string | undefined;
  /** The last revision that came whole. */
  #received: number;
  /** Of a revision of which more follows. */
  #fragments: WatchEvent[] = [];
  #isOver = false;

  constructor(member: EtcdMember, options: UpstreamWatchOptions) {
    const { keyspace, after, fragment } = options;
    this.#options = options;
    this.#received = after;
    this.#stream = member.watch(
      { ...keyspace.all, startRevision: after + 1, fragment },
      {
        onResponse: (response) => this.#take(response),
        onEnd: (error) =>
          this.#end(
            error.isAnswerTooLarge
              ? { kind: 'too large' }
              : { kind: 'failed', reason: error.message },
          ),
      },
    );
  }

  requestProgress(): void {
    // Before it is announced, an answer would say nothing of it.
    if (this.#watchId !== undefined) this.#stream.requestProgress();
  }

  setPaused(isPaused: boolean): void {
    this.#stream.setPaused(isPaused);
  }

  /** Ends it, for a reason of the gateway. */
  abandon(reason: string): void {
    this.#end({ kind: 'failed', reason });
  }

  #take(response: WatchResponse): void {
    if (this.#isOver) return;
    const { header, watchId, created, canceled, events, fragment } = response;
    this.#options.onHeard(header.revision);
    if (canceled) this.#cancelled(response);
    else if (created) {
      this.#watchId = watchId;
      this.#options.onCreated();
    } else if (events.length > 0) {
      // One may have hundreds of thousands: more than a call takes as arguments.
      for (const event of events) this.#fragments.push(event);
      if (!fragment) this.#deliver();
    } else this.#progress(response);
  }

  #cancelled({ compactRevision, cancelReason }: WatchResponse): void {
    if (compactRevision > 0) this.#end({ kind: 'compacted' });
    else this.#end({ kind: 'failed', reason: cancelReason || 'the member ended the watch' });
  }

  /** A response holds whole revisions, and what was there already is passed over. */
  #deliver(): void {
    const items: UpstreamItem[] = [];
    let events: WatchEvent[] = [];
    let revision = 0;
    const close = () => {
      if (events.length > 0 && revision > this.#received) {
        items.push({ kind: 'events', revision, events });
        this.#received = revision;
      }
      events = [];
    };
    for (const event of this.#fragments) {
      if (event.kv.modRevision !== revision) close();
      revision = event.kv.modRevision;
      events.push(event);
    }
    close();
    this.#fragments = [];
    if (items.length > 0) this.#options.onItems(items);
  }

  /** Of the watch itself it is in order with its events. Of the stream it is so in newer versions only. */
  #progress({ header, watchId }: WatchResponse): void {
    // safeguard: progress-of-the-stream-is-trusted-where-it-is-sound
    const isSure =
      watchId === this.#watchId || (watchId === NO_WATCH && this.#options.isProgressSound);
    if (!isSure || header.revision <= this.#received || this.#fragments.length > 0) return;
    this.#received = header.revision;
    this.#options.onItems([{ kind: 'progress', revision: header.revision }]);
  }

  #end(end: WatchEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.cancel();
    this.#options.onEnd(end);
  }
}
