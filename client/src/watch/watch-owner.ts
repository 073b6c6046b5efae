import type { Position, WatchMode } from '@confer/shared';
import type { ConferError } from '../errors.ts';
import type { CopyEffect, WatchState } from './watch-state.ts';

/** What a watch is for: the live copy of a mirror, or the queue of an iterator. */
export interface WatchOwner {
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
