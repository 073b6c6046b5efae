import { ProtocolError } from '@confer/shared';

/** Something on the disk is not as it was written. It is not served, and nothing is built on it. */
export class DamageError extends ProtocolError {
  /** `what`: which row of which table, or which file. */
  constructor(what: string) {
    super('damaged', `${what} is damaged on the disk; stop the server and run confer verify`);
  }
}
