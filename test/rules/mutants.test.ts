import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('../mutations/run.mjs', import.meta.url));

it('every mutant finds the safeguard that it switches off, and every safeguard has one', () => {
  const { status, stderr } = spawnSync(process.execPath, [RUN, '--check'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
