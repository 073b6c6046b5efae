import { describe, expect, it } from 'vitest';
import { type LockEnvironment, lockDirectory } from './lock.ts';

const ME = `${process.pid} 7f00 0`;
const OTHER = '4711 7f11 0';

/** An environment whose list of readers is one of `lists` at each look, and what was done to it. */
function environment(...lists: (readonly string[])[]) {
  const done: string[] = [];
  const opened: LockEnvironment = {
    readerList: () => ['    pid     thread     txnid', ...(lists.shift() ?? [])].join('\n '),
    useReadTransaction() {
      done.push('read');
      return { done: () => done.push('stop') };
    },
    async close() {
      done.push('close');
    },
  };
  return { done, open: () => opened };
}

describe('lockDirectory', () => {
  it('is a reader until it lets go', async () => {
    const { done, open } = environment([], [ME]);
    const unlock = await lockDirectory('/d', open);
    expect(done).toEqual(['read']);
    await unlock();
    expect(done).toEqual(['read', 'stop', 'close']);
  });

  it('refuses when a reader is there', async () => {
    const { done, open } = environment([OTHER]);
    await expect(lockDirectory('/d', open)).rejects.toMatchObject({
      kind: 'locked',
      message: '/d is in use by process 4711',
    });
    expect(done).toEqual(['close']);
  });

  it('refuses when a reader came at the same time', async () => {
    const { done, open } = environment([], [ME, OTHER]);
    await expect(lockDirectory('/d', open)).rejects.toMatchObject({
      kind: 'locked',
      message: '/d is in use by process 4711',
    });
    expect(done).toEqual(['read', 'stop', 'close']);
  });

  it('refuses when the reader beside it has its own process id, in another container', async () => {
    const { open } = environment([], [ME, ME]);
    await expect(lockDirectory('/d', open)).rejects.toMatchObject({ kind: 'locked' });
  });

  it('can be taken again after a refusal', async () => {
    await expect(lockDirectory('/d', environment([OTHER]).open)).rejects.toThrow();
    await (await lockDirectory('/d', environment([], [ME]).open))();
  });
});
