import type { CommitAbout, PastReading } from '@confer/client/history';
import { type Context, notice, parseDuration } from '../context.ts';
import { exitCodes, Failure, usageError } from '../failure.ts';

/** A point of the past, as a person gives it: a revision, or a time in ms since the Unix epoch. */
export type Moment = { readonly revision: number } | { readonly time: number };

/** `812`; `10m` or `7d`, so long ago; or a date, `2026-11-28T12:00Z`. */
export function momentArgument({ terminal }: Context, text: string, option: string): Moment {
  const revision = Number(text);
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(revision)) return { revision };
  if (/^[0-9.]+(ms|s|m|h|d)$/.test(text))
    return { time: terminal.clock.now() - parseDuration(text) };
  const time = Date.parse(text);
  if (/^[0-9]{4}-/.test(text) && Number.isFinite(time)) return { time };
  throw usageError(
    `${option} ${JSON.stringify(text)} is neither a revision nor a time; one is 812, 10m, 7d or 2026-11-28T12:00Z`,
  );
}

/** That of a commit of which nobody knows it: an expiry of etcd, or what its own tools wrote. */
const NO_TIME = 0;

/** Whether a commit is known to be of before a time. */
export function isOlder({ time }: Pick<CommitAbout, 'time'>, than: number): boolean {
  return time !== NO_TIME && time < than;
}

/**
 * The revision that shows a path or a subtree as it was then: of all its changes, that of the newest which is not
 * younger. Nothing else is looked at, so that who may read no more than that can ask.
 */
export async function revisionIn(
  context: Context,
  changes: PastReading<CommitAbout>,
  moment: Moment,
): Promise<number> {
  if ('revision' in moment) return moment.revision;
  const found = await revisionAt(changes, moment.time);
  if (found === undefined)
    throw new Failure(
      exitCodes.notFound,
      'compacted',
      `what was there at ${new Date(moment.time).toISOString()} is not known: history begins after revision ${changes.compactedRevision}`,
      `--at ${changes.compactedRevision} is the oldest that can be read`,
    );
  const { revision, undated } = found;
  if (undated !== undefined)
    notice(context, `nobody knows when revision ${undated} was made: it is taken for later`);
  return revision;
}

/**
 * `undated`: the newest change that may have been before that time or after it. `undefined` where history does not go as
 * far back: where it does, and no change that it has is as old, things were as they are where it begins.
 */
export async function revisionAt(
  changes: PastReading<CommitAbout>,
  then: number,
): Promise<{ readonly revision: number; readonly undated?: number } | undefined> {
  let maybe: { readonly undated?: number } = {};
  for await (const { revision, time } of changes) {
    if (time === NO_TIME) maybe = { undated: maybe.undated ?? revision };
    else if (time > then) maybe = {};
    else return { revision: Math.max(revision, changes.compactedRevision ?? 0), ...maybe };
  }
  const { compactedRevision = 0, keptSince = Number.POSITIVE_INFINITY } = changes;
  if (compactedRevision > 0 && keptSince > then) return undefined;
  return { revision: compactedRevision, ...maybe };
}
