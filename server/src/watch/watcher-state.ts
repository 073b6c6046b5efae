import { Digest, unreachable, type WatchMode } from '@confer/shared';
import type { SharedFrames } from './shared-frames.ts';
import type { Standing } from './watch-tally.ts';

/** What led a watch to a `synced`. */
export type SyncedBy = 'nothing' | 'commits' | 'difference' | 'snapshot' | 'verify';

/** Why a position cannot be continued. */
export type ResetReason = 'compacted' | 'epoch';

/**
 * Every watcher starts behind and works its way up; a live one that cannot be sent a batch falls
 * behind again. Catching up and live share the one path of the connection, so nothing overtakes.
 *
 *   reset ──► snapshot ──► lagging ──► live
 *     ▲                     │ ▲ ▲ ▲     │
 *     │                     │ │ │ └──◄──┘ connection takes no more, or a batch too large for all
 *     │                     ▼ │ │
 *     │ (deletes unknown)  paging │
 *     └────────────────── difference (history does not reach back)
 */
export type WatcherState =
  /** The position asked for cannot be continued; the client is told so first. */
  | { readonly kind: 'reset'; readonly reason: ResetReason }
  | {
      readonly kind: 'snapshot';
      readonly revision: number;
      /** The last path sent. */
      after: string | undefined;
      entries: number;
      readonly digest: Digest;
    }
  /**
   * The client has everything up to `position`. `from` is what a batch may start with: at or below
   * the client's own position, with nothing of the subtree between it and `position`.
   */
  | {
      readonly kind: 'lagging';
      readonly position: number;
      readonly from: number;
      /** A state watch that has not had a `synced` on this connection is owed one. */
      readonly isResuming: boolean;
    }
  /** Frames of a batch or a difference are on their way; together they lead to `to`. */
  | {
      readonly kind: 'paging';
      readonly frames: SharedFrames;
      /** The place of the next one. */
      next: number;
      readonly position: number;
      readonly to: number;
      /** What the `synced` after them says. */
      readonly endsInSynced: SyncedBy | undefined;
      /** The client has not had a `synced` on this connection. */
      readonly isResuming: boolean;
    }
  /**
   * History does not reach back to `position`, but the deletes since are known: what is newer in the
   * subtree leads to `to`.
   */
  | {
      readonly kind: 'difference';
      readonly position: number;
      readonly from: number;
      readonly to: number;
      /** The last path looked at. */
      after: string | undefined;
      entries: number;
      readonly digest: Digest;
      readonly isResuming: boolean;
    }
  | { readonly kind: 'live' }
  | { readonly kind: 'ended' };

/** Where a watch begins. */
export type Start =
  | { readonly kind: 'reset'; readonly reason: ResetReason }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'after'; readonly revision: number };

/** What a watch begins with. `revision`: what the live have. */
export function beginning(start: Start, mode: WatchMode, revision: number): WatcherState {
  switch (start.kind) {
    case 'reset':
      return start;
    case 'snapshot':
      return newSnapshot(revision);
    case 'after': {
      const isResuming = mode === 'state';
      if (!isResuming && start.revision === revision) return { kind: 'live' };
      return { kind: 'lagging', position: start.revision, from: start.revision, isResuming };
    }
    default:
      return unreachable(start);
  }
}

export function newSnapshot(revision: number): WatcherState {
  return { kind: 'snapshot', revision, after: undefined, entries: 0, digest: new Digest() };
}

/** As an operator sees it; `undefined` once it has ended. */
export function standingOf(state: WatcherState): Standing | undefined {
  switch (state.kind) {
    case 'live':
      return 'live';
    case 'reset':
    case 'snapshot':
      return 'syncing';
    case 'lagging':
    case 'paging':
    case 'difference':
      return state.isResuming ? 'syncing' : 'lagging';
    case 'ended':
      return undefined;
    default:
      return unreachable(state);
  }
}

/**
 * The revision up to which the client has everything, as far as a heartbeat may say so; `undefined` while it waits for a
 * `synced`, which tells its position then, and once it has ended. `revision`: up to which the live have everything.
 */
export function completeToOf(
  state: WatcherState,
  mode: WatchMode,
  revision: number,
): number | undefined {
  switch (state.kind) {
    case 'live':
      return revision;
    case 'lagging':
    case 'paging':
    case 'difference':
      return state.isResuming ? undefined : state.position;
    case 'reset':
      // safeguard: event-watch-is-told-before-a-heartbeat-moves-it
      // No heartbeat moves an event watch past what it is about to be told that it missed.
      return mode === 'events' ? 0 : undefined;
    case 'snapshot':
    case 'ended':
      return undefined;
    default:
      return unreachable(state);
  }
}
