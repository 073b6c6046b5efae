/** Runs the benchmark, with its arguments, on what the build left in dist/. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { build } from 'esbuild';
import { root } from './run.mjs';

const ENTRY = 'bench/main.ts';
/** Below `bench`, so that the packages that it depends on are found from there. */
const COMPILED = 'bench/node_modules/.cache/bench.mjs';

if (existsSync(root + ENTRY)) {
  await build({
    absWorkingDir: root,
    entryPoints: [ENTRY],
    outfile: COMPILED,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const args = ['--enable-source-maps', COMPILED, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  console.error(`${ENTRY} is missing: there is no benchmark to run`);
  process.exitCode = 1;
}
