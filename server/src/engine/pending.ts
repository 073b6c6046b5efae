import type { CommitOutcome, WriteRequest } from './engine.ts';

/** A write that was asked for and is not answered. */
export interface Pending {
  readonly request: WriteRequest;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}
