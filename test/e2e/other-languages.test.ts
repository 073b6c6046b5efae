import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { serve, withDirectory } from '../support/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const guide = readFileSync(join(root, 'docs/other-languages.md'), 'utf8');

/** The blocks that a shell runs, in order. */
function* blocks(): Generator<{ readonly language: string; readonly text: string }> {
  for (const [, language = '', text = ''] of guide.matchAll(/^```(sh|console)\n([\s\S]*?)^```$/gm))
    yield { language, text };
}

it('docs/other-languages.md shows what its commands really say', async () => {
  await withDirectory(async (directory) => {
    const { program, url } = await serve(['--memory']);
    const bin = join(directory, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'confer'),
      `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'cli/dist/main.js')}' "$@"\n`,
    );
    chmodSync(join(bin, 'confer'), 0o755);
    const env = { PATH: `${bin}:${process.env.PATH}`, HOME: directory, CONFER_URL: url };
    const run = (script: string) => {
      // The server is a process of its own, so that this one may stand still meanwhile.
      const { stdout, stderr, status } = spawnSync('sh', ['-ec', script], {
        ...{ cwd: directory, env, encoding: 'utf8' },
      });
      expect(status, `${script}\n${stderr}`).toBe(0);
      return `${stdout}${stderr}`.split('\n');
    };
    let commands = 0;
    for (const { language, text } of blocks()) {
      if (language === 'sh') run(text);
      else
        for (const [, command = '', shown = ''] of text.matchAll(
          /^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm,
        )) {
          commands++;
          const said = run(command);
          for (const line of shown.trimEnd().split('\n')) expect(said, command).toContain(line);
        }
    }
    expect(commands).toBeGreaterThan(5);
    await program.kill('SIGTERM');
  });
});
