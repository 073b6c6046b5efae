import { type Condition, isHiddenIn, isWithin } from '@confer/shared';
import type { WriteRequest } from '../../../../server/src/engine/engine.ts';
import type { TrueChange, TrueEntry } from './truth.ts';

/** What was there before a commit. */
export interface Before {
  at(path: string): TrueEntry | undefined;
  paths(): Iterable<string>;
  /** Whether something of a subtree was changed after a revision; by those who are no gateway, too. */
  isTouched(subtree: string, after: number, byOthers: boolean): boolean;
}

/** What is wrong with a commit as it is in etcd, by what was asked for and what was there before (S3). */
export function commitProblem(
  request: WriteRequest,
  before: Before,
  { changes, otherwise }: { readonly changes: readonly TrueChange[]; readonly otherwise: boolean },
): string | undefined {
  const broken = request.conditions.find((condition) => !holds(condition, before, otherwise));
  if (otherwise ? broken === undefined : broken !== undefined)
    return `was made, though ${broken === undefined ? 'each condition holds' : JSON.stringify(broken)}`;
  const operations = otherwise ? (request.otherwise ?? []) : request.operations;
  const wanted = wantedBy(operations, before);
  const changed = new Map(changes.map(({ path, after }) => [path, after?.value]));
  for (const [path, value] of wanted)
    if (!changed.has(path) || changed.get(path) !== value)
      return `was to make ${path} ${value}, and made it ${changed.get(path)}`;
  for (const path of changed.keys()) if (!wanted.has(path)) return `was not to change ${path}`;
  return undefined;
}

/** That nobody else than gateways came between is not promised to who says that a subtree did not change. */
function holds(condition: Condition, before: Before, otherwise: boolean): boolean {
  const { path } = condition;
  if ('unchangedSince' in condition)
    return !before.isTouched(path, condition.unchangedSince, otherwise);
  const held = before.at(path);
  if ('exists' in condition) return (held !== undefined) === condition.exists;
  if ('value' in condition) return held?.value === condition.value;
  if ('lease' in condition) return held !== undefined && condition.lease === null;
  if ('version' in condition) return (held?.version ?? 0) === condition.version;
  if ('createRevision' in condition)
    return (held?.createRevision ?? 0) === condition.createRevision;
  return (held?.modRevision ?? 0) === condition.modRevision;
}

/** Paths to the values they are to have; `undefined`: none. */
function wantedBy(
  operations: WriteRequest['operations'],
  before: Before,
): ReadonlyMap<string, string | undefined> {
  const wanted = new Map<string, string | undefined>();
  for (const operation of operations) {
    const { path } = operation;
    if (operation.type === 'put') wanted.set(path, operation.value);
    else if (operation.recursive !== true) wanted.set(path, undefined);
    else
      for (const each of [...before.paths(), ...wanted.keys()])
        if (isWithin(each, path) && !isHiddenIn(each, path)) wanted.set(each, undefined);
  }
  for (const [path, value] of wanted)
    if (value === undefined && before.at(path) === undefined) wanted.delete(path);
  return wanted;
}
