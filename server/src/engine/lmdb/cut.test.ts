import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProtocolError } from '@confer/shared';
import { afterAll, describe, expect, it } from 'vitest';
import { failureOf, Rig, TestClock } from '../contract/rig.contract.ts';
import { DELETIONS_MAX } from '../deletions-limit.ts';
import { type LmdbStorage, openLmdbStorage } from './lmdb-storage.ts';
import { engineOn, openLmdbEngine } from './open.ts';
import type { Journal } from './storage.ts';

const temporary = mkdtempSync(join(tmpdir(), 'confer-lmdb-'));
afterAll(() => rmSync(temporary, { recursive: true }));

let names = 0;
const newDirectory = () => join(temporary, String(names++));
const newId = () => `epoch-${names++}`;

/** What becomes of a write to the tables or to the journal, by its number. */
type Fate = 'stored' | 'lost' | 'refused';

/** A storage that loses or refuses writes. What is lost is never answered: the server is dead. */
class FatefulStorage implements LmdbStorage {
  readonly #inner: LmdbStorage;
  /** Resolves when a write was lost. */
  readonly dead: Promise<'dead'>;
  #die = () => {};
  fate: (write: number) => Fate = () => 'stored';
  writes = 0;
  /** Each batch goes into the other file of the journal, as soon as that is free. */
  isJournalFull = false;

  constructor(inner: LmdbStorage) {
    this.#inner = inner;
    this.dead = new Promise((resolve) => {
      this.#die = () => resolve('dead');
    });
  }

  get tables() {
    return this.#inner.tables;
  }

  get epoch() {
    return this.#inner.epoch;
  }

  takeJournaled() {
    return this.#inner.takeJournaled();
  }

  readonly journal: Journal = ((storage) => ({
    get isFull() {
      return storage.isJournalFull || storage.#inner.journal.isFull;
    },
    append: (rows) => storage.#decide(() => storage.#inner.journal.append(rows)),
    turn: () => storage.#inner.journal.turn(),
  }))(this);

  write(queue: () => void): Promise<void> {
    return this.#decide(() => this.#inner.write(queue));
  }

  #decide(store: () => Promise<void>): Promise<void> {
    const fate = this.fate(this.writes++);
    if (fate === 'stored') return store();
    if (fate === 'lost') {
      this.#die();
      return new Promise(() => {});
    }
    return Promise.resolve().then(() => {
      throw new ProtocolError('storage_full', 'there is no room');
    });
  }

  defer(run: () => void): void {
    this.#inner.defer(run);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

async function start(directory: string, isJournalFull = false) {
  const storage = new FatefulStorage(await openLmdbStorage(directory, newId));
  storage.isJournalFull = isJournalFull;
  const clock = new TestClock();
  return { storage, rig: new Rig(engineOn(storage, clock, DELETIONS_MAX), clock) };
}

async function reopen(directory: string): Promise<Rig> {
  const clock = new TestClock();
  return new Rig(await openLmdbEngine({ directory, clock, newId }), clock);
}

const SIZE = 3_000;
const puts = (value: string) =>
  Array.from({ length: SIZE }, (_, i) => ({ type: 'put', path: `/big/${i}`, value }) as const);

/** Commits of many changes and of few, and a compaction, until a write is lost. */
async function workUntilDead({ rig, storage }: Awaited<ReturnType<typeof start>>) {
  const work = async () => {
    await rig.commit(puts('1'));
    await rig.put('/beside', '1');
    await rig.commit([...puts('2'), { type: 'delete', path: '/big/7' }]);
    await rig.commit([
      { type: 'delete', path: '/big', recursive: true },
      { type: 'put', path: '/big/9', value: '3' },
    ]);
    await rig.put('/beside', '2');
    await rig.engine.compact(rig.engine.revision - 2);
    return 'done' as const;
  };
  return Promise.race([work(), storage.dead]);
}

/** What that work leaves at each revision. */
function valuesAt(revision: number): string[] {
  const all = (value: string) =>
    puts(value)
      .map(({ path }) => path)
      .sort()
      .map((path) => `${path}=${value}`);
  const beside = revision < 2 ? [] : [`/beside=${revision < 5 ? 1 : 2}`];
  if (revision === 0) return [];
  if (revision < 3) return [...beside, ...all('1')];
  if (revision === 3) return [...beside, ...all('2').filter((line) => line !== '/big/7=2')];
  return [...beside, '/big/9=3'];
}

describe('a server that dies', () => {
  it.each([
    ['with room in the journal', false],
    ['with a journal that is always full', true],
  ])(
    'S1 S3 between any two writes to its disk has what it acknowledged, in whole commits, %s',
    async (_, isFull) => {
      const whole = await start(newDirectory(), isFull);
      expect(await workUntilDead(whole)).toBe('done');
      const all = whole.storage.writes;
      await whole.rig.engine.close();
      expect(all).toBeGreaterThan(15);

      for (let cut = 0; cut < all; cut++) {
        const directory = newDirectory();
        const scene = await start(directory, isFull);
        scene.storage.fate = (write) => (write < cut ? 'stored' : 'lost');
        await workUntilDead(scene);
        const acknowledged = scene.rig.engine.revision;
        const fed = scene.rig.fed;
        await scene.storage.close();
        const again = await reopen(directory);
        const { engine } = again;
        expect(engine.revision, `cut at ${cut}`).toBe(acknowledged);
        expect([...engine.history(engine.compactedRevision)]).toEqual(
          fed.slice(engine.compactedRevision),
        );
        for (let at = engine.compactedRevision; at <= engine.revision; at++)
          expect(again.values('/', at).sort(), `${at}, cut at ${cut}`).toEqual(valuesAt(at).sort());
        expect(engine.entryCount).toBe(again.values().length);
        await again.put('/after', '1');
        await again.engine.compact(engine.revision);
        expect(again.values('/after')).toEqual(['/after=1']);
        await again.engine.close();
      }
    },
    120_000,
  );
});

describe('a write that cannot be stored', () => {
  it('S2 S3 takes with it all that was judged on top of it, and leaves nothing', async () => {
    const { rig, storage } = await start(newDirectory());
    const first = await rig.put('/a', '1');
    await rig.put('/b', '1');
    storage.fate = () => 'refused';
    const conditions = [{ path: '/a', modRevision: first.revision }];
    const lost = rig.put('/a', '2', { conditions, requestId: 'lost' });
    const tries = [
      failureOf(() => lost),
      failureOf(() => rig.delete('/b')),
      failureOf(() => rig.commit(puts('1'))),
      new Promise(setImmediate).then(() => failureOf(() => rig.put('/a', '3'))),
    ];
    for (const failure of await Promise.all(tries)) expect(failure.code).toBe('storage_full');
    expect(rig.values()).toEqual(['/a=1', '/b=1']);
    expect(rig.deleted()).toEqual([]);
    expect(rig.engine.entryCount).toBe(2);
    expect(rig.fed).toHaveLength(2);
    storage.fate = () => 'stored';
    const again = await rig.put('/a', '2', { conditions, requestId: 'lost' });
    expect(again.revision).toBe(first.revision + 2);
    expect(rig.values()).toEqual(['/a=2', '/b=1']);
    expect([...rig.engine.history(0)]).toEqual(rig.fed);
    await rig.engine.close();
  });

  it('S1 for want of room to empty the journal is refused, and comes later', async () => {
    const directory = newDirectory();
    const { rig, storage } = await start(directory, true);
    await rig.put('/a', '1');
    storage.fate = () => 'refused';
    for (let i = 0; i < 3; i++)
      expect((await failureOf(() => rig.put('/a', '2'))).code).toBe('storage_full');
    expect(rig.values()).toEqual(['/a=1']);
    storage.fate = () => 'stored';
    for (let i = 3; i < 9; i++) await rig.put('/a', String(i));
    expect([...rig.engine.history(0)]).toEqual(rig.fed);
    expect(rig.engine.revision).toBe(7);
    await storage.close();
    const again = await reopen(directory);
    expect([...again.engine.history(0)]).toEqual(rig.fed);
    await again.engine.close();
  });

  it('S2 is the fate of a conflict with it, too', async () => {
    const { rig, storage } = await start(newDirectory());
    storage.fate = () => 'refused';
    const [put, conflict] = await Promise.all([
      failureOf(() => rig.put('/a', '1')),
      failureOf(() => rig.put('/a', '2', { conditions: [{ path: '/a', modRevision: 0 }] })),
    ]);
    expect([put.code, conflict.code]).toEqual(['storage_full', 'storage_full']);
    storage.fate = () => 'stored';
    await rig.engine.close();
  });

  it('is only what is to be settled: readers see nothing of it, and it is tried again', async () => {
    const directory = newDirectory();
    const { rig, storage } = await start(directory);
    await rig.commit(puts('1'));
    await rig.commit([{ type: 'delete', path: '/big/1' }]);
    let left = 2;
    storage.fate = () => (left-- > 0 ? 'stored' : 'refused');
    expect((await failureOf(() => rig.engine.compact(2))).code).toBe('storage_full');
    expect(rig.engine.compactedRevision).toBe(0);
    expect(rig.values()).toHaveLength(SIZE - 1);
    expect(rig.deleted()).toEqual(['/big/1@2']);
    storage.fate = () => 'stored';
    await rig.engine.compact(2);
    expect(rig.engine.compactedRevision).toBe(2);
    expect(rig.values()).toHaveLength(SIZE - 1);
    await rig.engine.close();
    const again = await reopen(directory);
    expect(again.values()).toHaveLength(SIZE - 1);
    expect(again.deleted()).toEqual(['/big/1@2']);
    await again.engine.close();
  });
});
