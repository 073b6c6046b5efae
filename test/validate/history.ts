import type { Change, Commit, Entry } from '@confer/shared';
import type { Model } from '../model/model.ts';

/** What one reader saw, in the order in which it saw it. */
export type Observation =
  /** A mirror reported a change and showed `entries` at that moment. */
  | {
      readonly kind: 'change';
      readonly origin: 'live' | 'resync';
      readonly epoch: string;
      readonly revision: number;
      readonly changes: readonly Change[];
      readonly entries: readonly Entry[];
    }
  /** A mirror was read at some moment. */
  | {
      readonly kind: 'read';
      readonly epoch: string;
      readonly revision: number;
      readonly entries: readonly Entry[];
    }
  /** An event watch handed out a commit. */
  | { readonly kind: 'commit'; readonly epoch: string; readonly commit: Commit }
  /** An event watch has been promised everything after this. */
  | { readonly kind: 'started'; readonly epoch: string; readonly revision: number }
  /** An event watch was told that it missed something. */
  | { readonly kind: 'told' };

/** One mirror or event watch, for as long as its process lived. */
export interface Reader {
  readonly name: string;
  readonly subtree: string;
  readonly observations: readonly Observation[];
}

/** The truth of each epoch. */
export type Truth = ReadonlyMap<string, Model>;

/** A broken guarantee, with its number. */
export interface Violation {
  readonly rule: string;
  readonly reader: string;
  readonly problem: string;
}

export type Validator = (reader: Reader, truth: Truth) => Iterable<Omit<Violation, 'reader'>>;

export function modelOf(truth: Truth, epoch: string): Model {
  const model = truth.get(epoch);
  if (model === undefined) throw new Error(`nobody knows the epoch ${epoch}`);
  return model;
}
