import { createHash } from 'node:crypto';

/** The SHA-256 of what comes piece by piece. It is here so that nothing else of that module comes along. */
export class Sha256 {
  readonly #sum = createHash('sha256');

  add(bytes: Uint8Array): void {
    this.#sum.update(bytes);
  }

  /** Once, at its end. */
  hex(): string {
    return this.#sum.digest('hex');
  }
}
