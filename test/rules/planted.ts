import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withDirectory } from '../support/process.ts';
import { PACKAGES } from './source.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export type Files = Readonly<Record<string, string>>;

/** Runs a script of this repository; resolves with its exit code and what it said. */
function runIn(cwd: string, script: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ROOT + script, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout, said: stdout + stderr };
}

/** Runs it in a repository of these files alone, in which the packages are installed. */
export function runWith(files: Files, script: string, args: readonly string[]) {
  return withDirectory(async (directory) => {
    const create = (path: string) => {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      return join(directory, path);
    };
    for (const [path, text] of Object.entries(files)) writeFileSync(create(path), text);
    for (const name of PACKAGES)
      symlinkSync(join(directory, name), create(`node_modules/@confer/${name}`));
    return runIn(directory, script, args);
  });
}
