import { afterEach, beforeEach } from 'vitest';
import { withDirectory } from './process.ts';

/** A directory of its own for each test of a file or a `describe`, gone after it. */
export function scratchDirectory(): { readonly path: string } {
  let path = '';
  let end = () => {};
  beforeEach(async () => {
    await new Promise<void>((ready) => {
      void withDirectory((made) => {
        path = made;
        ready();
        return new Promise<void>((resolve) => {
          end = resolve;
        });
      });
    });
  });
  afterEach(() => end());
  return {
    get path() {
      return path;
    },
  };
}
