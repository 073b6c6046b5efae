import { config } from '@confer/client/config';
import { metricsOf } from '@confer/client/metrics';
import { startTestServer, type TestServer } from '@confer/client/testing';
import { createServer } from '@confer/server';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readExposition } from '../../server/src/test-support/exposition.ts';
import { withFilesOf } from '../support/docs.ts';
import { pageOf } from '../support/guide.ts';
import { Program } from '../support/process.ts';

let server: TestServer | undefined;
afterEach(() => server?.close());

function starting() {
  const started = startTestServer({ '/shop': { port: 8080 } });
  server = started;
  const client = started.connect();
  return { server: started, client };
}

/** The samples of a page that are not zero. */
function samplesOf(page: string): Readonly<Record<string, number>> {
  const all = [...readExposition(page).values()].flatMap(({ samples }) => [...samples]);
  return Object.fromEntries(all.filter(([, value]) => value !== 0));
}

describe('the metrics of a client', () => {
  it('say that it is well, as a page to the letter', async () => {
    const { client } = starting();
    const mirror = client.mirror('/shop');
    const { revision } = await mirror.ready();
    const samples = samplesOf(metricsOf(client).text());
    expect(samples).toEqual({
      'confer_client_status{status="open"}': 1,
      confer_client_connection_attempts_total: 1,
      confer_client_connections_total: 1,
      confer_client_server_revision: revision,
      confer_client_watches: 1,
      confer_client_applied_revision: revision,
    });
  });

  it('W8 say for how long what it shows has been stale, and of an outage that lasted', async () => {
    const { server, client } = starting();
    await client.mirror('/shop').ready();
    const metrics = metricsOf(client);
    await server.stop();
    await server.advance(60_000);
    const samples = samplesOf(metrics.text());
    expect(samples['confer_client_status{status="open"}']).toBe(undefined);
    expect(samples).toMatchObject({
      confer_client_watches_not_live: 1,
      confer_client_outages_total: 1,
    });
    expect(samples.confer_client_stale_seconds).toBeGreaterThanOrEqual(60);
    await server.start();
    await server.advance(60_000);
    expect(samplesOf(metrics.text())).toMatchObject({ confer_client_connections_total: 2 });
    expect(samplesOf(metrics.text()).confer_client_stale_seconds).toBe(undefined);
  });

  it('count how often it began anew, also of watches that are gone', async () => {
    const { server, client } = starting();
    const mirror = client.mirror('/shop');
    await mirror.ready();
    const metrics = metricsOf(client);
    const resyncs = () => samplesOf(metrics.text())['confer_client_resyncs_total{reason="epoch"}'];
    expect(resyncs()).toBe(undefined);
    await server.restore({ '/shop': { port: 1 } });
    await server.advance(60_000);
    expect(resyncs()).toBe(1);
    mirror.close();
    await server.settle();
    expect(resyncs()).toBe(1);
    await client.mirror('/shop').ready();
    expect(resyncs()).toBe(1);
  });

  it('count what its configurations refuse, and let go of them', async () => {
    const { server, client } = starting();
    const settings = config(client, '/shop', z.object({ port: z.number() }));
    await settings.ready();
    const metrics = metricsOf(client, { configs: [settings] });
    await server.set('/shop/port', 'none');
    expect(samplesOf(metrics.text())).toMatchObject({
      confer_client_configs_rejected_total: 1,
      confer_client_configs_rejected: 1,
    });
    await server.set('/shop/port', '1');
    metrics.stop();
    await server.set('/shop/port', 'none');
    expect(samplesOf(metrics.text())).toMatchObject({ confer_client_configs_rejected_total: 1 });
  });

  it('hold no path and no value', async () => {
    const { server, client } = starting();
    await server.set('/shop/secret-path', 'secret-value');
    await client.mirror('/shop/secret-path').ready();
    expect(metricsOf(client).text()).not.toContain('secret');
  });

  it('have each its line in docs/metrics.md', () => {
    const { client } = starting();
    const [, ofClient = ''] = pageOf('docs/metrics.md').split('## Metrics of a client');
    expect(ofClient.match(/^\| `\w+` \| .*$/gm)).toEqual(
      metricsOf(client)
        .read()
        .map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`),
    );
  });
});

it('docs/metrics.md shows a program that has them on a page', async () => {
  const real = await createServer({ engine: 'memory', port: 0, transport: 'ws' });
  await withFilesOf('docs/metrics.md', async ([script = '']) => {
    const program = new Program(script, [], { env: { CONFER_URL: real.url } });
    const url = await program.saw(({ stdout }) => /^http\S+/.exec(stdout)?.[0]);
    const page = await (await fetch(url)).text();
    expect(samplesOf(page)).toMatchObject({ 'confer_client_status{status="open"}': 1 });
    await program.kill();
  });
  await real.close();
});
