import type { CommitOutcome, CommitRequest } from './engine.ts';

/** A write that was asked for and is not answered. */
export interface Pending {
  readonly request: CommitRequest;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}
