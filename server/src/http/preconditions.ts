import { type Condition, ProtocolError } from '@confer/shared';
import { headerOf, type RequestHead } from '../transport/request-head.ts';

/** The revision of the last write, which names just what an entry holds. */
export function etagOf(modRevision: number): string {
  return `"${modRevision}"`;
}

/**
 * What a write asks of the entry before it; nothing where it asks for nothing. Anything else than these is refused, a
 * header without a value among them: whoever lost the ETag that belongs there means no write over just anything.
 */
export function conditionOf(head: RequestHead, path: string): Condition | undefined {
  const [match, noneMatch] = [saidIn(head, 'if-match'), saidIn(head, 'if-none-match')];
  if (match !== undefined && noneMatch !== undefined)
    throw wrong('a write has one of If-Match and If-None-Match');
  if (noneMatch !== undefined) {
    if (noneMatch === '*') return { path, modRevision: 0 };
    throw wrong('If-None-Match of a write is *: there is nothing yet');
  }
  if (match === undefined) return undefined;
  if (match === '*') return { path, exists: true };
  const modRevision = revisionOf(match);
  if (modRevision === undefined)
    throw wrong('If-Match is * or one ETag, which is a revision in quotes: "801"');
  return { path, modRevision };
}

/** Whether an entry is one that a reader asks for; whoever names none takes any. */
export function isWanted(head: RequestHead, modRevision: number): boolean {
  const wanted = saidIn(head, 'if-match');
  if (wanted === undefined || wanted === '*') return true;
  return wanted.split(',').some((tag) => revisionOf(tag.trim()) === modRevision);
}

/** Whether a reader has what is there already: it need not be sent again. */
export function isKnown(head: RequestHead, modRevision: number): boolean {
  const known = headerOf(head, 'if-none-match');
  if (known.trim() === '*') return true;
  return known.split(',').some((tag) => revisionOf(tag.trim().replace(/^W\//, '')) === modRevision);
}

/** As it stands there; undefined where the header is missing, which is another thing than one without a value. */
function saidIn(head: RequestHead, name: string): string | undefined {
  return head.headers.has(name) ? headerOf(head, name).trim() : undefined;
}

/** An ETag is compared as it is written: "08" is none, and neither is "0", which no entry ever had. */
function revisionOf(tag: string): number | undefined {
  const [, digits] = /^"([1-9][0-9]{0,15})"$/.exec(tag) ?? [];
  const revision = Number(digits);
  return Number.isSafeInteger(revision) ? revision : undefined;
}

function wrong(message: string): ProtocolError {
  return new ProtocolError('invalid_message', message);
}
