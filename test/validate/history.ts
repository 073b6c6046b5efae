import type { Change, Commit, Entry, Position } from '@confer/shared';
import type { Model } from '../model/model.ts';

/**
 * What one reader saw, in the order in which it saw it, and in which history: by their position alone two
 * cannot be told apart that go on from the same copy under the same epoch.
 */
export type Observation =
  /** A mirror reported a change and showed `entries` at that moment. */
  | {
      readonly kind: 'change';
      readonly origin: 'live' | 'resync';
      readonly history: string;
      readonly revision: number;
      readonly changes: readonly Change[];
      readonly entries: readonly Entry[];
    }
  /** A mirror was read at some moment. */
  | {
      readonly kind: 'read';
      readonly history: string;
      readonly revision: number;
      readonly entries: readonly Entry[];
    }
  /** An event watch handed out a commit. */
  | { readonly kind: 'commit'; readonly history: string; readonly commit: Commit }
  /** An event watch has been promised everything after this. */
  | { readonly kind: 'started'; readonly history: string; readonly revision: number }
  /** An event watch was told that it missed something. */
  | { readonly kind: 'told' };

/** One mirror or event watch, for as long as its process lived. */
export interface Reader {
  readonly name: string;
  readonly subtree: string;
  readonly observations: readonly Observation[];
}

/** The truth of each history, by its name. */
export type Truth = ReadonlyMap<string, Model>;

/** A broken guarantee, with its number. */
export interface Violation {
  readonly rule: string;
  readonly reader: string;
  readonly problem: string;
}

export type Validator = (reader: Reader, truth: Truth) => Iterable<Omit<Violation, 'reader'>>;

/** Who knows which histories there were. */
export interface Histories {
  readonly truth: Truth;
  /** What the server has now; `undefined` where it has yet to begin. */
  readonly history: string | undefined;
  /** The history that a position, or a `welcome`, is of; a name that `truth` lacks where there was none. */
  historyOf(position: Pick<Position, 'epoch' | 'timeline'>): string;
}

/** A place in a history. */
export interface Place {
  readonly history: string;
  readonly revision: number;
}

export function modelOf(truth: Truth, history: string): Model {
  const model = truth.get(history);
  if (model === undefined) throw new Error(`nobody knows the history ${history}`);
  return model;
}

/** Whether everything up to a place is the beginning of a history, its own or one that left it later. */
export function isBeginningOf(truth: Truth, place: Place, history: string): boolean {
  if (place.history === history) return true;
  const fork = truth.get(history)?.fork;
  if (fork === undefined || place.revision > fork.revision) return false;
  return isBeginningOf(truth, place, fork.history);
}

/** Whether everything up to a place is part of what the server has now. */
export function isCurrent({ truth, history }: Histories, place: Place): boolean {
  return history !== undefined && isBeginningOf(truth, place, history);
}

/** The oldest history that has the revision in common with `history`. */
export function originOf(truth: Truth, { history, revision }: Place): string {
  const { fork } = modelOf(truth, history);
  if (fork === undefined || revision > fork.revision) return history;
  return originOf(truth, { history: fork.history, revision });
}
