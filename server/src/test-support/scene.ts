import type { Operation } from '@confer/shared';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { type AuthOptions, Core } from '../core.ts';
import type { Engine } from '../engine/engine.ts';
import type { MemoryDisk } from '../engine/memory/disk.ts';
import { openMemoryEngine } from '../engine/memory/memory.ts';
import { type Runtime, systemRuntime } from '../runtime.ts';

/** A core, and what a test does with it. */
export interface Scene {
  readonly core: Core;
  readonly engine: Engine;
  readonly clock: VirtualClock;
  /** What it wrote to its log. */
  readonly said: readonly string[];
  /** Runs what was deferred, and what that defers, until nothing is left. */
  settle(): Promise<void>;
  /** One commit, done and delivered. */
  put(path: string, value: string): Promise<number>;
  remove(path: string): Promise<number>;
}

let scenes = 0;

/** A core on a memory engine, with time and deferred work in the hands of the test. */
export function startCore({
  watchesMax = 1_000,
  wrap = (engine) => engine,
  auth,
  ...options
}: {
  /** The engine that the core has, where it is not the one that the test writes to. */
  wrap?: (engine: Engine) => Engine;
  disk?: MemoryDisk;
  tombstonesMax?: number;
  watchesMax?: number;
  /** Everybody is asked who they are. */
  auth?: AuthOptions;
} = {}): Scene {
  const clock = new VirtualClock({ isZeroSoon: true });
  scenes += 1;
  const said: string[] = [];
  let ids = 0;
  const newId = () => `id-${scenes}-${++ids}`;
  let deferred: (() => void)[] = [];
  const runtime: Runtime = {
    clock,
    random: () => 0.5,
    newId,
    newSecret: systemRuntime.newSecret,
    defer: (run) => void deferred.push(run),
  };
  const engine = openMemoryEngine({ clock, newId, ...options });
  const core = new Core({
    engine: wrap(engine),
    runtime,
    log: (level, message, fields) =>
      void said.push(`${level} ${message} ${JSON.stringify(fields)}`),
    watchesMax,
    ...(auth === undefined ? {} : { auth }),
  });
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
  return { core, engine, clock, said, settle, put, remove };
}
