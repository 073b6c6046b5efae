import type { Clock, Operation } from '@confer/shared';
import { Core } from '../core.ts';
import type { Engine } from '../engine/engine.ts';
import type { MemoryDisk } from '../engine/memory/disk.ts';
import { openMemoryEngine } from '../engine/memory/memory.ts';
import type { Runtime } from '../runtime.ts';

/** Time that stands still until a test moves it. What waits for no time at all is soon done. */
export class ManualClock implements Clock {
  /** What passes at each look at it, as if all that is done took so long. */
  tickMs = 0;
  /** Of this clock: what it shows may be set, but timers run on as if nothing were. */
  #elapsedMs = 0;
  #startedAt = 1_700_000_000_000;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  now(): number {
    this.#elapsedMs += this.tickMs;
    return this.#startedAt + this.#elapsedMs;
  }

  /** Somebody sets the clock of the machine, forward or back. */
  step(stepMs: number): void {
    this.#startedAt += stepMs;
  }

  setTimer(delayMs: number, run: () => void) {
    if (delayMs === 0) {
      const immediate = setImmediate(run);
      return { cancel: () => clearImmediate(immediate) };
    }
    const timer = { at: this.#elapsedMs + delayMs, run };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  advance(durationMs: number): void {
    const end = this.#elapsedMs + durationMs;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#elapsedMs = Math.max(this.#elapsedMs, due.at);
      due.run();
    }
    this.#elapsedMs = end;
  }
}

export interface Harness {
  readonly core: Core;
  readonly engine: Engine;
  readonly clock: ManualClock;
  /** Runs what was deferred, and what that defers, until nothing is left. */
  settle(): Promise<void>;
  /** One commit, done and delivered. */
  put(path: string, value: string): Promise<number>;
  remove(path: string): Promise<number>;
}

let harnesses = 0;

/** A core on a memory engine, with time and deferred work in the hands of the test. */
export function startCore({
  watchesMax = 1_000,
  wrap = (engine) => engine,
  ...options
}: {
  /** The engine that the core has, where it is not the one that the test writes to. */
  wrap?: (engine: Engine) => Engine;
  disk?: MemoryDisk;
  tombstonesMax?: number;
  watchesMax?: number;
} = {}): Harness {
  const clock = new ManualClock();
  harnesses += 1;
  let ids = 0;
  const newId = () => `id-${harnesses}-${++ids}`;
  let deferred: (() => void)[] = [];
  const runtime: Runtime = {
    clock,
    random: () => 0.5,
    newId,
    defer: (run) => void deferred.push(run),
  };
  const engine = openMemoryEngine({ clock, newId, ...options });
  const core = new Core({ engine: wrap(engine), runtime, log: () => {}, watchesMax });
  const settle = async () => {
    do {
      const due = deferred;
      deferred = [];
      for (const run of due) run();
      await new Promise((resolve) => setImmediate(resolve));
    } while (deferred.length > 0);
  };
  const commit = async (operation: Operation) => {
    const operations = [operation];
    const write = { operations, conditions: [], actor: 'test', requestId: newId() };
    const { revision } = await engine.writes.commit(write);
    await settle();
    return revision;
  };
  const put = (path: string, value: string) => commit({ type: 'put', path, value });
  const remove = (path: string) => commit({ type: 'delete', path, recursive: true });
  return { core, engine, clock, settle, put, remove };
}
