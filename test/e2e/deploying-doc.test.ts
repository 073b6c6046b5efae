import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { confer } from '../support/process.ts';
import { scratchDirectory } from '../support/scratch.ts';

const PAGE = fileURLToPath(new URL('../../docs/deploying.md', import.meta.url));
const scratch = scratchDirectory();

/** The file of a name that the page shows. */
function shown(name: string): string {
  const blocks = readFileSync(PAGE, 'utf8').matchAll(/^```yaml\n# (\S+)\n([\s\S]*?)^```$/gm);
  const found = [...blocks].find(([, named]) => named === name)?.[2];
  if (found === undefined) throw new Error(`docs/deploying.md shows no ${name}`);
  return found;
}

it('docs/deploying.md shows settings behind a proxy that a server takes, with a token made as it says', async () => {
  const { code, stdout } = await confer(['token', 'generate']);
  expect(code).toBe(0);
  writeFileSync(join(scratch.path, 'bootstrap-token'), stdout, { mode: 0o600 });
  const file = join(scratch.path, 'confer.yaml');
  writeFileSync(file, shown('confer.yaml'));
  const checked = await confer(['serve', '--config', file, '--check-config']);
  expect(checked).toMatchObject({ code: 0, stdout: '' });
});
