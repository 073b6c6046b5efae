import { describe, expect, it } from 'vitest';
import { leasesOf } from '../coordination.ts';
import { startTestServer } from '../testing.ts';

const TTL_MS = 10_000;

async function leased() {
  const server = startTestServer();
  const client = server.connect({ client: { name: 'holder' } });
  const lease = await client.lease({ ttlMs: TTL_MS });
  await client.set('/s/a', '1', { lease: lease.id });
  return { server, client, lease };
}

describe('leases of a test server', () => {
  it('last as long as their holder is there, whatever time passes', async () => {
    const { server, lease } = await leased();
    await server.advance(100 * TTL_MS);
    expect([lease.status, server.get('/s/a')?.value]).toEqual(['held', '1']);
    await server.close();
    // It was kept alive at each third of its TTL.
    await server.advance(TTL_MS / 2);
    expect(server.get('/s/a')?.value).toBe('1');
    await server.advance(TTL_MS / 2);
    expect(server.get('/s/a')).toBeUndefined();
  });

  it('are lost to a holder who hears nothing, before the server ends them', async () => {
    const { server, lease } = await leased();
    await server.freeze();
    const aborted: unknown[] = [];
    lease.signal.addEventListener('abort', () => aborted.push(server.get('/s/a')?.value));
    await server.advance(TTL_MS);
    expect([lease.status, lease.loss?.reason, aborted]).toEqual(['lost', 'unconfirmed', ['1']]);
    // It stood still, and finds out now: before it reads what came meanwhile.
    expect(server.get('/s/a')?.value).toBe('1');
    await server.thaw();
    expect(server.get('/s/a')).toBeUndefined();
  });

  it('begin their TTL anew when the server starts, and when a backup is put back', async () => {
    const { server, client, lease } = await leased();
    await client.close();
    await server.stop();
    await server.advance(10 * TTL_MS);
    await server.start();
    await server.advance(TTL_MS - 1);
    expect(server.get('/s/a')?.lease).toBe(lease.id);
    await server.restore();
    await server.advance(TTL_MS - 1);
    expect(server.get('/s/a')?.lease).toBe(lease.id);
    const reader = server.connect();
    expect(await leasesOf(reader).show(lease.id)).toMatchObject({ remainingMs: 1, entries: 1 });
    await server.advance(1);
    expect(server.get('/s/a')).toBeUndefined();
    await server.restore({ '/s/b': '1' });
    expect((await leasesOf(server.connect()).list()).leases).toEqual([]);
  });

  it('are ended by others, which their holder is told of at the next look', async () => {
    const { server, lease } = await leased();
    const other = server.connect();
    expect(await leasesOf(other).revoke(lease.id)).toMatchObject({ removed: 1 });
    await server.advance(TTL_MS / 2);
    expect(lease.loss?.reason).toBe('over');
  });

  it('are one and the same for each try of a request (S4)', async () => {
    const server = startTestServer();
    const client = server.connect();
    await server.freeze();
    const granting = client.lease({ ttlMs: TTL_MS });
    await server.disconnect();
    await server.thaw();
    await server.advance(1_000);
    const lease = await granting;
    expect((await leasesOf(client).list()).leases.map(({ id }) => id)).toEqual([lease.id]);
  });

  it('are not shown among data, and take at most 10,000 entries', async () => {
    const { server, client, lease } = await leased();
    expect((await client.list('/')).entries.map(({ path }) => path)).toEqual(['/s/a']);
    const operations = Array.from({ length: 10_000 }, (_, i) => ({
      ...({ type: 'put', path: `/many/${i}`, value: '1', lease: lease.id } as const),
    }));
    await expect(client.commit({ operations })).rejects.toMatchObject({ code: 'too_large' });
    await client.commit({ operations: operations.slice(1) });
    expect((await leasesOf(client).show(lease.id)).paths).toHaveLength(10_000);
    const { revision } = server;
    expect(await lease.revoke()).toEqual({ revision: revision + 1, removed: 10_000 });
  });
});
