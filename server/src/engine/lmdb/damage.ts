/** Something on the disk is not as it was written. It is not served, and nothing is built on it. */
export class DamageError extends Error {
  override readonly name = 'DamageError';

  /** `what`: which row of which table, or which file. */
  constructor(what: string) {
    super(`${what} is damaged on the disk; stop the server and run confer verify`);
  }
}
