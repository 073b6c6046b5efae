import type { Clock, Entry, Position } from '@confer/shared';

/*
 * What a client takes from the machine that it runs on, beside the network.
 */

/** A subtree as it was kept. */
export interface KeptState {
  readonly position: Position;
  /** When that was what the server had, in ms since the Unix epoch. */
  readonly keptAt: number;
  readonly entries: readonly Entry[];
  /** Some entries were left out, so that it is good to be read, and not to go on from. */
  readonly isPartial: boolean;
}

/** What there is to keep: nothing, as long as there is no position. */
export type ToKeep = Omit<KeptState, 'isPartial' | 'position'> & {
  readonly position: Position | undefined;
};

/** Where a client keeps what its mirrors show. */
export interface SnapshotStore {
  /** Called by the one client that uses it. `report` tells its user of what went wrong. */
  open(clock: Clock, report: (error: unknown) => void): OpenSnapshots;
}

export interface OpenSnapshots {
  /** What was kept of a subtree. What is damaged or too old is reported, and not there. */
  load(path: string): KeptState | undefined;
  /** There is something new to keep. `read` has it, whenever the store writes it: soon, and again before it is old. */
  changed(path: string, read: () => ToKeep): void;
  /** Nobody follows it any more: what is new is kept for the last time. */
  left(path: string): void;
  /** Who this is may not read it any more. */
  drop(path: string): void;
  /** Writes what has not been written yet. */
  close(): Promise<void>;
}

/** Values that the operator of a machine has put over those of the server. */
export interface OverrideSource {
  /** Where they are from, for people. */
  readonly at: string;
  /** By path, as entries would hold them. */
  readonly values: ReadonlyMap<string, string>;
  onChange(listener: () => void): () => void;
  close(): void;
}
