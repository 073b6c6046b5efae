import { checkPath, isWithin, ProtocolError } from '@confer/shared';

/** Of a page of a list, a history or a log; the last item may be beyond it. */
export const PAGE_BYTES_MAX = 1024 * 1024;

/** What a page continues after is a path of what it is of, or a folder, with a slash behind it. */
export function checkCursor(after: string | undefined, subtree: string): void {
  if (after === undefined) return;
  checkPath(after.endsWith('/') ? after.slice(0, -1) : after);
  if (!isWithin(after, subtree))
    throw new ProtocolError('invalid_path', 'a page continues inside its own subtree', {
      path: after,
    });
}
