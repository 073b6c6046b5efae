import {
  comparePaths,
  isHiddenIn,
  isWithin,
  leasePath,
  limits,
  ProtocolError,
  ROOT,
} from '@confer/shared';
import { type CooperativeSteps, TimeSlice } from '../../cooperative-steps.ts';
import type { EngineOperation, EnginePut, WriteRequest } from '../../engine.ts';
import { NetOperations } from '../../net-operations.ts';
import type { Versions } from '../../replica/versions.ts';
import { walk } from '../../replica/walk.ts';
import type { RequestOp } from '../client/messages.ts';
import type { CommitRecord } from '../keyspace/commit-record.ts';
import { isSidecar, type Keyspace } from '../keyspace/keyspace.ts';
import { etcdLeaseOf } from '../keyspace/lease-ids.ts';

/** What a write comes to, before it is known what is there. */
export interface WritePlan {
  readonly puts: readonly EnginePut[];
  /** Paths that go by themselves. */
  readonly deletes: readonly string[];
  /** Subtrees that go as a whole, but for what is put into them. */
  readonly cleared: readonly string[];
  /** That have to be there, as something is put with each. */
  readonly leases: readonly string[];
}

/** A write, and what was found out about it. */
export interface Writing {
  readonly request: WriteRequest;
  readonly plan: WritePlan;
  readonly record: CommitRecord;
}

/** The state that a gateway shows. */
export interface Shown {
  readonly tree: Versions;
  readonly revision: number;
}

export function* planOf(operations: readonly EngineOperation[]): CooperativeSteps<WritePlan> {
  const pace = new TimeSlice();
  const net = new NetOperations();
  for (const operation of operations.toReversed()) {
    if (isSidecar(operation.path))
      throw new ProtocolError('reserved_path', 'the engine keeps its own there', {
        path: operation.path,
      });
    net.take(operation);
    if (pace.isOver()) yield;
  }
  const puts: EnginePut[] = [];
  const deletes: string[] = [];
  const leases = new Set<string>();
  for (const [path, operation] of net.decided) {
    if (operation.type === 'put') {
      puts.push(operation);
      const { lease } = operation;
      if (lease !== undefined && path !== leasePath(lease)) leases.add(lease);
    }
    if (operation.type === 'delete' && net.goesAlone(path)) deletes.push(path);
    if (pace.isOver()) yield;
  }
  const cleared = net.hasSubtrees ? yield* net.outermost(pace) : [];
  return { puts, deletes, cleared, leases: [...leases] };
}

/** What is there of what a plan removes. */
export interface Removed {
  readonly count: number;
  /** What belongs to the server inside of what is removed, and stays. */
  readonly hidden: readonly string[];
}

/** Looks at what goes. Throws `too_large` when that is more than a commit may change. */
export function* removedBy(plan: WritePlan, { tree, revision }: Shown): CooperativeSteps<Removed> {
  const pace = new TimeSlice();
  const hidden: string[] = [];
  let count = plan.deletes.filter((path) => tree.at(path, revision) !== undefined).length;
  for (const subtree of plan.cleared)
    yield* walk({ tree, subtree, revision }, pace, ({ path }) => {
      if (isHiddenIn(path, subtree)) hidden.push(path);
      else count++;
      if (count + plan.puts.length > limits.changesMax) throw tooManyChanges();
    });
  return { count, hidden };
}

function tooManyChanges(): ProtocolError {
  return new ProtocolError(
    'too_large',
    `the commit changes more than ${limits.changesMax} entries; change or remove them in parts`,
  );
}

/** The operations of a plan in terms of etcd, which takes no key twice: ranges that go end where a put begins. */
export function operationsOf(
  { puts, deletes, cleared }: WritePlan,
  hidden: readonly string[],
  keyspace: Keyspace,
): RequestOp[] {
  const operations: RequestOp[] = puts.map(({ path, value, lease }) => ({
    requestPut: {
      key: keyspace.keyOf(path),
      value: Buffer.from(value),
      ...(lease === undefined ? {} : { lease: etcdLeaseOf(lease) }),
    },
  }));
  for (const path of deletes)
    operations.push({ requestDeleteRange: { key: keyspace.keyOf(path) } });
  const kept = [...puts.map(({ path }) => path), ...hidden].toSorted(comparePaths);
  for (const subtree of cleared) {
    const inside = runOf(kept, subtree);
    if (subtree !== ROOT && inside[0] !== subtree)
      operations.push({ requestDeleteRange: { key: keyspace.keyOf(subtree) } });
    for (const range of rangesBetween(subtree, inside, keyspace))
      operations.push({ requestDeleteRange: range });
  }
  return operations;
}

/** Those of a subtree: one run in the order of the tree. */
function runOf(paths: readonly string[], subtree: string): readonly string[] {
  let from = 0;
  let to = paths.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (comparePaths(paths[middle] ?? subtree, subtree) < 0) from = middle + 1;
    else to = middle;
  }
  while (to < paths.length && isWithin(paths[to] ?? '', subtree)) to++;
  return paths.slice(from, to);
}

interface EtcdRange {
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
}

/** What lies below a subtree's path, without the keys that stay and without what is the engine's own. */
function rangesBetween(subtree: string, kept: readonly string[], keyspace: Keyspace): EtcdRange[] {
  const below = keyspace.below(subtree === ROOT ? '' : subtree);
  const gaps: EtcdRange[] = kept.map((path) => just(keyspace.keyOf(path)));
  if (subtree === ROOT) gaps.push(just(keyspace.keyOf('/.confer')), keyspace.below('/.confer'));
  if (subtree === '/.confer') {
    const { head, epoch, floor, compact, fence } = keyspace;
    for (const key of [head, epoch, floor, compact, fence]) gaps.push(just(key));
    gaps.push(keyspace.below('/.confer/c'));
  }
  gaps.sort((a, b) => Buffer.compare(a.key, b.key));
  const ranges: EtcdRange[] = [];
  let from = below.key;
  for (const gap of gaps) {
    if (Buffer.compare(from, gap.key) < 0 && Buffer.compare(gap.key, below.rangeEnd) < 0)
      ranges.push({ key: from, rangeEnd: gap.key });
    if (Buffer.compare(from, gap.rangeEnd) < 0) from = gap.rangeEnd;
  }
  if (Buffer.compare(from, below.rangeEnd) < 0)
    ranges.push({ key: from, rangeEnd: below.rangeEnd });
  return ranges;
}

/** A key, and nothing beside it. */
function just(key: Buffer): EtcdRange {
  return { key, rangeEnd: Buffer.concat([key, Buffer.of(0)]) };
}

/** What a plan takes in a request, at least. */
export function roughBytesOf({ puts, deletes, cleared }: WritePlan): number {
  let bytes = 0;
  for (const { path, value } of puts) bytes += path.length + value.length;
  for (const path of [...deletes, ...cleared]) bytes += path.length;
  return bytes;
}
