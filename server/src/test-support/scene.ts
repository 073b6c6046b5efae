import type { Operation } from '@confer/shared';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import type { Auditing } from '../api/context.ts';
import { type AuthOptions, Core } from '../core.ts';
import type { Engine } from '../engine/engine.ts';
import type { Measures } from '../measures.ts';
import { type Runtime, systemRuntime } from '../runtime.ts';
import { Kept } from './kept.ts';

/** A core, and what a test does with it. */
export interface Scene {
  readonly core: Core;
  readonly engine: Engine;
  readonly clock: VirtualClock;
  /** What it wrote to its log. */
  readonly said: readonly string[];
  /** The revision of the commit of that number, of all that were made on what is kept; 0: that before the first. */
  revisionOf(number: number): number;
  /** Runs what was deferred, and what that defers, until nothing is left and the engine has done what was asked. */
  settle(): Promise<void>;
  /** One commit, done and delivered. */
  put(path: string, value: string): Promise<number>;
  remove(path: string): Promise<number>;
}

let scenes = 0;

/** A core, with time and deferred work in the hands of the test. */
export async function startCore({
  watchesMax = 1_000,
  wrap = (engine) => engine,
  auth,
  auditing,
  measures,
  kept = new Kept(),
}: {
  /** The engine that the core has, where it is not the one that the test writes to. */
  wrap?: (engine: Engine) => Engine;
  kept?: Kept;
  watchesMax?: number;
  /** Everybody is asked who they are. */
  auth?: AuthOptions;
  /** Who did what is written down. */
  auditing?: Auditing;
  measures?: Measures;
} = {}): Promise<Scene> {
  const clock = new VirtualClock({ isZeroSoon: true });
  scenes += 1;
  const said: string[] = [];
  let ids = 0;
  const newId = () => `id-${scenes}-${++ids}`;
  let deferred: (() => void)[] = [];
  const runtime: Runtime = {
    clock,
    uptimeMs: () => clock.elapsedMs,
    random: () => 0.5,
    newId,
    newSecret: systemRuntime.newSecret,
    defer: (run) => void deferred.push(run),
  };
  const { engine, isSettled } = await kept.open({ clock, newId });
  const core = new Core({
    engine: wrap(engine),
    runtime,
    log: (level, message, fields) =>
      void said.push(`${level} ${message} ${JSON.stringify(fields)}`),
    watchesMax,
    ...(auth === undefined ? {} : { auth }),
    ...(auditing === undefined ? {} : { auditing }),
    ...(measures === undefined ? {} : { measures }),
  });
  const settle = async () => {
    do {
      const due = deferred;
      deferred = [];
      for (const run of due) run();
      await new Promise((resolve) => setImmediate(resolve));
    } while (deferred.length > 0 || !isSettled());
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
  const revisionOf = (number: number) => kept.revisionOf(number);
  return { core, engine, clock, said, revisionOf, settle, put, remove };
}
