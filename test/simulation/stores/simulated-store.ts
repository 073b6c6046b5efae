import type { Clock } from '@confer/shared';
import type { Engine } from '../../../server/src/engine/engine.ts';

export const engineNames = ['memory', 'lmdb', 'etcd'] as const;
export type EngineName = (typeof engineNames)[number];

export interface OpenOptions {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly tombstonesMax: number;
  readonly defer: (run: () => void) => void;
}

/** What is left of a machine's data when its process is killed, and what opens it again. */
export interface SimulatedStore {
  /** Opens it for one process. Whoever had it before is dead. May reject where the disk fails. */
  open(options: OpenOptions): Engine | Promise<Engine>;
  /** The process that has it is dead: nothing of it goes on. */
  kill?(): void;
  /** The newest revision that its engine has shown. */
  readonly revision: number;
  readonly compactedRevision: number;
  /** Whether nothing is being written, so that a copy has neither more nor less than was shown. */
  readonly isQuiet: boolean;
  /** Which request made a commit. */
  requestIdOf(revision: number): string | undefined;
  /** The requests that it would know again, with their revisions. */
  requests(): ReadonlyMap<string, number>;
  /** The same content, to be the beginning of another history under another epoch. */
  copy(): SimulatedStore;
  /** The same, byte for byte: what is put back by hand, and does not know that it was. */
  twin(): SimulatedStore;
}
