import { describe, expect, test } from 'vitest';
import { giveState, startClient, startConnected, startMirrored } from '../test-support/scene.ts';

describe('W8: `lost`', () => {
  test('is told once, when an outage has lasted for the grace time', async () => {
    const { client, clock, mirror, server } = startMirrored();
    const told: string[] = [];
    client.on('lost', ({ since }) => told.push(`client ${clock.now() - since}`));
    mirror.on('lost', ({ since }) => told.push(`mirror ${clock.now() - since}`));
    server.end();
    await clock.advance(9_999);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told.sort()).toEqual(['client 10000', 'mirror 10000']);
    await clock.advance(60_000);
    expect(told).toHaveLength(2);
  });

  test('counts from the last word of a server that went silent, not from when that was noticed', async () => {
    const { client, clock, mirror, server } = startMirrored();
    const told: number[] = [];
    client.on('lost', ({ since }) => told.push(since));
    mirror.on('lost', ({ since }) => told.push(since));
    await clock.advance(4_000);
    server.say({ type: 'heartbeat', revision: 6 });
    const heardAt = clock.now();
    await clock.advance(29_999);
    expect(mirror).toMatchObject({ status: 'live', staleSince: undefined });
    await clock.advance(2);
    expect(mirror).toMatchObject({ status: 'stale', staleSince: heardAt });
    await clock.advance(1);
    expect(told).toEqual([heardAt, heardAt]);
  });

  test('is not told of an outage that ends before that, and is told anew of the next one', async () => {
    const { clock, mirror, network, server } = startMirrored();
    let told = 0;
    mirror.on('lost', () => told++);
    const comeBack = async () => {
      await clock.advance(250);
      network.last.welcome();
      network.last.say({ type: 'synced', watch: network.last.acceptWatch(), revision: 5 });
    };
    server.end();
    await comeBack();
    await clock.advance(9_000);
    expect([mirror.status, told]).toEqual(['live', 0]);
    network.last.end();
    await clock.advance(10_000);
    expect(told).toBe(1);
    expect(mirror.staleSince).toBeDefined();
  });

  test('is told of a client that never reached anybody, after its own grace time', async () => {
    const { client, clock } = startClient({ timeouts: { graceMs: 100 } });
    const mirror = client.mirror('/app');
    let told = 0;
    client.on('lost', () => told++);
    mirror.on('lost', () => told++);
    await clock.advance(100);
    expect(told).toBe(2);
  });

  test('of a mirror is told while the connection is fine, too', async () => {
    const { client, clock, server } = startConnected({ timeouts: { graceMs: 100 } });
    const told: string[] = [];
    client.on('lost', () => told.push('client'));
    client.mirror('/app').on('lost', () => told.push('mirror'));
    await clock.advance(100);
    expect(told).toEqual(['mirror']);
    giveState(server, 5);
  });

  test('is not told after the end, nor of a mirror that was refused', async () => {
    const closed = startMirrored();
    const refused = startConnected({ timeouts: { graceMs: 100 } });
    let told = 0;
    closed.client.on('lost', () => told++);
    closed.mirror.on('lost', () => told++);
    refused.client.mirror('/app').on('lost', () => told++);
    closed.server.end();
    void closed.client.close();
    const { id } = refused.server.take('watch');
    refused.server.say({ type: 'error', id, code: 'too_many_watches', message: 'no more' });
    await closed.clock.advance(60_000);
    await refused.clock.advance(20_000);
    expect(told).toBe(0);
    expect(closed.clock.pending).toBe(0);
  });

  test('is told of a client that every server refuses', async () => {
    const { client, clock, network } = startClient({ timeouts: { graceMs: 100 } });
    let told = 0;
    client.on('lost', () => told++);
    network.last.end(4401, 'no');
    await clock.advance(100);
    expect(told).toBe(1);
  });
});

describe('`checkNow`', () => {
  test('of a waiting client connects at once, without waiting for the next try', async () => {
    const { client, network } = startClient();
    network.last.end();
    expect(client.status.kind).toBe('waiting');
    client.checkNow();
    expect(client.status.kind).toBe('connecting');
    expect(network.connections).toHaveLength(2);
    client.checkNow();
    expect(network.connections).toHaveLength(2);
  });

  test('W8 gives an open connection up that does not answer soon', async () => {
    const { client, clock, mirror, server } = startMirrored();
    client.checkNow();
    server.take('status');
    await clock.advance(5_000);
    expect(mirror.status).toBe('live');
    await clock.advance(1);
    expect(mirror.status).toBe('stale');
    expect(server.closedBy).toEqual({ code: 4408, reason: 'the server was silent for 5000 ms' });
  });

  test('leaves an open connection alone that answers', async () => {
    const { client, clock, mirror, server } = startMirrored();
    client.checkNow();
    server.take('status');
    await clock.advance(4_999);
    server.say({ type: 'heartbeat', revision: 5 });
    await clock.advance(29_999);
    expect(mirror.status).toBe('live');
  });

  test('does nothing after the client is closed', async () => {
    const { client, clock, network } = startClient();
    network.last.end(4401, 'no');
    void client.close();
    client.checkNow();
    expect([client.status.kind, clock.pending]).toEqual(['closed', 0]);
    expect(network.connections).toHaveLength(1);
  });
});
