import { describe, expect, it, vi } from 'vitest';
import { openMemoryEngine } from '../engine/memory/memory.ts';
import { Store } from '../store/store.ts';
import { CatchUp } from './catch-up.ts';
import type { Frame } from './frames.ts';

/** Long ones, with texts whose UTF-8 is longer than they are. */
const VALUES = ['x'.repeat(200_000), '"größe"\n\u{1f600}', '\u20ac'.repeat(120_000), ''];

async function start() {
  let ids = 0;
  const newId = () => `id-${++ids}`;
  const clock = { now: () => 0, setTimer: () => ({ cancel: () => {} }) };
  const engine = openMemoryEngine({ clock, newId });
  const store = new Store(engine, () => {});
  const operations = VALUES.map((value, i) => ({ type: 'put', path: `/app/${i}`, value }) as const);
  await engine.commit({ operations, conditions: [], actor: 'test', requestId: newId() });
  const scans = vi.spyOn(store, 'scanTexts');
  return {
    catchUp: new CatchUp(store),
    entries: [...engine.scan({ subtree: '/app', at: 1 })],
    scans,
  };
}

function messageOf(frame: Frame | undefined): object {
  return JSON.parse(Buffer.from(frame ?? []).toString());
}

describe('W10 pages that bring a watch up to date', () => {
  it('are made once for watches of every name, and each is told its own', async () => {
    const { catchUp, entries, scans } = await start();
    const pageOf = (watch: string, after?: string) =>
      catchUp.snapshotPage({ watch, subtree: '/app', revision: 1, after });
    const names = ['w1', 'w"2"', 'w1', 'w3'];
    const firsts = names.map((name) => pageOf(name));
    expect(firsts.map(({ next }) => next)).toEqual(names.map(() => '/app/2'));
    const lasts = names.map((name) => pageOf(name, '/app/2'));
    const about = { type: 'snapshot', revision: 1 };
    for (const [i, watch] of names.entries()) {
      const [first, last] = [messageOf(firsts[i]?.frame), messageOf(lasts[i]?.frame)];
      expect(first).toEqual({ ...about, watch, entries: entries.slice(0, 3) });
      expect(last).toEqual({ ...about, watch, entries: entries.slice(3) });
    }
    expect(scans).toHaveBeenCalledTimes(2);
  });

  it('are the same for a difference', async () => {
    const { catchUp, entries, scans } = await start();
    for (const watch of ['w1', 'w2']) {
      const head = { watch, from: 0, to: 1 };
      const query = { head, subtree: '/app', position: 0, after: undefined };
      const { frame } = catchUp.differencePage(query);
      const changes = entries.slice(0, 3).map((entry) => ({ type: 'put', entry }));
      expect(messageOf(frame)).toEqual({ type: 'difference', ...head, changes });
    }
    expect(scans).toHaveBeenCalledTimes(1);
  });

  it('are not sent where a subtree is empty', async () => {
    const { catchUp } = await start();
    const page = catchUp.snapshotPage({
      watch: 'w1',
      subtree: '/b',
      revision: 1,
      after: undefined,
    });
    expect(page).toMatchObject({ entries: 0 });
    expect(page.frame).toBeUndefined();
  });
});
