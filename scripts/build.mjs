/**
 * Builds what runs: the packages into their dist/, the client for browsers, and the command. Quick when nothing
 * changed. With --quiet it prints problems only.
 */
import { bundleClient, bundleCommand, bundleGzipBytes } from './bundle.mjs';
import { runTool } from './run.mjs';

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
  await bundleClient();
  await bundleCommand();
  if (!isQuiet)
    console.log(`built; the client for browsers has ${bundleGzipBytes()} bytes, gzipped`);
} catch (error) {
  console.error(`build failed: ${error.message}`);
  process.exitCode = 1;
}
