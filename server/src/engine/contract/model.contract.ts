import { type Condition, comparePaths, isWithin, type Operation } from '@confer/shared';
import { expect, it } from 'vitest';
import { SeededRandom } from '../../../../shared/src/test-support/seeded-random.ts';
import type { ScanQuery } from '../engine.ts';
import { failureOf, type Scene } from './scene.contract.ts';

/** Path to value and modRevision. */
type State = ReadonlyMap<string, readonly [string, number]>;

const PATHS = ['/a', '/a/b', '/a/b/c', '/a/c', '/a-b', '/a.b/c', '/ab', '/é/\u{1f600}', '/é/x'];
const SUBTREES = ['/', '/a', '/a/b', '/é', '/none'];
const SEEDS = [1, 2, 3];
const STEPS = 250;

/** The engine against plain Maps: one for each revision that can still be read. */
export function describeModel(scene: () => Scene): void {
  it.each(SEEDS)('does what a model with a Map for each revision does, seed %i', async (seed) => {
    const random = new SeededRandom(seed).next;
    const walk = new Walk(scene(), random);
    for (let step = 0; step < STEPS; step++) {
      const dice = random();
      if (dice < 0.5) await walk.commit();
      else if (dice < 0.7) await walk.txn();
      else if (dice < 0.95) walk.look();
      else await walk.compact();
    }
    walk.look();
    expect(walk.commits).toBeGreaterThan(STEPS / 4);
    expect(walk.conflicts).toBeGreaterThan(0);
    expect(walk.branches.size).toBe(2);
  });
}

class Walk {
  readonly #scene: Scene;
  readonly #random: () => number;
  #states: (readonly [number, State])[];
  /** Every delete that ever was. */
  readonly #deletes: (readonly [string, number])[] = [];
  commits = 0;
  conflicts = 0;
  /** Which of the two were done. */
  readonly branches = new Set<boolean>();

  constructor(scene: Scene, random: () => number) {
    this.#scene = scene;
    this.#states = [[scene.start, new Map()]];
    this.#random = random;
  }

  async commit(): Promise<void> {
    const state = this.#states.at(-1)?.[1] ?? new Map();
    const operations = Array.from({ length: 1 + this.#below(4) }, () => this.#operation());
    const path = this.#pick(PATHS);
    const holds = this.#random() < 0.7;
    const modRevision = (state.get(path)?.[1] ?? 0) + (holds ? 0 : 1);
    const conditions = this.#random() < 0.5 ? [] : [{ path, modRevision }];
    const commit = () => this.#scene.commit(operations, { conditions });
    if (conditions.length > 0 && !holds) {
      const { code, details } = await failureOf(commit);
      this.conflicts++;
      expect([code, details.current?.modRevision ?? 0]).toEqual(['conflict', modRevision - 1]);
      return;
    }
    const { revision, puts, deletes } = await commit();
    if (puts + deletes === 0) return;
    this.#keep(state, operations, revision);
  }

  /** One of two branches, whichever its conditions choose by the model. */
  async txn(): Promise<void> {
    const state = this.#states.at(-1)?.[1] ?? new Map();
    const conditions = Array.from({ length: this.#below(3) }, () => this.#condition(state));
    const [operations, otherwise] = [this.#distinct(), this.#distinct()];
    const holds = conditions.every((condition) => this.#holds(condition, state));
    const outcome = await this.#scene.commit(operations, { conditions, otherwise });
    expect(outcome.otherwise, JSON.stringify(conditions)).toBe(holds ? undefined : true);
    this.branches.add(holds);
    if (outcome.puts + outcome.deletes > 0)
      this.#keep(state, holds ? operations : otherwise, outcome.revision);
  }

  #keep(state: State, operations: readonly Operation[], revision: number): void {
    this.commits++;
    const after = applied(state, operations, revision);
    for (const gone of state.keys()) if (!after.has(gone)) this.#deletes.push([gone, revision]);
    this.#states.push([revision, after]);
  }

  #condition(state: State): Condition {
    const path = this.#pick(PATHS);
    const [value = 'none', modRevision = 0] = state.get(path) ?? [];
    const [since] = this.#pick(this.#states);
    return this.#pick<Condition>([
      { path, modRevision },
      { path, exists: this.#random() < 0.5 },
      { path, value },
      { path: this.#pick(SUBTREES), unchangedSince: since },
      { path: this.#pick(SUBTREES), unchangedSince: this.#states.at(-1)?.[0] ?? since },
    ]);
  }

  #holds(condition: Condition, state: State): boolean {
    const { path } = condition;
    const held = state.get(path);
    if ('exists' in condition) return (held !== undefined) === condition.exists;
    if ('value' in condition) return held?.[0] === condition.value;
    if ('modRevision' in condition) return (held?.[1] ?? 0) === condition.modRevision;
    if (!('unchangedSince' in condition)) throw new Error('no other kind is tried');
    const { unchangedSince } = condition;
    const isIn = (at: string, revision: number) => revision > unchangedSince && isWithin(at, path);
    const isPut = [...state].some(([at, [, revision]]) => isIn(at, revision));
    return !isPut && !this.#deletes.some(([at, revision]) => isIn(at, revision));
  }

  /** Writes that touch no path twice. */
  #distinct(): Operation[] {
    const all = Array.from({ length: this.#below(4) }, () => this.#operation());
    const isApart = ({ path }: Operation, i: number) =>
      all.slice(0, i).every((each) => !isWithin(each.path, path) && !isWithin(path, each.path));
    return all.filter(isApart);
  }

  async compact(): Promise<void> {
    const [revision] = this.#pick(this.#states);
    await this.#scene.engine.maintenance.compact(revision);
    this.#states = this.#states.filter(([known]) => known >= revision);
  }

  look(): void {
    const { engine } = this.#scene;
    const [, newest] = this.#states.at(-1) ?? [0, new Map()];
    expect(engine.reads.entryCount).toBe(newest.size);
    for (const path of PATHS)
      expect(engine.reads.get(path)?.modRevision).toBe(newest.get(path)?.[1]);
    const [at, state] = this.#pick(this.#states);
    const query = { subtree: this.#pick(SUBTREES), at, ...this.#start() };
    const seen = [...engine.reads.scan(query)].map((e) => [e.path, [e.value, e.modRevision]]);
    expect(seen, JSON.stringify(query)).toEqual(expected(state, query));
    this.#lookAtDeletes(at, state);
    this.#replay(at, state, newest);
    this.#lookBack(at);
  }

  /** From a revision back, of one path and of a subtree: what the Maps before it say. */
  #lookBack(at: number): void {
    const path = this.#pick(PATHS);
    const subtree = this.#pick(SUBTREES);
    const known = this.#states.filter(([revision]) => revision <= at).reverse();
    const changes = known.flatMap(([revision, after], i) => {
      const before = known[i + 1]?.[1];
      return before === undefined ? [] : changesBetween(before, after, revision);
    });
    const { reads } = this.#scene.engine;
    const outlines = [...reads.outlines({ subtree, at })].flatMap((outline) =>
      [...outline.changes()].map((change) => {
        const { type } = change;
        return { revision: outline.revision, path: change.path, type };
      }),
    );
    expect(outlines).toEqual(changes.filter((change) => isWithin(change.path, subtree)));
    const [oldest, begin] = known.at(-1) ?? [0, new Map()];
    const first = begin.get(path);
    const versions = [...reads.versions({ path, at })]
      .filter((version) => version.revision > oldest || 'entry' in version)
      .map((version) => [version.revision, 'entry' in version ? version.entry.value : undefined]);
    expect(versions).toEqual([
      ...changes
        .filter((change) => change.path === path)
        .map(({ revision }) => {
          const state = known.find(([each]) => each === revision)?.[1];
          return [revision, state?.get(path)?.[0]];
        }),
      ...(first === undefined ? [] : [[first[1], first[0]]]),
    ]);
  }

  /** Of what is not there at a revision, the last delete up to it is known. */
  #lookAtDeletes(at: number, state: State): void {
    const subtree = this.#pick(SUBTREES);
    const last = new Map(this.#deletes.filter(([, revision]) => revision <= at));
    const gone = [...last]
      .filter(([path]) => isWithin(path, subtree) && !state.has(path))
      .sort(([a], [b]) => comparePaths(a, b))
      .map(([path, revision]) => `${path}@${revision}`);
    expect(this.#scene.deleted(subtree, at)).toEqual(gone);
  }

  /** History leads from any state to the newest one, and each `before` is what was there. */
  #replay(from: number, state: State, newest: State): void {
    const replayed = new Map(state);
    for (const { revision, changes } of this.#scene.engine.reads.history(from))
      for (const change of changes) {
        expect(change.before?.entry().modRevision).toBe(replayed.get(change.path)?.[1]);
        if (change.type === 'delete') replayed.delete(change.path);
        else replayed.set(change.path, [change.entry.value, revision]);
      }
    expect(replayed).toEqual(newest);
  }

  #operation(): Operation {
    const path = this.#pick(PATHS);
    if (this.#random() < 0.6) return { type: 'put', path, value: String(this.#below(1000)) };
    if (this.#random() < 0.5) return { type: 'delete', path };
    return { type: 'delete', path: this.#random() < 0.1 ? '/' : path, recursive: true };
  }

  #start(): Pick<ScanQuery, 'start'> {
    const dice = this.#random();
    if (dice < 0.4) return {};
    const path = this.#pick(PATHS);
    return { start: dice < 0.7 ? { after: path } : { afterSubtree: path } };
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#below(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

/** One operation after the other, without any of the engine's shortcuts. */
function applied(before: State, operations: readonly Operation[], revision: number): State {
  const state = new Map(before);
  for (const operation of operations) {
    if (operation.type === 'put') state.set(operation.path, [operation.value, revision]);
    else if (operation.recursive !== true) state.delete(operation.path);
    else
      for (const path of [...state.keys()]) if (isWithin(path, operation.path)) state.delete(path);
  }
  return state;
}

function changesBetween(before: State, after: State, revision: number) {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort(comparePaths);
  return paths.flatMap((path) => {
    const [held, holds] = [before.get(path), after.get(path)];
    if (held?.[1] === holds?.[1]) return [];
    return [{ revision, path, type: holds === undefined ? 'delete' : 'put' }];
  });
}

function expected(state: State, { subtree, start }: ScanQuery): unknown {
  const isBeforeStart = (path: string) => {
    if (start === undefined) return false;
    if ('after' in start) return comparePaths(path, start.after) <= 0;
    return comparePaths(path, start.afterSubtree) < 0 || isWithin(path, start.afterSubtree);
  };
  return [...state]
    .filter(([path]) => isWithin(path, subtree) && !isBeforeStart(path))
    .sort(([a], [b]) => comparePaths(a, b));
}
