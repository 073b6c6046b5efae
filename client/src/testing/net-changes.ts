import {
  type Change,
  comparePaths,
  type DeleteCause,
  type Entry,
  isShownIn,
  limits,
  type Operation,
  ProtocolError,
} from '@confer/shared';

type Put = Extract<Operation, { type: 'put' }>;

/** What a path holds; a state never changes while it is looked at. */
export type Entries = ReadonlyMap<string, Entry>;

/** What a commit is called, and who makes it. */
export interface Naming {
  readonly revision: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly actor: string;
  /** Why what goes goes. */
  readonly cause: DeleteCause;
}

/** What operations, in their order, come to: at most one change a path, in the order of the tree, with what was before. */
export function netChanges(
  operations: readonly Operation[],
  entries: Entries,
  naming: Naming,
): Change[] {
  const changes = [...afterAll(operations, entries)].flatMap(([path, put]) =>
    changeOf(path, put, entries.get(path), naming),
  );
  if (changes.length > limits.changesMax)
    throw new ProtocolError('too_large', `a commit has at most ${limits.changesMax} changes`);
  return changes.sort((a, b) => comparePaths(a.path, b.path));
}

/** The last put of each path that is written, and `undefined` for each that is removed. */
function afterAll(
  operations: readonly Operation[],
  entries: Entries,
): ReadonlyMap<string, Put | undefined> {
  const after = new Map<string, Put | undefined>();
  for (const operation of operations) {
    const { path } = operation;
    if (operation.type === 'put') after.set(path, operation);
    else if (operation.recursive !== true) after.set(path, undefined);
    else
      for (const held of [...entries.keys(), ...after.keys()])
        if (isShownIn(held, path)) after.set(held, undefined);
  }
  return after;
}

function changeOf(
  path: string,
  put: Put | undefined,
  before: Entry | undefined,
  { revision, time, actor, cause }: Naming,
): Change[] {
  const prev = before && { prev: before };
  if (put === undefined)
    return before === undefined ? [] : [{ type: 'delete', path, cause, ...prev }];
  const entry: Entry = {
    path,
    value: put.value,
    createRevision: before?.createRevision ?? revision,
    modRevision: revision,
    version: (before?.version ?? 0) + 1,
    updatedAt: time,
    updatedBy: actor,
    ...(put.lease !== undefined && { lease: put.lease }),
  };
  return [{ type: 'put', path, entry, ...prev }];
}
