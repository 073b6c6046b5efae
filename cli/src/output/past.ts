import type { LoggedChange, LoggedCommit, Version } from '@confer/client/history';
import type { Palette } from './colour.ts';
import { counted, oneLine } from './text.ts';

/** Changes of a commit that a person is shown. */
const SHOWN_MAX = 10;
const VALUE_WIDTH = 80;

/** A version of a path on one line. */
export function versionLine(version: Version, { dim, added, removed }: Palette): string {
  const { revision, time, actor, note } = version;
  const when = dim(timeText(time));
  const what =
    version.type === 'put'
      ? `${added('put   ')}  ${oneLine(version.entry.value, VALUE_WIDTH)}`
      : `${removed('delete')}  ${causeText(version.cause)}`;
  return `${String(revision)}  ${when}  ${what.trimEnd()}${dim(aboutText(actor, note))}\n`;
}

/** A commit with its changes below it. */
export function commitLines(commit: LoggedCommit, palette: Palette): string {
  const { revision, time, actor, note, changes } = commit;
  const { dim } = palette;
  const head = `${revision}  ${dim(timeText(time))}${aboutText(actor, note)}\n`;
  const more = changes.length - SHOWN_MAX;
  const rest = more > 0 ? `  ${dim(`and ${counted(more, 'more change')}`)}\n` : '';
  const lines = changes.slice(0, SHOWN_MAX).map((change) => `  ${changeLine(change, palette)}\n`);
  return head + lines.join('') + rest;
}

function changeLine(change: LoggedChange, { added, changed, removed }: Palette): string {
  const { path, prev } = change;
  const before = prev === undefined ? '' : shown(prev.value);
  if (change.type === 'delete') {
    const was = prev === undefined ? '' : ` = ${before}`;
    const why = change.cause === 'removed' ? '' : ` (${causeText(change.cause)})`;
    return removed(`- ${path}${was}${why}`);
  }
  const now = change.entry === undefined ? '' : shown(change.entry.value);
  if (change.created) return added(`+ ${path}${change.entry === undefined ? '' : ` = ${now}`}`);
  if (change.entry === undefined) return changed(`~ ${path}`);
  return changed(`~ ${path} = ${prev === undefined ? '' : `${before} -> `}${now}`);
}

function shown(value: string): string {
  return oneLine(value, VALUE_WIDTH);
}

const causeTexts = {
  removed: 'removed',
  expired: 'its lease expired',
  revoked: 'its lease was revoked',
} as const;

function causeText(cause: keyof typeof causeTexts): string {
  return causeTexts[cause];
}

export function timeText(time: number): string {
  return new Date(time).toISOString();
}

function aboutText(actor: string, note: string | undefined): string {
  return `  [${oneLine(note === undefined ? actor : `${actor}: ${note}`)}]`;
}
