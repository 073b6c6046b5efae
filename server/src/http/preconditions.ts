import { type Condition, ProtocolError } from '@confer/shared';
import { headerOf, type RequestHead } from '../transport/request-head.ts';

/** The revision of the last write, which names just what an entry holds. */
export function etagOf(modRevision: number): string {
  return `"${modRevision}"`;
}

/** What a write asks of the entry before it; nothing where it asks for nothing. Anything else than these is refused. */
export function conditionOf(head: RequestHead, path: string): Condition | undefined {
  const [match, noneMatch] = [headerOf(head, 'if-match'), headerOf(head, 'if-none-match')];
  if (match !== '' && noneMatch !== '')
    throw wrong('a write has one of If-Match and If-None-Match');
  if (noneMatch !== '') {
    if (noneMatch.trim() === '*') return { path, modRevision: 0 };
    throw wrong('If-None-Match of a write is *: there is nothing yet');
  }
  if (match === '') return undefined;
  if (match.trim() === '*') return { path, exists: true };
  const modRevision = revisionOf(match.trim());
  if (modRevision === undefined)
    throw wrong('If-Match is * or one ETag, which is a revision in quotes: "801"');
  return { path, modRevision };
}

/** Whether a reader has what is there already: it need not be sent again. */
export function isKnown(head: RequestHead, modRevision: number): boolean {
  const known = headerOf(head, 'if-none-match');
  if (known.trim() === '*') return true;
  return known.split(',').some((tag) => revisionOf(tag.trim().replace(/^W\//, '')) === modRevision);
}

function revisionOf(tag: string): number | undefined {
  const [, digits] = /^"([0-9]{1,16})"$/.exec(tag) ?? [];
  const revision = Number(digits);
  return Number.isSafeInteger(revision) ? revision : undefined;
}

function wrong(message: string): ProtocolError {
  return new ProtocolError('invalid_message', message);
}
