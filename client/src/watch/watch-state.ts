import type {
  Compacted,
  Entry,
  NetChange,
  Position,
  WatchMessage,
  WatchMode,
  WireCommit,
} from '@confer/shared';
import type { ConferError } from '../errors.ts';
import type { Batch, PendingPages } from './pending-pages.ts';

/**
 * The states of one watch; its position is the resume token (bookmark).
 *
 *              watching (state, from nothing)            synced
 *   starting ───────────────────────────────▶ snapshotting ──▶ live ◀─┐ commits, heartbeat,
 *     ▲  │  └─ watching (state, continued) ─▶ catching-up ───────▶ │ └─┘ synced
 *     │  └──── watching (events) ────────────────────────────────▶ │
 *     │                            snapshotting ◀──── resync ───────┤
 *     │                            catching-up ◀──── difference ────┤
 *     │                                                             ├── compacted (events), revoked ──▶ ended
 *     └── disconnected, or what does not fit (effect `rewatch`) ────┘
 *
 * An event watch that cannot be continued is catching-up until its `compacted` comes.
 *
 * `position` is what has been applied and nothing else (PROTOCOL.md, 5.1). It outlives connections,
 * and on its timeline nothing older than it is ever applied (W9).
 */
export type WatchState = Starting | Snapshotting | CatchingUp | Live | Ended;

export interface Starting {
  readonly kind: 'starting';
  readonly mode: WatchMode;
  readonly position: Position | undefined;
  /** Ask for everything: what was applied cannot be trusted to be continued. */
  readonly isFresh: boolean;
}

export interface Snapshotting {
  readonly kind: 'snapshotting';
  readonly mode: 'state';
  readonly position: Position | undefined;
  readonly isFresh: boolean;
  readonly epoch: string;
  /** Of the pages; `undefined` before the first one. */
  readonly revision: number | undefined;
  readonly pages: PendingPages<readonly Entry[]> | undefined;
}

export interface CatchingUp {
  readonly kind: 'catching-up';
  readonly mode: WatchMode;
  readonly position: Position;
  /** Of the server. Where it is another than the position's, only `resync` or `compacted` fits. */
  readonly epoch: string;
  readonly difference: PendingDifference | undefined;
  readonly batch: Batch | undefined;
}

export interface Live {
  readonly kind: 'live';
  readonly mode: WatchMode;
  readonly position: Position;
  readonly batch: Batch | undefined;
}

interface Ended {
  readonly kind: 'ended';
  readonly mode: WatchMode;
  readonly position: Position | undefined;
}

interface PendingDifference {
  readonly from: number;
  readonly to: number;
  readonly pages: PendingPages<readonly NetChange[]>;
}

/** What the subtree holds at the server, as its `synced` says: to be compared, not to be believed (W7). */
export interface Checksum {
  readonly entries?: number;
  readonly digest?: string;
}

export type WatchEvent =
  | WatchMessage
  | { readonly type: 'watching'; readonly revision: number; readonly epoch: string }
  | { readonly type: 'heartbeat'; readonly revision: number }
  | { readonly type: 'disconnected' }
  /** The checksum of `synced` did not match. `shown` is what the user sees meanwhile. */
  | { readonly type: 'mismatch'; readonly shown: Position | undefined };

/** What the consumer has to do. `position` is where it is afterwards. */
export type CopyEffect =
  | { readonly type: 'apply'; readonly commits: readonly WireCommit[]; readonly position: Position }
  | {
      readonly type: 'merge';
      readonly pages: readonly (readonly NetChange[])[];
      readonly position: Position;
      readonly checksum: Checksum;
    }
  | {
      readonly type: 'replace';
      readonly pages: readonly (readonly Entry[])[];
      readonly position: Position;
      readonly checksum: Checksum;
    }
  | { readonly type: 'advance'; readonly position: Position; readonly checksum: Checksum };

export type WatchEffect =
  | CopyEffect
  /** Leave the watch and ask for it again, after a while. */
  | { readonly type: 'rewatch'; readonly cause: RewatchCause; readonly reason: string }
  /** Its reader may not read it any more. */
  | { readonly type: 'revoked'; readonly revision: number }
  /** What came after `position` is lost. */
  | {
      readonly type: 'end';
      readonly compacted: Compacted;
      readonly position: Position | undefined;
    };

/** For the record; the reason is for people. */
export type RewatchCause = 'gap' | 'digest' | 'misfit';

export function initialState(mode: WatchMode, after: Position | undefined): WatchState {
  return { kind: 'starting', mode, position: after, isFresh: false };
}

/** Where to ask the server to continue. */
export function resumeFrom(state: WatchState): Position | undefined {
  return 'isFresh' in state && state.isFresh ? undefined : state.position;
}

/** Who consumes a watch: the live copy of a mirror, or the queue of an iterator. */
export interface WatchConsumer {
  /** Something to apply. The state of the watch is already the one after it. */
  receive(effect: CopyEffect): void;
  /** The watch is of another kind now; `reason` says why, for people. */
  moved(state: WatchState, reason: string): void;
  /** It was refused for good, or history does not reach back. The watch has ended. */
  failed(error: ConferError): void;
}

export interface WatchSpec {
  readonly path: string;
  readonly mode: WatchMode;
  readonly prev: boolean;
  readonly after: Position | undefined;
}
