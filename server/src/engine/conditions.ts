import { type Condition, type Entry, ProtocolError } from '@confer/shared';

/*
 * The kinds of conditions, judged: each by what its path holds. There is one kind yet, and the next one goes
 * here (etcd judges by `compareOf` of its transactions).
 */

/** What a path holds; `undefined` where it holds nothing. */
type Found = { readonly modRevision: number } | undefined;

export function isMet({ modRevision }: Condition, found: Found): boolean {
  // safeguard: conditions-are-judged
  return (found?.modRevision ?? 0) === modRevision;
}

/** What a writer is told whose condition does not hold. */
export function conflict(
  { path, modRevision }: Condition,
  current: (Found & { entry(): Entry }) | undefined,
): ProtocolError {
  const wanted =
    modRevision === 0 ? 'expected to hold nothing' : `expected at revision ${modRevision}`;
  const found = current === undefined ? 'holds nothing' : `is at revision ${current.modRevision}`;
  return new ProtocolError('conflict', `${path} was ${wanted} but ${found}`, {
    path,
    current: current?.entry() ?? null,
  });
}
