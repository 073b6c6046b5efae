import { createHash, hash } from 'node:crypto';

/** The SHA-256 of bytes, or of text as UTF-8, in hex. It is here so that nothing else of that module comes along. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

/** The same of what comes piece by piece, at any time of what has come so far. */
export class Sha256 {
  readonly #sum = createHash('sha256');

  add(data: string | Uint8Array): void {
    this.#sum.update(data);
  }

  get hex(): string {
    return this.#sum.copy().digest('hex');
  }
}
