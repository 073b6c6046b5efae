import type { Timer } from '@confer/shared';
import type { ClientContext } from '../watch/context.ts';
import type { Parts } from './parts.ts';

/** Of a TTL: after a server that restarts has given each lease its time again, there are three tries within it. */
const TRIES_PER_TTL = 3;
const PAUSE_MS_MIN = 1_000;

const hurries = new WeakMap<ClientContext, Hurry>();

/**
 * Has a client come back to its server soon for as long as something depends on a lease: the pauses of a client that
 * only reads grow beyond a TTL, and an entry would go and come again because of them. Who was refused does not hurry.
 * Returns how to end it.
 */
export function hurry(parts: Parts, ttlMs: number): () => void {
  const { context } = parts;
  const one = hurries.get(context) ?? new Hurry(parts);
  hurries.set(context, one);
  return one.add(ttlMs);
}

class Hurry {
  readonly #parts: Parts;
  readonly #ttls = new Map<symbol, number>();
  #off: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  add(ttlMs: number): () => void {
    const key = Symbol('a lease');
    this.#ttls.set(key, ttlMs);
    this.#off ??= this.#parts.client.on('status', () => this.#schedule());
    this.#schedule();
    return () => this.#remove(key);
  }

  #remove(key: symbol): void {
    this.#ttls.delete(key);
    if (this.#ttls.size > 0) return;
    this.#timer?.cancel();
    this.#off?.();
    this.#off = undefined;
  }

  #schedule(): void {
    const { client, context } = this.#parts;
    this.#timer?.cancel();
    const { status } = client;
    if (status.kind !== 'waiting' || status.refused !== undefined) return;
    let ttlMs = Number.POSITIVE_INFINITY;
    for (const one of this.#ttls.values()) ttlMs = Math.min(ttlMs, one);
    const pauseMs = Math.max(PAUSE_MS_MIN, ttlMs / TRIES_PER_TTL) * (0.5 + context.random() / 2);
    if (context.clock.now() + pauseMs >= status.retryAt) return;
    this.#timer = context.clock.setTimer(pauseMs, () => {
      if (client.status.kind === 'waiting') client.checkNow();
    });
  }
}
