import { describe, expect, it } from 'vitest';
import { startTwoTabs, startWorker } from '../test-support/fake-tabs.ts';

const watch = (id: number) => ({ type: 'watch', id, path: '/a', mode: 'state' });
const beat = (revision: number) => ({ type: 'heartbeat', revision }) as const;

describe('a tab that is gone', () => {
  it.each(['closes its socket', 'dies while it holds its lock', 'has lost its port'])(
    'has its watches ended, and those that are asked for; the others go on: it %s',
    (how) => {
      const { one, two, server, locks } = startTwoTabs();
      one.send(watch(1));
      const name = server.acceptWatch();
      one.send(watch(2));
      two.send(watch(1));
      if (how.startsWith('closes')) one.say({ type: 'close', code: 1000 });
      else if (how.startsWith('dies')) locks.get('lock 1')?.();
      else one.vanish();
      expect(server.take('unwatch').watch).toBe(name);
      const late = server.acceptWatch();
      expect(server.take('unwatch').watch).toBe(late);
      const others = server.acceptWatch();
      server.say({ type: 'synced', watch: others, revision: 1 });
      expect(two.untaken).toEqual(['watching', 'synced']);
      expect([one.untaken, server.closedBy]).toEqual([['watching'], undefined]);
    },
  );

  it('without a word is ended once it has let three heartbeats go by, as a server would do', () => {
    const { one, two, server } = startTwoTabs();
    one.send(watch(1));
    const name = server.acceptWatch();
    for (let revision = 1; revision <= 4; revision++) {
      server.say(beat(revision));
      two.send({ type: 'heartbeat', applied: revision });
    }
    expect(one.closedBy).toMatchObject({ code: 4408 });
    expect(two.closedBy).toBeUndefined();
    expect(server.take('unwatch').watch).toBe(name);
  });

  it('closes the connection where it was the last one', () => {
    const { one, two, server, open, network } = startTwoTabs();
    one.say({ type: 'close', code: 1000 });
    expect(server.closedBy).toBeUndefined();
    two.say({ type: 'close', code: 1000 });
    expect(server.closedBy).toMatchObject({ code: 1000 });
    open();
    expect(network.connections.length).toBe(2);
  });

  it('has nothing sent that still waited for its turn', () => {
    const { one, server } = startTwoTabs({ requestsMax: 1 });
    one.send(watch(1));
    const name = server.acceptWatch();
    for (const id of [2, 3]) one.send({ type: 'get', id, path: '/a' });
    one.say({ type: 'close', code: 1000 });
    server.say({ type: 'got', id: server.take('get').id, revision: 1, entry: null });
    expect(server.take('unwatch').watch).toBe(name);
    expect(server.untaken).toEqual([]);
  });

  it('gets no answer any more, and leaves room for the requests of others', () => {
    const { one, two, server } = startTwoTabs({ requestsMax: 1 });
    const get = (path: string) => ({ type: 'get', id: 1, path });
    one.send(get('/one'));
    two.send(get('/two'));
    one.say({ type: 'close', code: 1000 });
    server.say({ type: 'got', id: server.take('get').id, revision: 1, entry: null });
    server.say({ type: 'got', id: server.take('get').id, revision: 2, entry: null });
    expect([one.untaken, two.take('got').revision]).toEqual([[], 2]);
  });
});

describe('a server that is gone', () => {
  it('W8 is given up for all tabs after three silent heartbeats', async () => {
    const { one, two, server, clock } = startTwoTabs({ heartbeatMs: 1_000 });
    await clock.advance(2_900);
    expect(one.closedBy).toBeUndefined();
    await clock.advance(200);
    for (const tab of [one, two, server]) expect(tab.closedBy).toMatchObject({ code: 4408 });
  });

  it('W8 is looked at again when one tab has given it up, so that nobody joins a dead connection for long', async () => {
    const { one, two, server, clock } = startTwoTabs({ heartbeatMs: 10_000 });
    one.say({ type: 'close', code: 4408 });
    expect(server.untaken).toEqual(['status']);
    await clock.advance(4_900);
    expect(two.closedBy).toBeUndefined();
    await clock.advance(200);
    expect(two.closedBy).toMatchObject({ code: 4408 });
  });

  it('W8 goes on where it answers that look', async () => {
    const { one, two, server, clock } = startTwoTabs({ heartbeatMs: 10_000 });
    one.say({ type: 'close', code: 4408 });
    const { id } = server.take('status');
    server.say({ type: 'error', id, code: 'unavailable', message: 'busy' });
    await clock.advance(9_900);
    expect([two.closedBy, two.untaken]).toEqual([undefined, []]);
  });

  it('W8 that never welcomes is given up for all, however many come after each other', async () => {
    const { open, network, clock } = startWorker();
    const first = open();
    await clock.advance(4_000);
    const second = open();
    first.say({ type: 'close', code: 4408 });
    await clock.advance(1_100);
    expect(second.closedBy).toMatchObject({ code: 4408 });
    expect(network.last.closedBy).toMatchObject({ code: 4408 });
    expect(clock.pending).toBe(0);
  });
});

describe('a token that is renewed', () => {
  const welcomed = () => {
    const worker = startWorker();
    const [one, two] = [worker.open({ token: 'old' }), worker.open({ token: 'old' })];
    const server = worker.network.last;
    server.welcome();
    for (const tab of [one, two]) tab.take('welcome');
    one.send({ type: 'renew', id: 1, token: 'new' });
    const { id, token } = server.take('renew');
    expect(token).toBe('new');
    server.say({ type: 'renewed', id, expiresInMs: 60_000 });
    expect(one.take('renewed').expiresInMs).toBe(60_000);
    return { ...worker, one, two, server };
  };

  it('by one tab is renewed for all: the same from another is answered at once', async () => {
    const { two, server, clock } = welcomed();
    server.take('hello');
    await clock.advance(1_000);
    two.send({ type: 'renew', id: 4, token: 'new' });
    expect(two.take('renewed')).toEqual({ type: 'renewed', id: 4, expiresInMs: 59_000 });
    expect(server.untaken).toEqual([]);
    two.send({ type: 'renew', id: 5, token: 'newer' });
    expect(server.untaken).toEqual(['renew']);
  });

  it('is what a tab has to bring from then on: with the old one it has a connection of its own', () => {
    const { open, network } = welcomed();
    expect(open({ token: 'new' }).take('welcome').expiresInMs).toBe(60_000);
    expect(network.connections.length).toBe(1);
    open({ token: 'old' });
    expect(network.connections.length).toBe(2);
  });

  it('and refused changes nothing for the others', () => {
    const { two, open, server, network } = welcomed();
    two.send({ type: 'renew', id: 5, token: 'stolen' });
    const { id } = server.take('renew');
    server.say({ type: 'error', id, code: 'forbidden', message: 'another principal' });
    expect(two.take('error').code).toBe('forbidden');
    open({ token: 'new' });
    expect(network.connections.length).toBe(1);
    open({ token: 'stolen' });
    expect(network.connections.length).toBe(2);
  });
});
