import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../engine/memory/disk.ts';
import { openMemoryEngine } from '../engine/memory/memory.ts';
import { Measures } from '../measures.ts';
import { Store } from '../store/store.ts';
import { catchUpFrames } from './catch-up-frames.ts';
import { Group } from './group.ts';

function startStore() {
  let ids = 0;
  const newId = () => `id-${++ids}`;
  const clock = { now: () => 0, setTimer: () => ({ cancel: () => {} }) };
  const engine = openMemoryEngine({ clock, newId });
  const store = new Store(engine, () => {});
  const put = (path: string, value: string) =>
    engine.writes.commit({
      operations: [{ type: 'put', path, value }],
      conditions: [],
      actor: 'test',
      requestId: newId(),
    });
  return { store, put };
}

function groupOf(subtree: string): Group {
  const measures = new Measures(() => 0);
  return new Group('w1', { subtree, withPrev: false, takesClears: true }, 0, measures);
}

const fromNothing = { kind: 'lagging', position: 0, from: 0, isResuming: true } as const;
const VALUE = 'x'.repeat(500_000);

describe('W10 what one turn reads for a watch that is behind', () => {
  it('is bounded in bytes: beyond that, a state watch looks through its subtree', async () => {
    const { store, put } = startStore();
    const group = groupOf('/app');
    for (let i = 0; i < 8; i++) await put('/app/a', `${i}${VALUE}`);
    expect(catchUpFrames(store, group, 'state', fromNothing, store.revision)).toMatchObject({
      to: 8,
      endsInSynced: 'difference',
    });
    for (let i = 0; i < 8; i++) await put('/app/a', `${i}${VALUE}`);
    expect(catchUpFrames(store, group, 'state', fromNothing, store.revision)).toBe('too much');
    expect(catchUpFrames(store, group, 'events', fromNothing, store.revision)).toMatchObject({
      to: 1,
    });
  });

  it('is no large commit of long ago: a state watch looks through its subtree', async () => {
    const clock = {
      now: () => 0,
      setTimer: (_: number, run: () => void) => {
        queueMicrotask(run);
        return { cancel: () => {} };
      },
    };
    const options = { clock, newId: () => 'e1', disk: new MemoryDisk() };
    const operations = Array.from(
      { length: 10_001 },
      (_, i) => ({ type: 'put', path: `/other/${i}`, value: '' }) as const,
    );
    const about = { conditions: [], actor: 'test', requestId: 'r' };
    await openMemoryEngine(options).writes.commit({ operations, ...about });
    const store = new Store(openMemoryEngine(options), () => {});
    const group = groupOf('/app');
    expect(catchUpFrames(store, group, 'state', fromNothing, 1)).toBe('too much');
    expect(catchUpFrames(store, group, 'events', fromNothing, 1)).toMatchObject({ to: 1 });
  });

  it('is bounded in commits that others made, which move it on all the same', async () => {
    const { store, put } = startStore();
    const group = groupOf('/app');
    for (let i = 0; i < 5_001; i++) await put('/other', `${i}`);
    for (const mode of ['state', 'events'] as const)
      expect(catchUpFrames(store, group, mode, fromNothing, store.revision)).toMatchObject({
        to: 5_000,
      });
  });
});
