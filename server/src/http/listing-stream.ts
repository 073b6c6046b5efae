import { comparePaths, type Listed, type ListedEntry } from '@confer/shared';
import type { AnswerHead, AnswerStream } from '../transport/exchange.ts';
import { Gone } from './gone.ts';
import type { Call } from './route.ts';

/** All pages of a subtree at one revision. */
export interface Listing {
  readonly head: AnswerHead;
  readonly first: Listed;
  /** The page that goes on after a path. */
  readonly pageAfter: (path: string) => Promise<Listed>;
}

/**
 * Writes a subtree line by line, each page only once the one before is on its way: whoever reads slowly costs one page.
 * Each is judged by the rights of then (W11). What cannot go on is cut off, which every reader of HTTP can tell from an
 * end, and never ended as if it were whole.
 */
export async function streamListing(
  { exchange, onGone, service, context }: Call,
  { head, first, pageAfter }: Listing,
): Promise<void> {
  const end = service.underway.beginStream(context.principal.name);
  try {
    const stream = exchange.stream(head);
    try {
      await writePages(stream, { first, pageAfter, onGone });
      stream.end();
    } catch (error) {
      // safeguard: half-a-listing-is-cut-off
      stream.terminate();
      throw error;
    }
  } finally {
    end();
  }
}

type Pages = Pick<Listing, 'first' | 'pageAfter'> & Pick<Call, 'onGone'>;

async function writePages(stream: AnswerStream, { first, pageAfter, onGone }: Pages) {
  const turn = new Turn(stream, onGone);
  for (let page = first; ; page = await pageAfter(page.next)) {
    const lines = linesOf(page);
    if (lines !== '') stream.write(lines);
    // safeguard: stream-waits-for-its-reader
    if (!stream.writable) await turn.writable();
    if (page.next === undefined) return;
  }
}

/** Waits for a reader. */
class Turn {
  #resume = () => {};
  #fail: (error: Gone) => void = () => {};
  #isGone = false;

  constructor(stream: AnswerStream, onGone: Call['onGone']) {
    stream.onDrain(() => this.#resume());
    onGone(() => {
      this.#isGone = true;
      this.#fail(new Gone());
    });
  }

  writable(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isGone) reject(new Gone());
      this.#resume = resolve;
      this.#fail = reject;
    });
  }
}

/** In the order of the tree: entries as they are, and what lies deeper than was asked for by its folder. */
function linesOf({ entries, folders }: Listed): string {
  const lines: string[] = [];
  let next = 0;
  const foldersBefore = (path: string | undefined) => {
    for (; next < folders.length; next++) {
      const folder = folders[next];
      if (folder === undefined || (path !== undefined && comparePaths(folder, path) >= 0)) return;
      lines.push(`${JSON.stringify({ folder })}\n`);
    }
  };
  for (const entry of entries satisfies readonly ListedEntry[]) {
    foldersBefore(entry.path);
    lines.push(`${JSON.stringify(entry)}\n`);
  }
  foldersBefore(undefined);
  return lines.join('');
}
