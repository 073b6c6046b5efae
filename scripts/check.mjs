/** All that is checked without running Confer: types, lint and format, house rules, bundle size. */
import { BUNDLE_GZIP_BYTES_MAX, bundleClient, bundleGzipBytes } from './bundle.mjs';
import { runTool } from './run.mjs';

const tool =
  (script, ...args) =>
  async () => {
    const { code, output } = await runTool(script, args);
    return code === 0 ? undefined : output;
  };

const steps = {
  types: tool('typescript/bin/tsc', '-b'),
  lint: tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
  rules: tool('vitest/vitest.mjs', 'run', '--no-isolate', 'test/rules'),
  bundle: async () => {
    await bundleClient();
    const bytes = bundleGzipBytes();
    return bytes > BUNDLE_GZIP_BYTES_MAX
      ? `the client for browsers has ${bytes} bytes, gzipped; at most ${BUNDLE_GZIP_BYTES_MAX}`
      : undefined;
  },
};

for (const [name, run] of Object.entries(steps)) {
  const startedAt = performance.now();
  const problem = await run().catch((error) => error.message);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${problem === undefined ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (problem === undefined) continue;
  console.log(problem.trimEnd());
  process.exitCode = 1;
}
