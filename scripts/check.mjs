/**
 * All that is checked without running Confer: types, lint and format, who imports whom, what is dead, the other
 * house rules, bundle size. With arguments it takes those steps alone.
 */
import { BUNDLE_GZIP_BYTES_MAX, bundleClient, bundleGzipBytes } from './bundle.mjs';
import { runTool } from './run.mjs';

const tool =
  (script, ...args) =>
  async () => {
    const { code, output } = await runTool(script, args);
    return code === 0 ? undefined : output;
  };

const knip = (...args) => tool('knip/bin/knip.js', '--no-progress', '--no-config-hints', ...args);
const shipped = ['shared', 'server', 'client', 'cli'].flatMap((name) => ['--workspace', name]);

const steps = {
  types: tool('typescript/bin/tsc', '-b'),
  lint: tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
  imports: tool('dependency-cruiser/bin/dependency-cruise.mjs', '.', '-T', 'err-long'),
  dead: knip(),
  // What tests alone use is dead in what is shipped.
  shipped: knip('--production', '--include', 'files,dependencies', ...shipped),
  // One of them takes the three steps before once more.
  rules: tool('vitest/vitest.mjs', 'run', '--no-isolate', 'test/rules', '--exclude', '**/tools.*'),
  bundle: async () => {
    await bundleClient();
    const bytes = bundleGzipBytes();
    return bytes > BUNDLE_GZIP_BYTES_MAX
      ? `the client for browsers has ${bytes} bytes, gzipped; at most ${BUNDLE_GZIP_BYTES_MAX}`
      : undefined;
  },
};

const asked = process.argv.slice(2);
for (const [name, run] of Object.entries(steps)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const startedAt = performance.now();
  const problem = await run().catch((error) => error.message);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${problem === undefined ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (problem === undefined) continue;
  console.log(problem.trimEnd());
  process.exitCode = 1;
}
