import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { SegmentContent } from './replay.ts';

/** The files of a log, for those who only look. Throws where one is missing, or is none: a pipe would be waited for. */
export function readSegments(paths: readonly string[]): SegmentContent[] {
  return paths.map((path) => {
    const found = statSync(path, { throwIfNoEntry: false });
    // safeguard: segment-that-is-read-is-a-file
    if (found?.isFile() === false) throw new Error(`its file ${basename(path)} is no file`);
    try {
      return { path, content: readFileSync(path) };
    } catch {
      throw new Error(`its file ${basename(path)} is missing, and commits are in it`);
    }
  });
}
