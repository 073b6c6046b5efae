import type { Clock } from '@confer/shared';
import type { EngineHealth, Health } from '../engine.ts';
import type { StorageFailure } from './storage.ts';

/** It must have worked for so long before it is called well: a disk that fails now and then is not. */
const WELL_AFTER_MS = 3_000;

/** How the storage is, and who is told when that changes: once, however many writes fail. */
export class StorageHealth implements EngineHealth {
  readonly #clock: Clock;
  readonly #uptimeMs: () => number;
  #health: Health = { kind: 'well' };
  /** By `uptimeMs`; `undefined` while nothing has worked since it failed last. */
  #worksSinceMs: number | undefined;
  /** What was wrong with the storage when it was looked at last. */
  #followed: string | undefined;
  #writingSinceMs: number | undefined;
  #observer: ((health: Health) => void) | undefined;

  constructor(clock: Clock, uptimeMs: () => number) {
    this.#clock = clock;
    this.#uptimeMs = uptimeMs;
  }

  get current(): Health {
    return this.#health;
  }

  get writingSinceMs(): number | undefined {
    return this.#writingSinceMs;
  }

  /** A transaction begins; those that wait for it are not under way. */
  began(): void {
    this.#writingSinceMs = this.#uptimeMs();
  }

  /** It came to its end, well or not. */
  ended(): void {
    this.#writingSinceMs = undefined;
  }

  get hasFailed(): boolean {
    return this.#health.kind === 'failed';
  }

  onChange(observer: (health: Health) => void): void {
    this.#observer = observer;
    if (this.#health.kind !== 'well') observer(this.#health);
  }

  /** It goes on with less. The first reason is told, until all is well again. */
  degrade(reason: string): void {
    this.#worksSinceMs = undefined;
    if (this.#health.kind !== 'well') return;
    this.#become({ kind: 'degraded', since: this.#clock.now(), reason });
  }

  /** It is over before another start. */
  fail(reason: string): void {
    if (this.hasFailed) return;
    this.#become({ kind: 'failed', since: this.#clock.now(), reason });
  }

  /** What is wrong with the storage by itself. That it is over counts, whether anybody writes or not. */
  follow(failure: StorageFailure | undefined): void {
    const health = this.#health;
    if (failure?.isFinal === true) this.fail(failure.reason);
    else if (failure !== undefined) this.degrade(failure.reason);
    else if (health.kind === 'degraded' && health.reason === this.#followed) this.worked();
    this.#followed = failure?.reason;
  }

  /** Something was written, and nothing else is wrong. */
  worked(): void {
    if (this.#health.kind === 'degraded') this.#worksSinceMs ??= this.#uptimeMs();
  }

  /** To be called now and then. */
  tend(): void {
    if (this.#health.kind !== 'degraded' || this.#worksSinceMs === undefined) return;
    if (this.#uptimeMs() - this.#worksSinceMs >= WELL_AFTER_MS) this.#become({ kind: 'well' });
  }

  #become(health: Health): void {
    this.#health = health;
    this.#observer?.(health);
  }
}
