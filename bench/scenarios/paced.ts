import type { Writer } from '../load/driver.ts';
import { Histogram } from '../measure/histogram.ts';
import type { Target } from './scenario.ts';

/** So many may be unacknowledged; the writes go round them. */
const ADDRESSES = 100;
/** How late a timer may be. */
const TIMER_MS = 2;

export interface PacedLoad {
  readonly subtree: string;
  readonly valueBytes: number;
  readonly perSecond: number;
}

/**
 * One connection that writes at a fixed pace, whether or not the last write is done: a server that
 * falls behind is not spared. Times count from when a write was due, all by the clock of this process.
 */
export class Paced {
  writes = 0;
  sentToAck = new Histogram();
  sentToCallback = new Histogram();
  ackToCallback = new Histogram();
  readonly ready: Promise<void>;
  readonly #writer: Writer;
  readonly #everyMs: number;
  readonly #dueAt: number[] = [0];
  readonly #ackedAt: number[] = [0];

  constructor({ driver, port }: Target, { subtree, valueBytes, perSecond }: PacedLoad) {
    this.#everyMs = 1_000 / perSecond;
    this.#writer = driver.publisher({
      port,
      addresses: Array.from({ length: ADDRESSES }, (_, i) => ({ subtree, key: `k${i}` })),
      valueBytes,
      onAck: () => {
        const sequence = this.#ackedAt.length;
        const now = performance.now();
        this.#ackedAt.push(now);
        this.sentToAck.add(now - (this.#dueAt[sequence] ?? 0));
      },
    });
    this.ready = this.#writer.ready;
  }

  /** Writes for that long, and until all is acknowledged. */
  async during(ms: number): Promise<void> {
    const startedAt = performance.now();
    for (let dueAt = startedAt; dueAt < startedAt + ms; dueAt += this.#everyMs) {
      await untilTime(dueAt);
      this.writes += 1;
      this.#dueAt.push(dueAt);
      this.#writer.put(this.writes % ADDRESSES, this.writes);
      this.#writer.flush();
    }
    while (this.#ackedAt.length <= this.writes) await timeout(1);
  }

  /** One subscriber has been called with that write. It may be, before the writer has its answer. */
  delivered(sequence: number): void {
    const now = performance.now();
    this.sentToCallback.add(now - (this.#dueAt[sequence] ?? 0));
    this.ackToCallback.add(Math.max(0, now - (this.#ackedAt[sequence] ?? now)));
  }

  /** Leaves out what was measured so far. */
  forget(): void {
    this.sentToAck = new Histogram();
    this.sentToCallback = new Histogram();
    this.ackToCallback = new Histogram();
  }

  close(): void {
    this.#writer.close();
  }
}

/** Sleeps for most of it and then looks once a turn of the event loop, because timers are too coarse. */
async function untilTime(at: number): Promise<void> {
  const sleepMs = at - performance.now() - TIMER_MS;
  if (sleepMs > 0) await timeout(sleepMs);
  while (performance.now() < at) await new Promise((next) => setImmediate(next));
}

function timeout(ms: number): Promise<void> {
  return new Promise((next) => setTimeout(next, ms));
}
