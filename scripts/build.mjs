/**
 * Builds what runs: the packages into their dist/, and the client for browsers. Quick when nothing
 * changed. With --quiet it prints problems only.
 */
import { chmodSync } from 'node:fs';
import { bundleClient, bundleGzipBytes } from './bundle.mjs';
import { root, runTool } from './run.mjs';

const isQuiet = process.argv.includes('--quiet');

try {
  const { code, output } = await runTool('typescript/bin/tsc', [
    '-b',
    'shared',
    'server',
    'client',
    'cli',
  ]);
  if (code !== 0) throw new Error(`the packages do not compile:\n${output}`);
  chmodSync(`${root}cli/dist/main.js`, 0o755);
  await bundleClient();
  if (!isQuiet)
    console.log(`built; the client for browsers has ${bundleGzipBytes()} bytes, gzipped`);
} catch (error) {
  console.error(`build failed: ${error.message}`);
  process.exitCode = 1;
}
