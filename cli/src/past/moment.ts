import type { CommitAbout, PastReading } from '@confer/client/history';
import { type Context, parseDuration } from '../context.ts';
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

/**
 * The revision that shows a path or a subtree as it was then: of all its changes, that of the newest which is not
 * younger. Nothing else is looked at, so that who may read no more than that can ask.
 */
export async function revisionIn(
  changes: PastReading<CommitAbout>,
  moment: Moment,
): Promise<number> {
  if ('revision' in moment) return moment.revision;
  for await (const { revision, time } of changes)
    if (time <= moment.time) return Math.max(revision, changes.compactedRevision ?? 0);
  const { compactedRevision = 0 } = changes;
  if (compactedRevision === 0) return 0;
  throw new Failure(
    exitCodes.notFound,
    'compacted',
    `what was there at ${new Date(moment.time).toISOString()} is not known: history begins after revision ${compactedRevision}`,
    `--at ${compactedRevision} is the oldest that can be read`,
  );
}
