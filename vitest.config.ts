import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { leftOut } from './test/support/extent.ts';
import { SkippedTests } from './test/support/skipped.ts';

const source = (name: string, entry = 'index') =>
  fileURLToPath(new URL(`./${name}/src/${entry}.ts`, import.meta.url));

/** In-process tests run the sources; tests on real processes run what `build` left in `dist`. */
export default defineConfig({
  resolve: {
    alias: {
      '@confer/shared': source('shared'),
      '@confer/server': source('server'),
      '@confer/client/admin': source('client', 'admin'),
      '@confer/client/config': source('client', 'config'),
      '@confer/client/coordination': source('client', 'coordination'),
      '@confer/client/history': source('client', 'history'),
      '@confer/client/metrics': source('client', 'metrics'),
      '@confer/client/pages': source('client', 'pages'),
      '@confer/client/openfeature': source('client', 'openfeature'),
      '@confer/client/testing': source('client', 'testing'),
      '@confer/client': source('client'),
    },
  },
  test: {
    include: ['{shared,server,client,cli}/src/**/*.test.ts', '{test,bench}/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...leftOut],
    globalSetup: ['test/support/uws-here.ts'],
    reporters: ['default', new SkippedTests()],
    // CommonJS packages are imported just as Node does it for the built code.
    deps: { interopDefault: false },
    // Files of one worker share the modules: to load them for each file anew takes a sixth of the whole time. But the
    // etcd beneath a core is started by a module, and ends with the file.
    isolate: process.env.CONFER_TEST_ENGINE !== undefined,
    // Much of what the tests on real processes do is to wait, so that three at a time fit two cores.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
