import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withFilesOf } from '../support/docs.ts';
import { confer, Program, serve } from '../support/process.ts';

it('docs/testing.md shows tests that pass under the runner of Node', async () => {
  await withFilesOf('docs/testing.md', async (paths) => {
    const tests = paths.filter((path) => path.endsWith('.test.js'));
    expect(tests.length).toBeGreaterThan(0);
    const options = ['--test-reporter=tap', ...tests];
    const { code, stdout, stderr } = await new Program('--test', options).finished;
    expect(code, stdout).toBe(0);
    expect(stderr).toBe('');
    expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(tests.length);
  });
});

it('W8 docs/openfeature.md shows a program whose flags follow a real server, and say when they are stale', async () => {
  const server = await serve(['--memory']);
  const set = (path: string, value: string) => confer(['set', path, value], { url: server.url });
  await set('/flags/new-checkout', 'true');
  await set('/flags/theme/color', 'blue');
  await withFilesOf('docs/openfeature.md', async ([path = '']) => {
    const shown = readFileSync(path, 'utf8');
    writeFileSync(path, shown.replace('http://127.0.0.1:7480', server.url));
    const program = new Program(path, []);
    try {
      await program.saw(({ stdout }) => stdout === "true\n{ color: 'blue' }\n" || undefined);
      await set('/flags/theme/color', 'red');
      const changed = "changed [ 'theme', 'theme/color' ]\n";
      await program.saw(({ stdout }) => stdout.endsWith(changed) || undefined);
      await server.program.kill();
      await program.saw(({ stdout }) => /the flags may be old: .+\n$/.test(stdout) || undefined);
      expect(program.stderr).toBe('');
    } finally {
      await program.kill();
      await server.program.kill();
    }
  });
});
