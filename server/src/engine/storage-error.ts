/** Why a directory cannot be opened. */
export type StorageProblem =
  /** Another process, or another engine of this one, has it open. */
  | 'locked'
  /** It is no directory, or this process may not write into it. */
  | 'unwritable'
  /** A newer Confer wrote it. It was left untouched. */
  | 'newer_format'
  /** What is in it is damaged or not Confer's. It was left untouched. */
  | 'unreadable';

/** A failure to open storage. The message is one line that says what to do about it. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly kind: StorageProblem;

  constructor(kind: StorageProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
