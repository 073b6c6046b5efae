import { describe, expect, it } from 'vitest';
import { FakeTab, startTwoTabs, startWorker } from '../test-support/fake-tabs.ts';

const get = (id: number, path = '/a') => ({ type: 'get', id, path });
const watch = (id: number) => ({ type: 'watch', id, path: '/a', mode: 'state' });
const beat = (revision: number) => ({ type: 'heartbeat', revision }) as const;
const part = (id: number, number: number, more: boolean) => ({
  ...{ type: 'commit', id, requestId: `r${id}`, part: number, ...(more && { more }) },
  operations: [{ type: 'put', path: '/a', value: `${number}` }],
});

describe('the tabs of a browser', () => {
  it('share a connection where server, token and client are equal, and no other', () => {
    const { open, network } = startWorker();
    const [hello, other] = [{ token: 'a', client: { name: 'app' } }, { token: 'b' }];
    open(hello);
    open(hello);
    expect(network.connections.length).toBe(1);
    open(other);
    open({ ...hello, client: { name: 'another' } });
    open(hello, 'ws://two:7480/v1');
    expect(network.connections.length).toBe(4);
  });

  it('are each answered what they asked, under their own numbers', () => {
    const { one, two, server } = startTwoTabs();
    one.send(get(1, '/one'));
    two.send(get(1, '/two'));
    const [first, second] = [server.take('get'), server.take('get')];
    expect(first.id).not.toBe(second.id);
    server.say({ type: 'got', id: second.id, revision: 2, entry: null });
    server.say({ type: 'got', id: first.id, revision: 1, entry: null });
    expect(one.take('got')).toMatchObject({ id: 1, revision: 1 });
    expect(two.take('got')).toMatchObject({ id: 1, revision: 2 });
  });

  it('are each told of their own watches alone', () => {
    const { one, two, server } = startTwoTabs();
    one.send(watch(1));
    const first = server.acceptWatch();
    two.send(watch(1));
    const second = server.acceptWatch();
    server.say({ type: 'synced', watch: second, revision: 3 });
    expect(one.untaken).toEqual(['watching']);
    expect(two.untaken).toEqual(['watching', 'synced']);
    server.say({ type: 'synced', watch: first, revision: 4 });
    expect(one.untaken).toEqual(['watching', 'synced']);
  });

  it('may not end a watch of another tab, or prove it', () => {
    const { one, two, server } = startTwoTabs();
    one.send(watch(1));
    const name = server.acceptWatch();
    for (const type of ['unwatch', 'verify']) {
      two.send({ type, id: 7, watch: name });
      expect(two.take('error')).toMatchObject({ id: 7, code: 'unknown_watch' });
    }
    expect(server.untaken).toEqual([]);
  });

  it('that are given a name which another has left get what is of the new watch', () => {
    const { one, two, server } = startTwoTabs();
    one.send(watch(1));
    const name = server.acceptWatch();
    one.send({ type: 'unwatch', id: 2, watch: name });
    two.send(watch(1));
    const { id } = server.take('watch');
    server.say({ type: 'watching', id, watch: name, revision: 1 });
    server.say({ type: 'unwatched', id: server.take('unwatch').id });
    server.say({ type: 'synced', watch: name, revision: 1 });
    expect(one.untaken).toEqual(['watching', 'unwatched']);
    expect(two.untaken).toEqual(['watching', 'synced']);
  });

  it('all hear heartbeats and goodbyes; the answer has the least that they applied', () => {
    const { one, two, server } = startTwoTabs();
    server.say(beat(5));
    expect(server.take('heartbeat').applied).toBe(5);
    one.send({ type: 'heartbeat', applied: 5 });
    two.send({ type: 'heartbeat', applied: 3 });
    server.say(beat(9));
    expect(server.take('heartbeat').applied).toBe(3);
    server.say({ type: 'goodbye', code: 'shutting_down', message: 'bye', retryInMs: 5 });
    for (const tab of [one, two])
      expect(tab.untaken).toEqual(['heartbeat', 'heartbeat', 'goodbye']);
  });

  it('are told how their connection ended, and come back to one that is new', () => {
    const { one, two, server, open, network } = startTwoTabs();
    server.end(4401, 'who are you');
    for (const tab of [one, two])
      expect(tab.closedBy).toMatchObject({ code: 4401, reason: 'who are you' });
    open();
    expect(network.connections.length).toBe(2);
  });
});

describe('a tab that comes later', () => {
  it('is welcomed with what is so now: revision, and for how long the token holds', async () => {
    const { open, network, clock } = startWorker();
    open();
    const server = network.last;
    server.open();
    server.take('hello');
    const limits = {
      ...{
        pathBytesMax: 1,
        valueBytesMax: 1,
        frameBytesMax: 10_000,
        messageBytesMax: 1000,
        operationsMax: 1,
      },
      ...{ watchesMax: 1, requestsMax: 1, commitBytesMax: 1, waitingBytesMax: 1 },
    };
    server.say({
      ...{ type: 'welcome', version: 1, session: 's', epoch: 'e', revision: 4, limits },
      ...{ heartbeatMs: 60_000, expiresInMs: 9_000 },
    });
    server.say({ type: 'heartbeat', revision: 7, behindMs: 100 });
    await clock.advance(2_000);
    const late = open();
    expect(late.take('welcome')).toMatchObject({ revision: 7, expiresInMs: 7_000 });
    expect(late.take('heartbeat')).toMatchObject({ behindMs: 100 });
    expect(network.connections.length).toBe(1);
  });

  it('is not welcomed before the first one', () => {
    const { open, network } = startWorker();
    const [one, two] = [open(), open()];
    expect([one.untaken, two.untaken]).toEqual([[], []]);
    network.last.welcome();
    expect([one.untaken, two.untaken]).toEqual([['welcome'], ['welcome']]);
  });
});

describe('the limits of a connection', () => {
  it('are kept by all tabs together, which take turns', () => {
    const { one, two, server } = startTwoTabs({ requestsMax: 2 });
    for (const id of [1, 2]) one.send(get(id, '/one'));
    two.send(get(1, '/two'));
    expect(server.untaken).toEqual(['get', 'get']);
    server.say({ type: 'got', id: server.take('get').id, revision: 1, entry: null });
    one.send(get(3, '/one'));
    expect(server.untaken).toEqual(['get', 'get']);
    expect(server.sent).toMatchObject([{ path: '/one' }, { path: '/two' }]);
  });

  it('of bytes are kept, too', () => {
    const { one, two, server } = startTwoTabs({ waitingBytesMax: 60 });
    one.send(get(1, '/one'));
    two.send(get(1, '/a-path-that-is-a-little-longer'));
    expect(server.untaken).toEqual(['get']);
    server.say({ type: 'got', id: server.take('get').id, revision: 1, entry: null });
    expect(server.untaken).toEqual(['get']);
  });

  it.each([
    ['asks for more than a connection may', 4429, [get(1), get(2), get(3)]],
    ['sends a frame that is too large', 4413, [get(1, `/${'a'.repeat(2_000)}`)]],
    ['sends what is no JSON', 4400, ['{']],
    ['sends a request without a number', 4400, [{ type: 'get', path: '/a' }]],
    ['says hello twice', 4400, [{ type: 'hello', version: 1 }]],
    ['ends no commit that it has begun', 4400, [part(1, 0, true), get(2)]],
  ])('end the tab alone that %s', (_, code, frames) => {
    const { one, two, server } = startTwoTabs({ requestsMax: 2, messageBytesMax: 1_000 });
    for (const frame of frames) one.send(frame);
    expect(one.closedBy?.code).toBe(code);
    expect([two.closedBy, server.closedBy]).toEqual([undefined, undefined]);
    two.send(get(1));
    expect(server.untaken).toContain('get');
  });

  it('end a tab whose first message is no hello', () => {
    const { hub, network } = startWorker();
    const tab = new FakeTab();
    hub.accept(tab);
    tab.say({ type: 'open', url: 'ws://one:7480/v1' });
    tab.send(get(1));
    expect(tab.closedBy?.code).toBe(4400);
    expect(network.connections).toEqual([]);
  });

  it('end a tab that takes nothing before it has filled the memory, and no other', () => {
    const { one, two, server } = startTwoTabs();
    one.send(watch(1));
    const name = server.acceptWatch();
    const entry = {
      ...{ path: '/a', value: 'x'.repeat(2 ** 24), createRevision: 1, modRevision: 1 },
      ...{ version: 1, updatedAt: 1, updatedBy: 'a' },
    };
    const page = JSON.stringify({ type: 'snapshot', watch: name, revision: 1, entries: [entry] });
    for (let i = 0; i < 16; i++) {
      server.sayRaw(page);
      one.say({ type: 'taken', chars: page.length });
    }
    expect(one.closedBy).toBeUndefined();
    for (let i = 0; i < 16; i++) server.sayRaw(page);
    expect([one.closedBy?.code, two.closedBy]).toEqual([4408, undefined]);
  });
});

describe('a commit in parts', () => {
  it('is sent in one piece, whatever other tabs ask meanwhile', () => {
    const { one, two, server } = startTwoTabs();
    one.send(part(1, 0, true));
    two.send(get(1));
    expect(server.untaken).toEqual(['get']);
    one.send(part(1, 1, false));
    expect(server.untaken).toEqual(['get', 'commit', 'commit']);
    const [first, second] = [server.take('commit'), server.take('commit')];
    expect(first).toMatchObject({ part: 0, more: true });
    expect(second).toMatchObject({ part: 1, id: first.id });
  });

  it('is not sent at all where its tab is gone in the middle of it', () => {
    const { one, server } = startTwoTabs();
    one.send(part(1, 0, true));
    one.say({ type: 'close', code: 1000 });
    expect(server.untaken).toEqual([]);
  });
});
