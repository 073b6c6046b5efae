import type { Logged, LogRequest, Operation, Reply, UpMessage } from '@confer/shared';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../test-support/raw-client.ts';
import { startCore } from '../test-support/scene.ts';

type Request = Extract<UpMessage, { id: number }>;

let ids = 0;
const request = (message: (id: number) => Request) => message(++ids);
const puts = (count: number, value = 'v'): Operation[] =>
  Array.from({ length: count }, (_, i) => ({
    ...({ type: 'put', path: `/big/${String(i).padStart(5, '0')}`, value } as const),
  }));

/** Somebody who asks a core, one request after the other. */
async function startAsking() {
  const scene = await startCore();
  const client = new RawClient(scene.core);
  client.send({ type: 'hello', version: 1, client: { name: 'ada' } });
  const ask = async (message: (id: number) => Request): Promise<Reply> => {
    const sent = request(message);
    client.send(sent);
    for (;;) {
      await scene.settle();
      const reply = client.received.find((each) => 'id' in each && each.id === sent.id);
      // What is large takes the engine several turns.
      if (reply !== undefined && 'id' in reply) return reply;
    }
  };
  const write = async (note: string, ...operations: Operation[]): Promise<number> => {
    const reply = await ask((id) => ({
      ...{ type: 'commit', id, requestId: `h${id}`, operations, note },
    }));
    if (reply.type !== 'committed') throw new Error(JSON.stringify(reply));
    return reply.revision;
  };
  const put = (path: string, value: string) =>
    write(value.slice(0, 9), { type: 'put', path, value });
  const versions = async (query: { path: string; at?: number; limit?: number }) => {
    const reply = await ask((id) => ({ type: 'history', id, ...query }));
    if (reply.type !== 'logged') throw new Error(JSON.stringify(reply));
    return reply;
  };
  const logged = async (query: Omit<LogRequest, 'type' | 'id'>) => {
    const reply = await ask((id) => ({ type: 'log', id, ...query }));
    if (reply.type !== 'logged') throw new Error(JSON.stringify(reply));
    return reply;
  };
  const codeOf = async (message: (id: number) => Request) => {
    const reply = await ask(message);
    return reply.type === 'error' ? reply.code : reply.type;
  };
  return { scene, ask, write, put, versions, logged, codeOf };
}

async function allVersions(
  read: (next: { at?: number }) => Promise<Logged>,
): Promise<Logged['commits']> {
  return (await wholeLog(read)).commits;
}

/** All pages, with what they tell of a commit put together. */
async function wholeLog(
  read: (next: { at?: number; after?: string }) => Promise<Logged>,
): Promise<{ readonly commits: Logged['commits']; readonly pages: number }> {
  const commits: Logged['commits'] = [];
  let pages = 0;
  for (let next: Logged['next'] | Record<string, never> = {}; next !== undefined; pages++) {
    const page = await read(next);
    for (const commit of page.commits) {
      const last = commits.at(-1);
      if (last?.revision === commit.revision) last.changes.push(...commit.changes);
      else commits.push(commit);
    }
    next = page.next;
  }
  return { commits, pages };
}

describe('get at a revision', () => {
  it('is what the path held then, and says which revision that is', async () => {
    const { put, write, ask } = await startAsking();
    const first = await put('/a', '1');
    const gone = await write('', { type: 'delete', path: '/a' });
    const again = await put('/a', '2');
    const held = async (at: number) => {
      const reply = await ask((id) => ({ type: 'get', id, path: '/a', at }));
      return reply.type === 'got' ? [reply.revision, reply.entry?.value] : reply;
    };
    expect(await held(first - 1)).toEqual([first - 1, undefined]);
    expect(await held(first)).toEqual([first, '1']);
    expect(await held(gone)).toEqual([gone, undefined]);
    expect(await held(again)).toEqual([again, '2']);
  });
});

describe('the history of a path', () => {
  it('is each version of it, with who made it, when and why, however small the pages', async () => {
    const { scene, put, write, versions } = await startAsking();
    const first = await put('/a', '1');
    const time = scene.clock.now();
    const second = await put('/a', '2');
    await put('/b', 'beside');
    const gone = await write('away', { type: 'delete', path: '/', recursive: true });
    const { revision, ...whole } = await versions({ path: '/a' });
    expect(revision).toBe(gone);
    expect(whole).toMatchObject({ compactedRevision: scene.engine.reads.compactedRevision });
    expect(whole).not.toHaveProperty('next');
    const about = { time, actor: 'ada' };
    const change = { type: 'put', path: '/a' };
    const entry = { createRevision: first, updatedAt: time, updatedBy: 'ada' };
    expect(whole.commits).toEqual([
      {
        ...{ ...about, revision: gone, note: 'away' },
        changes: [{ type: 'delete', path: '/a', cause: 'removed' }],
      },
      {
        ...{ ...about, revision: second, note: '2' },
        changes: [
          {
            ...change,
            created: false,
            entry: { ...entry, value: '2', version: 2, modRevision: second },
          },
        ],
      },
      {
        ...{ ...about, revision: first, note: '1' },
        changes: [
          {
            ...change,
            created: true,
            entry: { ...entry, value: '1', version: 1, modRevision: first },
          },
        ],
      },
    ]);
    for (const limit of [1, 2, 3])
      expect(await allVersions((next) => versions({ path: '/a', limit, ...next }))).toEqual(
        whole.commits,
      );
    expect((await versions({ path: '/never' })).commits).toEqual([]);
  });

  it('ends with what there was where history begins, also where a page ends just before it', async () => {
    const { put, ask, versions } = await startAsking();
    const first = await put('/a', '1');
    const second = await put('/b', '1');
    const third = await put('/a', '2');
    await ask((id) => ({ type: 'compact', id, revision: second }));
    const page = await versions({ path: '/a', limit: 1 });
    expect(page).toMatchObject({ compactedRevision: second, next: { at: second } });
    expect(page.commits).toMatchObject([{ revision: third, note: '2' }]);
    const last = await versions({ path: '/a', at: second, limit: 1 });
    expect(last.commits).toMatchObject([
      { revision: first, actor: 'ada', changes: [{ entry: { value: '1' } }] },
    ]);
    expect(last.commits[0]).not.toHaveProperty('note');
    expect(last).not.toHaveProperty('next');
  });

  it('comes in pages of some MiB where its values are long, and of some milliseconds', async () => {
    const { put, versions } = await startAsking();
    for (let i = 0; i < 6; i++) await put('/long', String(i).repeat(500_000));
    const page = await versions({ path: '/long' });
    expect(page.commits.length).toBeLessThan(5);
    const all = await allVersions((next) => versions({ path: '/long', ...next }));
    expect(all.map(({ changes: [put] }) => put?.type === 'put' && put.entry?.value[0])).toEqual([
      ...'543210',
    ]);
  });
});

describe('the log of a subtree', () => {
  it('S6 is each commit that touched it, with its own changes alone', async () => {
    const { put, write, logged } = await startAsking();
    const first = await put('/a/x', '1');
    await put('/a-b', '1');
    const third = await write(
      'both',
      { type: 'put', path: '/a/x', value: '2' },
      { type: 'put', path: '/b', value: '1' },
      { type: 'put', path: '/a', value: '1' },
    );
    const gone = await write('away', { type: 'delete', path: '/a', recursive: true });
    const { commits } = await logged({ path: '/a' });
    expect(commits).toMatchObject([
      {
        ...{ revision: gone, actor: 'ada', note: 'away' },
        changes: [
          { type: 'delete', path: '/a', cause: 'removed' },
          { type: 'delete', path: '/a/x', cause: 'removed' },
        ],
      },
      {
        ...{ revision: third, note: 'both' },
        changes: [
          { type: 'put', path: '/a', created: true },
          { type: 'put', path: '/a/x', created: false },
        ],
      },
      { revision: first, changes: [{ type: 'put', path: '/a/x', created: true }] },
    ]);
    expect(JSON.stringify(commits)).not.toContain('"value"');
    const { commits: withValues } = await logged({ path: '/a', values: true });
    expect(withValues.map(({ changes }) => changes.at(-1))).toMatchObject([
      { prev: { value: '2', modRevision: third, createRevision: first } },
      { entry: { value: '2', version: 2 }, prev: { value: '1', modRevision: first } },
      { entry: { value: '1', version: 1 } },
    ]);
    expect(withValues[2]?.changes[0]).not.toHaveProperty('prev');
  });

  it('comes in pages that go on inside of a large commit', async () => {
    const { put, write, logged } = await startAsking();
    await put('/big/before', '1');
    const large = await write('large', ...puts(9_000));
    await put('/big/after', '1');
    for (const values of [false, true]) {
      const { commits, pages } = await wholeLog((next) =>
        logged({ path: '/big', values, ...next }),
      );
      expect(pages).toBeGreaterThan(2);
      expect(commits.map(({ changes }) => changes.length)).toEqual([1, 9_000, 1]);
      expect(commits[1]?.changes.map(({ path }) => path)).toEqual(
        puts(9_000).map(({ path }) => path),
      );
      const tail = await logged({ path: '/big', values, at: large, after: '/big/08998' });
      expect(tail.commits[0]?.changes).toHaveLength(1);
      const older = await logged({ path: '/big', values, at: large - 1 });
      expect(older.commits).toMatchObject([{ changes: [{ path: '/big/before' }] }]);
    }
  });

  it('comes in pages that may be empty where nobody wrote to the subtree for long', async () => {
    const { put, logged } = await startAsking();
    await put('/rare', '1');
    for (let i = 0; i < 3_000; i++) await put('/hot', '1');
    const first = await logged({ path: '/rare' });
    expect(first.commits).toEqual([]);
    expect(first.next).toBeDefined();
    const { commits } = await wholeLog((next) => logged({ path: '/rare', ...next }));
    expect(commits).toMatchObject([{ changes: [{ path: '/rare' }] }]);
  });

  it('ends where history begins, which it names', async () => {
    const { put, ask, logged } = await startAsking();
    await put('/a', '1');
    const second = await put('/a', '2');
    const third = await put('/a', '3');
    await ask((id) => ({ type: 'compact', id, revision: second }));
    const { commits } = await wholeLog((next) =>
      logged({ path: '/', limit: 1, values: true, ...next }),
    );
    expect(commits).toMatchObject([{ revision: third, changes: [{ prev: { value: '2' } }] }]);
    expect(await logged({ path: '/' })).toMatchObject({ compactedRevision: second });
  });

  it('says since when all is kept, of whatever path, also to who asks about what did not change', async () => {
    const { put, ask, logged, versions } = await startAsking();
    const first = await put('/quiet', '1');
    await put('/a', '2');
    const [oldest] = (await logged({ path: '/a' })).commits;
    await ask((id) => ({ type: 'compact', id, revision: first }));
    const kept = { compactedRevision: first, keptSince: oldest?.time };
    expect(await logged({ path: '/quiet' })).toMatchObject({ ...kept, commits: [] });
    expect(await versions({ path: '/quiet' })).toMatchObject(kept);
    await ask((id) => ({ type: 'compact', id, revision: first + 1 }));
    expect(await logged({ path: '/quiet' })).not.toHaveProperty('keptSince');
  });
});

describe('what was', () => {
  it('is refused outside of history, with a code, and so is what makes no sense', async () => {
    const { put, ask, codeOf } = await startAsking();
    const first = await put('/a', '1');
    const second = await put('/a', '2');
    await ask((id) => ({ type: 'compact', id, revision: second }));
    for (const type of ['get', 'history', 'log'] as const) {
      const read = (at: number) => (id: number) => ({ type, id, path: '/a', at }) as const;
      expect(await codeOf(read(first)), type).toBe('compacted');
      expect(await codeOf(read(second + 1_000)), type).toBe('future_revision');
      expect(await codeOf(read(-1)), type).toBe('invalid_message');
      expect(await codeOf(read(1.5)), type).toBe('invalid_message');
      expect(await codeOf((id) => ({ type, id, path: 'a' })), type).toBe('invalid_path');
    }
    for (const type of ['history', 'log'] as const)
      expect(await codeOf((id) => ({ type, id, path: '/a', limit: 0 }))).toBe('invalid_message');
    const log = (more: object) => (id: number) =>
      ({ type: 'log', id, path: '/a', ...more }) as const;
    expect(await codeOf(log({ after: '/a/b' }))).toBe('invalid_message');
    expect(await codeOf(log({ at: second, after: '/b' }))).toBe('invalid_path');
    expect(await codeOf(log({ at: second, after: '/a//b' }))).toBe('invalid_path');
    expect(await codeOf((id) => ({ type: 'history', id, path: '/' }))).toBe('invalid_path');
  });
});
