import { Sha256 } from '../sha256.ts';
import type { AuditLink } from './events.ts';
import type { AuditLine } from './lines.ts';

/**
 * A way along the lines of an audit, and where it stands. Its sum is of all lines from the last link on, with the ends of
 * lines between them; the next link has to carry it.
 */
export class Chain implements AuditLink {
  seq: number;
  /** The line of the file that the sum begins with, counted from 1. */
  from = 0;
  readonly #begin: string;
  #sum: Sha256 | undefined;

  constructor({ seq, hash }: AuditLink) {
    this.seq = seq;
    this.#begin = hash;
  }

  get hash(): string {
    return this.#sum?.hex ?? this.#begin;
  }

  /** Whether a line is the next one. */
  isContinuedBy({ seq, prev }: AuditLine): boolean {
    // safeguard: sum-is-looked-at
    return seq === this.seq + 1 && (prev === undefined || prev === this.hash);
  }

  /** By its bytes: what decodes to the same text need not be the same. */
  take({ seq, prev }: AuditLine, bytes: Uint8Array, number: number): void {
    this.seq = seq;
    if (prev === undefined && this.#sum !== undefined) this.#sum.add('\n');
    else {
      this.#sum = new Sha256();
      this.from = number;
    }
    this.#sum.add(bytes);
  }
}
