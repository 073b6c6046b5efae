import type { Clock } from '@confer/shared';
import { TOKENS, USED } from '../records.ts';
import { put } from './granting.ts';
import type { PolicyWriter } from './policy-writer.ts';

const DAY_LENGTH = 'yyyy-mm-dd'.length;

/** Notes the day that a token was last used, once a day for each; a failure is no harm. */
export class LastUsed {
  readonly #writer: PolicyWriter;
  readonly #clock: Clock;
  readonly #noting = new Set<string>();

  constructor(writer: PolicyWriter, clock: Clock) {
    this.#writer = writer;
    this.#clock = clock;
  }

  note(id: string): void {
    const day = new Date(this.#clock.now()).toISOString().slice(0, DAY_LENGTH);
    if (this.#writer.policy.lastUsed.get(id) === day || this.#noting.has(id)) return;
    this.#noting.add(id);
    this.#writer
      // Of a token that was removed meanwhile nothing is left behind.
      .write(
        { name: 'confer' },
        [put(`${USED}/${id}`, day)],
        [this.#writer.unchanged(`${TOKENS}/${id}`)],
      )
      .catch(() => {})
      .finally(() => this.#noting.delete(id));
  }
}
