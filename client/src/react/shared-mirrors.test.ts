import { describe, expect, it } from 'vitest';
import { commit, entry, giveState, put, startConnected } from '../test-support/scene.ts';
import { Reader } from './reader.ts';
import { selectionOf } from './selection.ts';
import { SharedMirrors } from './shared-mirrors.ts';

function start() {
  const scene = startConnected();
  const mirrors = new SharedMirrors(scene.client, scene.clock);
  let calls = 0;
  const count = () => {
    calls++;
  };
  return { ...scene, mirrors, count, calls: () => calls };
}

describe('the mirrors that components share', () => {
  it('are opened once for all who use a subtree, and closed a while after the last one', async () => {
    const { mirrors, server, clock, count, client } = start();
    const leave = [mirrors.use('/app', count), mirrors.use('/app', count)];
    const watch = giveState(server, 3, entry('/app/a', '1'));
    for (const each of leave) each();
    await clock.advance(4_900);
    expect(server.untaken).toEqual([]);
    mirrors.use('/app', count)();
    await clock.advance(4_900);
    expect(server.untaken).toEqual([]);
    expect(mirrors.complete('/app')?.value('/app/a')).toBe('1');
    await clock.advance(200);
    expect(server.take('unwatch').watch).toBe(watch);
    expect(mirrors.complete('/app')).toBeUndefined();
    expect(client.diagnostics().watches).toEqual([]);
  });

  it('that one component leaves twice still count the others', async () => {
    const { mirrors, server, clock, count } = start();
    const leave = mirrors.use('/app', count);
    mirrors.use('/app', count);
    giveState(server, 3);
    leave();
    leave();
    await clock.advance(10_000);
    expect(server.untaken).toEqual([]);
  });

  it('show nothing before they are complete, and call back when they are', () => {
    const { mirrors, server, count, calls } = start();
    mirrors.use('/app', count);
    expect(mirrors.complete('/app')).toBeUndefined();
    giveState(server, 3, entry('/app/a', '1'));
    expect(mirrors.complete('/app')?.value('/app/a')).toBe('1');
    expect(calls()).toBe(1);
  });

  it('are asked for again by who comes after a refusal', () => {
    const { mirrors, server, count } = start();
    const leave = mirrors.use('/app', count);
    const refuse = () =>
      server.say({
        ...{ type: 'error', id: server.take('watch').id },
        ...{ code: 'forbidden', message: 'no' },
      });
    refuse();
    expect(mirrors.status.mirrors).toBe('failed');
    leave();
    mirrors.use('/app', count);
    giveState(server, 3, entry('/app/a', '1'));
    expect(mirrors.status.mirrors).toBe('live');
  });

  it('of a closed client show what they had, and new ones show nothing', async () => {
    const { mirrors, server, count, client } = start();
    mirrors.use('/app', count);
    giveState(server, 3, entry('/app/a', '1'));
    void client.close();
    expect(mirrors.complete('/app')?.value('/app/a')).toBe('1');
    mirrors.use('/other', count)();
    expect(mirrors.complete('/other')).toBeUndefined();
    expect(mirrors.status).toMatchObject({ connection: { kind: 'closed' }, mirrors: 'closed' });
  });
});

describe('the status of all that components show', () => {
  it('is that of the worst mirror, and since when the oldest is stale (W8)', () => {
    const { mirrors, server, clock, count, calls } = start();
    expect(mirrors.status).toMatchObject({ connection: { kind: 'open' }, mirrors: undefined });
    const leave = mirrors.observeStatus(count);
    mirrors.use('/a', () => {});
    giveState(server, 1);
    mirrors.use('/b', () => {});
    expect(mirrors.status.mirrors).toBe('syncing');
    giveState(server, 1);
    expect(mirrors.status).toMatchObject({ mirrors: 'live', staleSince: undefined });
    expect(mirrors.status).toBe(mirrors.status);
    const heard = calls();
    server.end();
    expect(calls()).toBeGreaterThan(heard);
    expect(mirrors.status).toMatchObject({
      ...{ connection: { kind: 'waiting' }, mirrors: 'stale', staleSince: clock.now() },
    });
    leave();
  });
});

describe('what a component reads', () => {
  it('comes from the mirror of the subtree of the provider where that has the path', () => {
    const { mirrors, server } = start();
    const reader = new Reader(mirrors, '/shop', []);
    const stores = [reader.valueAt('/shop/db/pool'), reader.valueAt('/shop/motd')];
    for (const { subscribe } of stores) subscribe(() => {});
    reader.entriesAt('/shop/db').subscribe(() => {});
    expect(server.take('watch').path).toBe('/shop');
    expect(server.untaken).toEqual([]);
    reader.valueAt('/other/deep/value').subscribe(() => {});
    expect(server.take('watch').path).toBe('/other/deep');
  });

  it('comes from a mirror of the folder, and never of everything, where no subtree is named', () => {
    const { mirrors, server } = start();
    const reader = new Reader(mirrors, undefined, []);
    reader.valueAt('/shop/db/pool').subscribe(() => {});
    reader.valueAt('/motd').subscribe(() => {});
    expect(server.take('watch').path).toBe('/shop/db');
    expect(server.take('watch').path).toBe('/motd');
  });

  it('is the bootstrap until the mirror is complete, also where that then has no such entry', () => {
    const { mirrors, server } = start();
    const reader = new Reader(mirrors, '/shop', [entry('/shop/a', 'old'), entry('/shop/b', 'old')]);
    const [a, b] = [reader.valueAt('/shop/a'), reader.valueAt('/shop/b')];
    const all = reader.entriesAt('/shop');
    a.subscribe(() => {});
    expect([a.read(), b.read(), all.read().length]).toEqual(['old', 'old', 2]);
    giveState(server, 9, entry('/shop/a', 'new', 9));
    expect([a.read(), b.read(), all.read().length]).toEqual(['new', undefined, 1]);
    expect([a.readFirst(), b.readFirst(), all.readFirst().length]).toEqual(['old', 'old', 2]);
  });

  it('is the same list until an entry of it changes', () => {
    const { mirrors, server } = start();
    const store = new Reader(mirrors, '/shop', []).entriesAt('/shop/db');
    store.subscribe(() => {});
    const watch = giveState(server, 1, entry('/shop/db/pool', '1'), entry('/shop/motd', 'x'));
    const first = store.read();
    const say = (path: string, revision: number) =>
      server.say({
        ...{ type: 'commits', watch, from: revision - 1, to: revision },
        commits: [commit(revision, put(path, `${revision}`))],
      });
    say('/shop/motd', 2);
    expect(store.read()).toBe(first);
    say('/shop/db/pool', 3);
    expect(store.read()).not.toBe(first);
    expect(store.read().map(({ value }) => value)).toEqual(['3']);
  });
});

describe('a part of a configuration', () => {
  it('is selected once for each object, so that one which is made anew each time comes to rest', () => {
    let value: { a: number; b: number } | undefined;
    const read = selectionOf({ getSnapshot: () => value }, ({ a }) => ({ a }));
    expect(read()).toBeUndefined();
    value = { a: 1, b: 1 };
    const first = read();
    expect(first).toEqual({ a: 1 });
    expect(read()).toBe(first);
    value = { a: 2, b: 1 };
    expect(read()).toEqual({ a: 2 });
  });
});
