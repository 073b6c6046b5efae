import { isHiddenIn, isWithin } from '@confer/shared';
import type { WriteRequest } from '../../../../server/src/engine/engine.ts';
import type { TrueChange, TrueEntry } from './truth.ts';

/** What was there before a commit. */
export interface Before {
  at(path: string): TrueEntry | undefined;
  paths(): Iterable<string>;
}

/** What is wrong with a commit as it is in etcd, by what was asked for and what was there before (S3). */
export function commitProblem(
  request: WriteRequest,
  before: Before,
  changes: readonly TrueChange[],
): string | undefined {
  for (const { path, modRevision } of request.conditions) {
    const found = before.at(path)?.modRevision ?? 0;
    if (found !== modRevision)
      return `was made, though ${path} was at ${found} and not at ${modRevision}`;
  }
  const wanted = wantedBy(request, before);
  const changed = new Map(changes.map(({ path, after }) => [path, after?.value]));
  for (const [path, value] of wanted)
    if (!changed.has(path) || changed.get(path) !== value)
      return `was to make ${path} ${value}, and made it ${changed.get(path)}`;
  for (const path of changed.keys()) if (!wanted.has(path)) return `was not to change ${path}`;
  return undefined;
}

/** Paths to the values they are to have; `undefined`: none. */
function wantedBy(
  { operations }: WriteRequest,
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
