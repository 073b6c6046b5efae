import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { SegmentContent } from './replay.ts';

/** The files of a log, for those who only look. Throws where one is missing. */
export function readSegments(paths: readonly string[]): SegmentContent[] {
  return paths.map((path) => {
    try {
      return { path, content: readFileSync(path) };
    } catch {
      throw new Error(`its file ${basename(path)} is missing, and commits are in it`);
    }
  });
}
