import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { systemRuntime } from '../../runtime.ts';
import { openJwtVerifier } from './jwt.ts';

const EXAMPLE = fileURLToPath(new URL('../../../../examples/tickets/', import.meta.url));

it('the tickets of the example are believed, for ten minutes and what they name', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'confer-tickets-'));
  const run = (script: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [EXAMPLE + script, ...args], {
      cwd,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout.trim();
  };
  run('keys.mjs');
  expect(statSync(join(cwd, 'ticket-key.pem')).mode & 0o777).toBe(0o600);
  const issuersFile = join(cwd, 'issuers.json');
  const jwt = await openJwtVerifier({ ...systemRuntime, issuersFile, log: () => {} });
  const principal = await jwt.verify(run('ticket.mjs', 'alice', '/shop/public'));
  expect(principal).toMatchObject({
    name: 'shop:alice',
    roles: ['shop-browser'],
    ceiling: 'shop-browser',
    narrowing: { read: ['/shop/public'], write: [] },
  });
  const leftMs = principal.expiresAt - systemRuntime.clock.now();
  expect(leftMs).toBeGreaterThan(600_000);
  expect(leftMs).toBeLessThanOrEqual(630_000);
  rmSync(cwd, { recursive: true });
});
