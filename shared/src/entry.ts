/** What one path holds. Immutable: a later write makes a new entry. */
export interface Entry {
  readonly path: string;
  readonly value: string;
  /** The revision that created the path (again, after a delete). */
  readonly createRevision: number;
  /** The revision of the last write. */
  readonly modRevision: number;
  /** Writes since creation; the first is 1. */
  readonly version: number;
  /** Milliseconds since the Unix epoch, by the clock of the server that took the write. */
  readonly updatedAt: number;
  /** Who wrote it. */
  readonly updatedBy: string;
  /** The lease that the entry dies with. */
  readonly lease?: string;
}

/** An entry without its value, where only the metadata were asked for. */
export type EntryMeta = Omit<Entry, 'value'>;

/** Why an entry went: by request, because its lease ran out, or because its lease was revoked. */
export type DeleteCause = 'removed' | 'expired' | 'revoked';

export interface PutChange {
  readonly type: 'put';
  readonly path: string;
  readonly entry: Entry;
  /** The entry before; absent when the path was new or when it was not asked for. */
  readonly prev?: Entry;
}

export interface DeleteChange {
  readonly type: 'delete';
  readonly path: string;
  readonly cause: DeleteCause;
  /** The entry that went; absent when it was not asked for. */
  readonly prev?: Entry;
}

/** One change to one path. */
export type Change = PutChange | DeleteChange;

/** All changes of one revision; it is applied as a whole or not at all (W4, S3). */
export interface Commit {
  readonly revision: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly actor: string;
  readonly note?: string;
  /** In the order of the tree, at most one a path. */
  readonly changes: readonly Change[];
}
