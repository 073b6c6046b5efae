import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type Server } from '@confer/server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { confer, Program } from '../support/process.ts';
import { canMakeTerminals, Pty } from '../support/pty.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));

let server: Server;
let home = '';
beforeAll(async () => {
  server = await createServer({ engine: 'memory', port: 0, transport: 'ws' });
});
afterAll(() => server.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'confer-context-e2e-'));
  return () => rmSync(home, { recursive: true });
});
const run = (...args: readonly string[]) => confer(args, { env: { HOME: home } });

describe('contexts', () => {
  it('are found by every command, in a file of their owner', async () => {
    await run('context', 'add', 'here', '--url', server.url);
    await run('context', 'use', 'here');
    expect(await run('set', '/a', '1')).toMatchObject({ code: 0 });
    expect(await run('get', '/a')).toMatchObject({ code: 0, stdout: '1\n' });
    const file = join(home, '.config/confer/contexts.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('are all there after many commands changed the file at once, each of which did or said why not', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const ran = await Promise.all(
      names.map((name) => run('context', 'add', name, '--url', server.url)),
    );
    const added = names.filter((_, i) => ran[i]?.code === 0);
    for (const { code, stderr } of ran)
      if (code !== 0)
        expect({ code, stderr }).toEqual({
          code: 4,
          stderr: expect.stringContaining('error[busy]'),
        });
    const directory = join(home, '.config/confer');
    const { contexts } = JSON.parse(readFileSync(join(directory, 'contexts.json'), 'utf8'));
    expect(Object.keys(contexts).sort()).toEqual(added);
    expect(added.length).toBeGreaterThan(0);
    expect(readdirSync(directory)).toEqual(['contexts.json']);
  });

  it.skipIf(!canMakeTerminals)(
    'for production ask a person on a terminal, in red (where script is installed)',
    async () => {
      await run('context', 'add', 'prod', '--url', server.url, '--production');
      const env = { HOME: home, TERM: 'xterm' };
      const pty = new Pty(`${process.execPath} ${CLI} --context prod set /p 1`, env);
      try {
        await pty.saw('write there? [y/N] ');
        expect(pty.output).toContain(`\u001b[31mproduction: prod (${server.url})\u001b[39m`);
        pty.type('y\n');
        await pty.saw('set /p at revision');
        expect(await pty.ended).toBe(0);
      } finally {
        await pty.kill();
      }
    },
  );
});

describe('a reader of the command line that has seen enough', () => {
  it.each([[['explain']], [['completion', 'bash']], [['doctor']]])(
    'is no failure of %j',
    async (args) => {
      const program = new Program(CLI, args, { env: { CONFER_URL: server.url } });
      program.child.stdout?.destroy();
      const { code, stderr } = await program.finished;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    },
  );
});
