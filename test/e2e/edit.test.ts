import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createServer, type Server } from '@confer/server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { confer, Program } from '../support/process.ts';
import { canMakeTerminals, Pty } from '../support/pty.ts';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));

let server: Server;
let directory = '';
beforeAll(async () => {
  server = await createServer({ engine: 'memory', port: 0, transport: 'ws' });
});
afterAll(() => server.close());
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'confer-edit-e2e-'));
  await confer(['set', '/shop/port', '8080'], { url: server.url });
  return () => rmSync(directory, { recursive: true });
});

/** An editor: a command of a shell on the file that is "$1". */
function editor(command: string): string {
  const script = join(directory, 'editor.sh');
  writeFileSync(script, `${command}\n`);
  return `sh ${script}`;
}
/** What `edit` runs with, its files in a directory of the test. */
const env = (command: string) => ({
  ...{ CONFER_URL: server.url, EDITOR: editor(command), TMPDIR: directory, NO_COLOR: '1' },
});
const kept = () => readdirSync(directory).filter((name) => name.startsWith('confer-edit-'));
const port = async () => (await confer(['get', '/shop/port'], { url: server.url })).stdout;

describe('confer edit', () => {
  it('saves what an editor wrote, and leaves no file behind', async () => {
    const ran = await confer(['edit', '/shop', '-y'], { env: env(`sed -i s/8080/9090/ "$1"`) });
    expect(ran.stdout).toMatch(/^saved 1 change of \/shop at revision \d+\n$/);
    expect(ran).toMatchObject({ code: 0, stderr: '~ /shop/port = 8080 -> 9090\n' });
    expect(await port()).toBe('9090\n');
    expect(kept()).toEqual([]);
  });

  it('says where there is no place for its file, and opens no editor: exit 1', async () => {
    const around = { ...env('echo opened'), TMPDIR: join(directory, 'none') };
    const ran = await confer(['edit', '/shop', '-y'], { env: around });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^error\[unwritable\]: there is no place.*\nhint: TMPDIR names/);
  });

  it('needs a terminal, or -y: exit 2', async () => {
    const ran = await confer(['edit', '/shop'], { env: env('exit 0') });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(/^error\[usage\]: .*no terminal.*\nhint: add -y/);
  });

  it('ends its editor and keeps what was written when it is asked to end: exit 143', async () => {
    const started = join(directory, 'started');
    const command = `sed -i s/8080/9090/ "$1"; echo > ${started}; exec sleep 60`;
    const program = new Program(CLI, ['edit', '/shop', '-y'], { env: env(command) });
    await expect.poll(() => existsSync(started), { timeout: 15_000 }).toBe(true);
    const { code, stdout, stderr } = await program.kill('SIGTERM');
    expect({ code, stdout }).toEqual({ code: 143, stdout: '' });
    const [, file = ''] = /^what you wrote is kept in (\S+)\n/.exec(stderr) ?? [];
    expect(readFileSync(file, 'utf8')).toContain('port: 9090');
    expect(await port()).toBe('8080\n');
  });
});

describe('confer edit on a terminal', () => {
  const command = `${process.execPath} ${CLI} edit /shop`;

  it.skipIf(!canMakeTerminals).each([[''], ['WAIT=1 ']])(
    'lets the editor have Ctrl-C, called with %j, and asks before it saves (where script is installed)',
    async (before) => {
      const trap = `trap 'sed -i s/8080/7070/ "$1"; exit 0' INT; echo editing; while :; do sleep 0.1; done`;
      const around = env(trap);
      const pty = new Pty(command, { ...around, EDITOR: before + around.EDITOR });
      try {
        await pty.saw('editing');
        pty.type('\u0003');
        await pty.saw('save 1 change? [y/N, e to edit again] ');
        expect(pty.output).toContain('~ /shop/port = 8080 -> 7070');
        pty.type('y\n');
        await pty.saw('saved 1 change of /shop');
        expect(await pty.ended).toBe(0);
      } finally {
        await pty.kill();
      }
      expect(await port()).toBe('7070\n');
    },
  );

  it.skipIf(!canMakeTerminals)(
    'keeps what was written at a Ctrl-C instead of an answer: exit 130 (where script is installed)',
    async () => {
      const pty = new Pty(command, env(`sed -i s/8080/7070/ "$1"`));
      try {
        await pty.saw('save 1 change?');
        pty.type('\u0003');
        await pty.saw('what you wrote is kept in ');
        expect(await pty.ended).toBe(130);
      } finally {
        await pty.kill();
      }
      expect(await port()).toBe('8080\n');
      expect(kept()).toHaveLength(1);
    },
  );
});
