/**
 * What comes in several frames and counts only with the last of them (W4). Each frame makes a new state
 * of its watch, so this grows at its end without being copied: a large commit has hundreds of frames.
 */
export interface Staged<Page> {
  readonly page: Page;
  readonly before: Staged<Page> | undefined;
}

export function pagesOf<Page>(last: Staged<Page> | undefined): Page[] {
  const pages: Page[] = [];
  for (let staged = last; staged !== undefined; staged = staged.before) pages.push(staged.page);
  return pages.reverse();
}
