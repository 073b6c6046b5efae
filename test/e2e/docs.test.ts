import { expect, it } from 'vitest';
import { withFilesOf } from '../support/docs.ts';
import { Program } from '../support/process.ts';

it.each(['docs/testing.md'])('%s shows tests that pass under the runner of Node', async (page) => {
  await withFilesOf(page, async (paths) => {
    const tests = paths.filter((path) => path.endsWith('.test.js'));
    expect(tests.length).toBeGreaterThan(0);
    const { code, stdout, stderr } = await new Program('--test', ['--test-reporter=tap', ...tests])
      .finished;
    expect(code, stdout).toBe(0);
    expect(stderr).toBe('');
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(tests.length);
  });
});
