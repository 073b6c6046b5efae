import {
  type Condition,
  type Entry,
  isHiddenIn,
  isWithin,
  limits,
  ProtocolError,
} from '@confer/shared';
import type { CooperativeSteps, TimeSlice } from './cooperative-steps.ts';

/*
 * The kinds of conditions, judged, and the next one goes here. What a path holds decides nearly all of them, and so
 * its modRevision does: that is how etcd is made to judge them (`writing/branch-pins.ts`).
 */

/** What a path holds, as far as it is judged; `undefined` where it holds nothing. */
type Found =
  | {
      readonly createRevision: number;
      readonly modRevision: number;
      readonly version: number;
      readonly valueLength: number;
      entry(): Entry;
    }
  | undefined;

/** One that is about a whole subtree. */
export type SubtreeCondition = Extract<Condition, { unchangedSince: number }>;
/** One that is about what one path holds. */
export type EntryCondition = Exclude<Condition, SubtreeCondition>;

/** What all conditions of a request may look at together, on subtrees: all other writes wait meanwhile. */
const LOOKS_MAX = 10 * limits.changesMax;

/** Counts what is looked at for one request. */
export class Looks {
  #left = LOOKS_MAX;

  /** Throws `too_large`. */
  take(count: number): void {
    this.#left -= count;
    // safeguard: looks-of-a-request-end
    if (this.#left < 0)
      throw new ProtocolError(
        'too_large',
        `its conditions on subtrees take more than ${LOOKS_MAX} looks together; name newer revisions, or fewer subtrees`,
      );
  }
}

/** A subtree, and the revision after which it is asked for changes. */
export interface Asked {
  readonly subtree: string;
  readonly after: number;
  readonly looks: Looks;
}

/** The state that conditions are judged by. */
export interface JudgedState {
  read(path: string): Found;
  /**
   * Whether anything of a subtree, as it is shown, was written or deleted after a revision. Throws `compacted` where
   * that is not known any more, `future_revision`, and `too_large` where it would take too long to find out.
   */
  isTouched(asked: Asked, pace: TimeSlice): CooperativeSteps<boolean>;
}

/** A condition that does not hold. */
export interface Broken {
  readonly condition: Condition;
  readonly found: Found;
}

/** The first that does not hold. */
export function* firstBroken(
  conditions: readonly Condition[],
  state: JudgedState,
  pace: TimeSlice,
): CooperativeSteps<Broken | undefined> {
  const looks = new Looks();
  for (const condition of conditions) {
    if ('unchangedSince' in condition) {
      const { path, unchangedSince } = condition;
      // safeguard: subtree-conditions-are-judged
      if (yield* state.isTouched({ subtree: path, after: unchangedSince, looks }, pace))
        return { condition, found: undefined };
    } else {
      const found = state.read(condition.path);
      // safeguard: conditions-are-judged
      if (!isMet(condition, found)) return { condition, found };
    }
    if (pace.isOver('value' in condition ? condition.value.length : 0)) yield;
  }
  return undefined;
}

function isMet(condition: EntryCondition, found: Found): boolean {
  if ('modRevision' in condition) return (found?.modRevision ?? 0) === condition.modRevision;
  if ('createRevision' in condition)
    return (found?.createRevision ?? 0) === condition.createRevision;
  if ('version' in condition) return (found?.version ?? 0) === condition.version;
  if ('exists' in condition) return (found !== undefined) === condition.exists;
  if (found === undefined) return false;
  if ('lease' in condition) return (found.entry().lease ?? null) === condition.lease;
  const { value } = condition;
  // A long value is read only where it may be the one.
  return found.valueLength === value.length && found.entry().value === value;
}

/** Whether a change of a path is one of a subtree, as that is shown. */
export function touches(path: string, subtree: string): boolean {
  return isWithin(path, subtree) && !isHiddenIn(path, subtree);
}

/** What a writer is told whose condition does not hold. */
export function conflict({ condition, found }: Broken): ProtocolError {
  const { path } = condition;
  if ('unchangedSince' in condition) {
    const { unchangedSince } = condition;
    const message = `something at or below ${path} was changed after revision ${unchangedSince}`;
    return new ProtocolError('conflict', message, { path });
  }
  return new ProtocolError(
    'conflict',
    `${path} was expected ${wanted(condition)} but ${shown(condition, found)}`,
    { path, current: found?.entry() ?? null },
  );
}

function wanted(condition: EntryCondition): string {
  if ('modRevision' in condition)
    return condition.modRevision === 0 ? NOTHING : `at revision ${condition.modRevision}`;
  if ('createRevision' in condition)
    return condition.createRevision === 0
      ? NOTHING
      : `to be created at revision ${condition.createRevision}`;
  if ('version' in condition)
    return condition.version === 0 ? NOTHING : `to be of version ${condition.version}`;
  if ('exists' in condition) return condition.exists ? 'to hold something' : NOTHING;
  if ('value' in condition) return 'to hold a certain value';
  return condition.lease === null ? 'to have no lease' : `to have the lease ${condition.lease}`;
}

const NOTHING = 'to hold nothing';

function shown(condition: EntryCondition, found: Found): string {
  if (found === undefined) return 'holds nothing';
  if ('createRevision' in condition) return `was created at revision ${found.createRevision}`;
  if ('version' in condition) return `is of version ${found.version}`;
  if ('value' in condition) return `holds another, of revision ${found.modRevision}`;
  if ('lease' in condition) return `has ${leaseText(found.entry().lease)}`;
  return `is at revision ${found.modRevision}`;
}

function leaseText(lease: string | undefined): string {
  return lease === undefined ? 'none' : `the lease ${lease}`;
}
