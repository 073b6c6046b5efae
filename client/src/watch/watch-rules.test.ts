import type { WatchMessage } from '@confer/shared';
import { describe, expect, test } from 'vitest';
import { WatchRules } from './watch-rules.ts';
import type { WatchState } from './watch-state.ts';

/** One text for all, so that the test takes no memory of what it counts. */
const value = 'x'.repeat(2 ** 20);
const more = { value, createRevision: 1, version: 1, updatedAt: 0, updatedBy: 'a' };
const path = (i: number) => `/a/${String(i).padStart(6, '0')}`;

const position = { epoch: 'e', revision: 0 };
const live: WatchState = { kind: 'live', mode: 'state', position, batch: undefined };
const snapshotting: WatchState = {
  kind: 'snapshotting',
  mode: 'state',
  position: undefined,
  isFresh: true,
  epoch: 'e',
  revision: undefined,
  pages: undefined,
};

describe('what has no end is not kept for ever:', () => {
  test.each<[string, WatchState, (i: number) => WatchMessage]>([
    [
      'a snapshot',
      snapshotting,
      (i) => ({
        type: 'snapshot',
        watch: 'w',
        revision: 9,
        entries: [{ path: path(i), modRevision: 1, ...more }],
      }),
    ],
    [
      'a difference',
      live,
      (i) => ({
        type: 'difference',
        watch: 'w',
        from: 0,
        to: 9,
        changes: [{ type: 'put', entry: { path: path(i), modRevision: 1, ...more } }],
      }),
    ],
    [
      'a batch',
      live,
      (i) => ({
        type: 'commits',
        watch: 'w',
        from: 0,
        to: 9,
        more: true,
        commits: [
          {
            revision: 1,
            time: 0,
            actor: 'a',
            changes: [{ type: 'put', path: path(i), createRevision: 1, version: 1, value }],
          },
        ],
      }),
    ],
  ])('%s is given up before it takes the memory of the process', (_, state, message) => {
    const rules = new WatchRules('/a', 'state', 'e', 0);
    let problem: string | undefined;
    let frames = 0;
    for (; problem === undefined && frames < 1_000; frames++)
      problem = rules.problemOf(message(frames), state);
    expect(problem).toBe('more than 536870912 characters without an end');
    expect(frames).toBe(512);
  });
});
