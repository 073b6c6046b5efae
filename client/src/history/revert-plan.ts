import { comparePaths, type Entry, limits, utf8Length } from '@confer/shared';
import type {
  Difference,
  LaterChange,
  LoggedCommit,
  RevertPlan,
  RevertStep,
  Version,
} from './api.ts';

/** What it takes to bring a subtree from what it is to what it was. */
export function planOfDifference(differences: readonly Difference[], note: string): RevertPlan {
  const lasting = differences.filter(({ before, after }) => !isLeased(before, after));
  const steps = lasting.flatMap(({ path, before, after }) => stepFor(path, before, after?.value));
  return { steps, later: [], unchanged: 0, leased: differences.length - lasting.length, note };
}

/**
 * What it takes to take back what a commit did: its paths become what they were before it. `now` has for each path its
 * newest version; a path that is missing there is not known, so it is taken for one that was never changed again.
 */
export function planOfCommit(
  { revision, note, changes }: LoggedCommit,
  now: ReadonlyMap<string, Version>,
): RevertPlan {
  const steps: RevertStep[] = [];
  const later: LaterChange[] = [];
  let unchanged = 0;
  let leased = 0;
  for (const { path, prev } of changes) {
    const newest = now.get(path);
    const held = newest?.type === 'put' ? newest.entry : undefined;
    if (isLeased(held, prev)) {
      leased++;
      continue;
    }
    const step = stepFor(path, held, prev?.value);
    steps.push(...step);
    unchanged += 1 - step.length;
    if (step.length > 0 && newest !== undefined && newest.revision !== revision)
      later.push(laterOf(path, newest));
  }
  steps.sort((a, b) => comparePaths(a.path, b.path));
  const what = `revert of revision ${revision}`;
  const about = note === undefined ? what : noteOf(what, note);
  return { steps, later, unchanged, leased, note: about };
}

/**
 * What has a lease lives as long as who holds that: brought back it would stay for ever, as an instance of a service that
 * is long gone, and removed it would be missing though its holder lives.
 */
function isLeased(held: Entry | undefined, wanted: Entry | undefined): boolean {
  // safeguard: revert-leaves-what-has-a-lease
  return held?.lease !== undefined || wanted?.lease !== undefined;
}

/** One step, or none where the path holds that already. */
function stepFor(path: string, held: Entry | undefined, wanted: string | undefined): RevertStep[] {
  if (held?.value === wanted) return [];
  if (wanted === undefined) return held === undefined ? [] : [{ kind: 'remove', path, prev: held }];
  if (held === undefined) return [{ kind: 'add', path, value: wanted }];
  return [{ kind: 'change', path, value: wanted, prev: held }];
}

function laterOf(path: string, { revision, time, actor, note }: Version): LaterChange {
  return { path, revision, time, actor, ...(note === undefined ? {} : { note }) };
}

const CUT = '…';

/** What is reverted, and why, in the room that a note has. */
export function noteOf(what: string, why: string): string {
  const whole = `${what}: ${why}`;
  if (utf8Length(whole) <= limits.noteBytesMax) return whole;
  let note = '';
  let bytes = utf8Length(CUT);
  for (const character of whole) {
    bytes += utf8Length(character);
    if (bytes > limits.noteBytesMax) break;
    note += character;
  }
  return note + CUT;
}
