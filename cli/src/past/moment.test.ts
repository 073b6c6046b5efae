import type { CommitAbout, PastReading } from '@confer/client/history';
import { describe, expect, it } from 'vitest';
import { isOlder, revisionAt } from './moment.ts';

/** What a server says of the changes of a path or a subtree, the newest first. */
function changes(
  commits: readonly (readonly [revision: number, time: number])[],
  window: Partial<Pick<PastReading<CommitAbout>, 'compactedRevision' | 'keptSince'>> = {},
): PastReading<CommitAbout> {
  async function* read() {
    for (const [revision, time] of commits) yield { revision, time, actor: 'ada' };
  }
  const items = read();
  return {
    ...{ revision: 99, compactedRevision: 0, keptSince: undefined, ...window },
    next: () => items.next(),
    async return() {
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

describe('the revision that shows what was there at a time', () => {
  it('is that of the newest change until then, and none before the first', async () => {
    const all = [
      [9, 900],
      [7, 700],
    ] as const;
    expect(await revisionAt(changes(all), 900)).toEqual({ revision: 9 });
    expect(await revisionAt(changes(all), 899)).toEqual({ revision: 7 });
    expect(await revisionAt(changes(all), 699)).toEqual({ revision: 0 });
  });

  it('is where history begins, if that is old enough and nothing changed there since', async () => {
    const kept = { compactedRevision: 40, keptSince: 410 };
    expect(await revisionAt(changes([], kept), 410)).toEqual({ revision: 40 });
    expect(await revisionAt(changes([[50, 500]], kept), 499)).toEqual({ revision: 40 });
    expect(await revisionAt(changes([[50, 500]], kept), 409)).toBeUndefined();
    expect(await revisionAt(changes([], { compactedRevision: 40 }), 999)).toBeUndefined();
  });

  it('passes over changes of which nobody knows when they were made, and names the newest', async () => {
    const all = [
      [9, 0],
      [8, 0],
      [7, 700],
      [6, 0],
      [5, 500],
    ] as const;
    expect(await revisionAt(changes(all), 800)).toEqual({ revision: 7, undated: 9 });
    expect(await revisionAt(changes(all), 600)).toEqual({ revision: 5, undated: 6 });
    const kept = { compactedRevision: 4, keptSince: 410 };
    expect(await revisionAt(changes([[6, 0]], kept), 420)).toEqual({ revision: 4, undated: 6 });
    expect(await revisionAt(changes([[6, 0]], kept), 400)).toBeUndefined();
  });

  it('has no end where a change has no time', () => {
    expect([isOlder({ time: 0 }, 500), isOlder({ time: 499 }, 500)]).toEqual([false, true]);
    expect(isOlder({ time: 500 }, 500)).toBe(false);
  });
});
