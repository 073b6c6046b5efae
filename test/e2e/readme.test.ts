import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createServer, type Server } from '@confer/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confer, Program } from '../support/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The blocks of a language, in order. */
function blocks(language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...readme.matchAll(fence)].map(([, block]) => block ?? '');
}

/** The commands of the tour, each with the lines that the README shows below it. */
function* tour(): Generator<{ name: string; args: string[]; shown: string[] }> {
  for (const block of blocks('console'))
    for (const [, command = '', shown = ''] of block.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
      const [name, ...args] = words(command);
      if (name === 'confer' || name === 'curl')
        yield { name, args, shown: shown.split('\n').filter((line) => line !== '') };
    }
}

function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

describe('the README', () => {
  let server: Server;
  beforeAll(async () => {
    server = await createServer({ engine: 'memory', port: 0 });
  });
  afterAll(() => server.close());

  it('shows what the commands of the tour really say', async () => {
    const commands = [...tour()];
    expect(commands.length).toBeGreaterThan(4);
    for (const { name, args, shown } of commands) {
      if (args[0] === 'watch') continue; // it goes on for ever; its output has a test of its own
      if (name === 'curl') {
        const here = args.map((arg) => arg.replace('http://127.0.0.1:7480', server.url));
        const { stdout } = await promisify(execFile)('curl', here);
        expect(stdout.split('\n'), args.join(' ')).toEqual(shown);
        continue;
      }
      const absolute = args.map((arg) => (arg.startsWith('examples/') ? join(root, arg) : arg));
      const { code, stdout, stderr } = await confer(absolute, { url: server.url });
      expect(code, args.join(' ')).toBe(0);
      const said = `${stdout}${stderr}`.split('\n');
      for (const line of shown) if (line !== '...') expect(said, args.join(' ')).toContain(line);
    }
  });

  it('shows what a watch says of the change', async () => {
    const line = /^2026\S+Z {2}2 {2}(.*?) {2}\[ada@shop: (.*)\]$/m.exec(readme);
    const watch = new Program(join(root, 'cli/dist/main.js'), [
      '--url',
      server.url,
      'watch',
      '/bookshop',
    ]);
    await watch.saw(({ stderr }) => (stderr.includes('watching /bookshop') ? true : undefined));
    const path = '/bookshop/catalog/catalog/page-size';
    await confer(['set', path, '100', '--note', 'bigger pages'], { url: server.url });
    const said = await watch.saw(({ stdout }) => /\n$/.test(stdout) && stdout);
    await watch.kill();
    expect(said).toContain(`${line?.[1]}  [`);
    expect(said).toContain(`: ${line?.[2]}]`);
  });

  it('shows programs that run', async () => {
    const [client = '', embedded = ''] = blocks('js');
    await confer(['set', '/bookshop/catalog/server/port', '8081'], { url: server.url });
    // Beside the packages of `test`, so that a program finds what a user would have installed.
    const directory = mkdtempSync(join(root, 'test/node_modules/readme-'));
    try {
      const atServer = client.replace('http://127.0.0.1:7480', server.url);
      const result = 'console.log(config.value("/bookshop/catalog/server/port"));';
      writeFileSync(join(directory, 'client.mjs'), `${atServer}\n${result}\nawait confer.close();`);
      writeFileSync(join(directory, 'embedded.mjs'), embedded);
      const ran = await new Program(join(directory, 'client.mjs'), []).finished;
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(ran.stdout).toMatch(/put \/bookshop\/catalog\/server\/port\n8085\n$/);
      const served = await new Program(join(directory, 'embedded.mjs'), []).finished;
      expect(served).toMatchObject({ code: 0, stderr: '' });
      expect(served.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
