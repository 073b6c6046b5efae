import type { Clock } from '@confer/shared';
import type { Health } from '../engine.ts';

/** How the storage is, and who is told when that changes. */
export class Condition {
  readonly #clock: Clock;
  #health: Health = { kind: 'well' };
  #listener: ((health: Health) => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get health(): Health {
    return this.#health;
  }

  get hasFailed(): boolean {
    return this.#health.kind === 'failed';
  }

  onChange(listener: (health: Health) => void): void {
    this.#listener = listener;
    if (this.#health.kind !== 'well') listener(this.#health);
  }

  /** It goes on with less. The first reason is told, until all is well again. */
  degrade(reason: string): void {
    if (this.#health.kind !== 'well') return;
    this.#become({ kind: 'degraded', since: this.#clock.now(), reason });
  }

  /** It is over before another start. */
  fail(reason: string): void {
    if (this.hasFailed) return;
    this.#become({ kind: 'failed', since: this.#clock.now(), reason });
  }

  recover(): void {
    if (this.#health.kind === 'degraded') this.#become({ kind: 'well' });
  }

  #become(health: Health): void {
    this.#health = health;
    this.#listener?.(health);
  }
}
