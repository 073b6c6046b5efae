import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connect } from '@confer/client';
import { createServer } from '@confer/server';
import { describe, expect, it } from 'vitest';
import { readExposition } from '../../server/src/test-support/exposition.ts';
import { pageOf } from '../support/guide.ts';
import { CLI, Program } from '../support/process.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { TRANSPORTS } from '../support/transports.ts';
import { isPrometheusHere, promtool } from './prometheus.ts';
import { RULES_FILE } from './queries.ts';

const run = promisify(execFile);

describe.each(TRANSPORTS)('a server over %s', (transport) => {
  it('says to curl what docs/metrics.md shows, and to the command what it asks', async () => {
    const server = await createServer({ engine: 'memory', port: 0, transport });
    const guide = /^```console\n([\s\S]*?)^```$/m.exec(pageOf('docs/metrics.md'))?.[1] ?? '';
    const commands = [...guide.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)];
    expect(commands).toHaveLength(3);
    for (const [, command = '', shown = ''] of commands) {
      const here = command.replaceAll('http://127.0.0.1:7480', server.url);
      const [program = '', ...args] = here.split(' ');
      if (program === 'curl') expect((await run(program, args)).stdout).toBe(shown);
      else {
        const env = { CONFER_URL: server.url };
        const { code, stdout } = await new Program(CLI, args, { env }).finished;
        expect({ code, stdout }).toEqual({ code: 0, stdout: shown });
      }
    }
    await server.close();
  });

  it('counts what clients do, on a page to the letter', async () => {
    const server = await createServer({ engine: 'memory', port: 0, transport });
    const client = connect(server.url);
    const mirror = client.mirror('/app');
    await mirror.ready();
    // A mirror is ready with its last page, and what comes from then on is one of the live.
    const page = async () => (await fetch(`${server.url}/metrics`)).text();
    await expect.poll(page).toContain('confer_watches{mode="state",state="live"} 1\n');
    await client.set('/app/a', '1');
    await client.set('/app/a', '2', { ifRevision: 99 }).catch(() => undefined);
    const response = await fetch(`${server.url}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const samples = new Map(
      [...readExposition(await response.text()).values()].flatMap(({ samples: some }) => [...some]),
    );
    const said = (series: string) => samples.get(series);
    expect(said(`confer_connections{transport="${transport}"}`)).toBe(1);
    expect(said('confer_watches{mode="state",state="live"}')).toBe(1);
    expect(said('confer_commits_total')).toBe(1);
    expect(said('confer_changes_delivered_total')).toBe(1);
    expect(said('confer_fanout_seconds_count')).toBe(1);
    expect(said('confer_requests_total{op="commit"}')).toBe(2);
    expect(said('confer_requests_refused_total{op="commit",code="conflict"}')).toBe(1);
    expect(said('process_open_fds')).toBeGreaterThan(3);
    // A reader of another kind sees the same.
    const { stdout: head } = await run('curl', ['-sI', `${server.url}/metrics`]);
    expect(head).toContain('HTTP/1.1 200 OK');
    await client.close();
    await server.close();
  });

  it('is not ready from when it is told to stop, and lives until it has', async () => {
    const server = await createServer({
      ...{ engine: 'memory', port: 0, transport, drainDelayMs: 2_000 },
    });
    const raw = await RawSocket.welcomed(server.url);
    const said = async (path: string) => {
      const response = await fetch(`${server.url}${path}`);
      return `${response.status} ${await response.text()}`;
    };
    expect(await said('/readyz')).toBe('200 ready\n');
    const closed = server.close();
    expect(await said('/readyz')).toBe('503 down\n');
    expect(await said('/readyz?verbose')).toContain('[-] phase: draining\n');
    expect(await said('/livez')).toBe('200 alive\n');
    expect(await said('/metrics')).toContain('\nconfer_draining 1\n');
    const health = await new Program(CLI, ['health', '--url', server.url]).finished;
    expect({ code: health.code, stdout: health.stdout }).toEqual({ code: 1, stdout: 'down\n' });
    raw.close();
    await closed;
  });
});

describe.skipIf(!isPrometheusHere)('promtool (where it is, or CONFER_TEST_PROMETHEUS is)', () => {
  it('has nothing to say about the page of metrics', async () => {
    const server = await createServer({ engine: 'memory', port: 0, transport: 'ws' });
    const page = await (await fetch(`${server.url}/metrics`)).text();
    await server.close();
    expect(promtool(['check', 'metrics'], page)).toBe('');
  });

  it('takes the rules', () => {
    expect(promtool(['check', 'rules', '--lint=all', RULES_FILE])).toBe('');
  });
});
