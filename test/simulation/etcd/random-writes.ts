import { type Condition, isWithin } from '@confer/shared';
import type { EngineOperation, EngineReads } from '../../../server/src/engine/engine.ts';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';

const PATHS = ['/a', '/a/x', '/a/x/1', '/a/y', '/ab', '/b', '/b/1', '/b/2', '/c/deep/er', '/d'];
const SUBTREES = ['/', '/a', '/a/x', '/b', '/c', '/many', '/d'];
/** Entries that come and go together, and that many conditions are about. */
const MANY = Array.from({ length: 560 }, (_, i) => `/many/${i}`);
/** More than a transaction takes as conditions. */
const CONDITIONS_MANY = 65;

/** What somebody asks for. */
export interface Wanted {
  readonly operations: readonly EngineOperation[];
  readonly conditions: readonly Condition[];
  readonly otherwise?: readonly EngineOperation[];
}

interface Randomly {
  readonly random: SeededRandom;
  readonly many: number;
  /** Some are transactions. */
  readonly areTxns: boolean;
}

/** Something to write, of every kind there is, mostly small. `text` is in each value. */
export function randomWrite(
  { random, many, areTxns }: Randomly,
  reads: EngineReads,
  text: string,
): Wanted {
  const places = MANY.slice(0, many);
  const write = {
    operations: randomOperations(random, places, text),
    conditions: randomConditions(random, places, reads),
  };
  if (!areTxns || random.chance(0.4)) return write;
  return {
    operations: distinct(write.operations),
    conditions: [...write.conditions, ...randomKinds(random, reads)],
    otherwise: random.chance(0.3) ? [] : distinct(randomOperations(random, places, `${text}!`)),
  };
}

/** Conditions of the kinds that etcd does not judge by itself. */
function randomKinds(random: SeededRandom, reads: EngineReads): Condition[] {
  const path = random.pick(PATHS);
  const held = reads.get(path);
  const kinds: readonly Condition[] = [
    { path, exists: random.chance(0.5) },
    { path, value: held?.value ?? 'x' },
    { path, version: held?.version ?? 0 },
    { path, createRevision: held?.createRevision ?? 0 },
    { path, lease: null },
    { path: random.pick(SUBTREES), unchangedSince: reads.revision },
    { path: random.pick(SUBTREES), unchangedSince: reads.compactedRevision },
  ];
  return random.chance(0.2) ? [] : [random.pick(kinds)];
}

/** Those that touch no path that one before them touches. */
function distinct(operations: readonly EngineOperation[]): EngineOperation[] {
  const kept: EngineOperation[] = [];
  const isApart = (path: string) =>
    kept.every((each) => !isWithin(each.path, path) && !isWithin(path, each.path));
  for (const operation of operations) if (isApart(operation.path)) kept.push(operation);
  return kept;
}

function randomOperations(
  random: SeededRandom,
  places: readonly string[],
  text: string,
): EngineOperation[] {
  const put = (path: string): EngineOperation => ({ type: 'put', path, value: `"${text}"` });
  const kind = random.next();
  if (kind < 0.5) return [put(random.pick(PATHS))];
  if (kind < 0.7) return [{ type: 'delete', path: random.pick(PATHS) }];
  if (kind < 0.8) return [{ type: 'delete', path: random.pick(SUBTREES), recursive: true }];
  if (kind < 0.82) return places.slice(random.pick([0, 20, -30, -3])).map(put);
  const operations: EngineOperation[] = [];
  for (let i = random.int(2, 5); i > 0; i--)
    operations.push(...randomOperations(random, places, text));
  return operations;
}

function randomConditions(
  random: SeededRandom,
  places: readonly string[],
  reads: EngineReads,
): Condition[] {
  const kind = random.next();
  if (kind < 0.55) return [];
  const seen = (path: string) => ({ path, modRevision: reads.get(path)?.modRevision ?? 0 });
  if (kind < 0.75) return [seen(random.pick(PATHS))];
  if (kind < 0.88) return [{ path: random.pick(PATHS), modRevision: 0 }];
  if (kind < 0.95) return [...new Set([random.pick(PATHS), random.pick(PATHS)])].map(seen);
  const from = random.int(0, places.length - CONDITIONS_MANY);
  return places.slice(from, from + CONDITIONS_MANY).map(seen);
}
