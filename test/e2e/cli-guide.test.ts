import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer } from '@confer/server';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const guide = readFileSync(join(root, 'docs/cli.md'), 'utf8');
/** Where the server of the guide is. */
const URL_OF_GUIDE = 'http://127.0.0.1:7480';

/** The commands of the guide in their order, each with the lines that it shows below. */
function commands(): { command: string; shown: string[] }[] {
  const blocks = [...guide.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  return blocks.flatMap((block = '') =>
    [...block.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)].map(([, command = '', shown = '']) => ({
      command,
      shown: shown.split('\n').filter((line) => line !== ''),
    })),
  );
}

/** What a shell prints on both streams, in the order of the guide: people see one. */
function run(command: string, cwd: string, env: Record<string, string>): Promise<string> {
  const shell = spawn('/bin/sh', ['-c', `${command} 2>&1`], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve) => shell.once('close', () => resolve(said)));
}

describe('the guide to the command line', () => {
  it('shows what its commands really say', async () => {
    const server = await createServer({ engine: 'memory', port: 0, transport: 'ws' });
    const directory = mkdtempSync(join(tmpdir(), 'confer-guide-'));
    try {
      const bin = join(directory, 'bin');
      for (const folder of [bin, join(directory, 'config')]) mkdirSync(folder);
      const script = `#!/bin/sh\nexec "${process.execPath}" "${root}cli/dist/main.js" "$@"\n`;
      writeFileSync(join(bin, 'confer'), script);
      chmodSync(join(bin, 'confer'), 0o755);
      const file = /\$ cat config\/shop\.yaml\n([^$]*)/.exec(guide)?.[1] ?? '';
      writeFileSync(join(directory, 'config/shop.yaml'), file);
      const env = { PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, HOME: directory };
      const all = commands();
      expect(all.length).toBeGreaterThan(15);
      for (const { command, shown } of all) {
        const here = command.replaceAll(URL_OF_GUIDE, server.url);
        const said = (await run(here, directory, env))
          .replaceAll(server.url, URL_OF_GUIDE)
          .replaceAll(/node \S+main\.js/g, 'confer')
          .split('\n');
        for (const line of shown) if (line !== '...') expect(said, command).toContain(line);
      }
    } finally {
      await server.close();
      rmSync(directory, { recursive: true });
    }
  }, 60_000);
});
