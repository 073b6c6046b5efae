import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@confer/client';
import { createServer } from '@confer/server';
import { expect, it, onTestFinished } from 'vitest';
import { withFilesOf } from '../support/docs.ts';
import { confer, Program, withDirectory } from '../support/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (page: string) => readFileSync(join(root, page), 'utf8');

async function serverHere() {
  const server = await createServer({ engine: 'memory', port: 0 });
  onTestFinished(() => server.close());
  return server;
}

it.each([
  ['docs/coordination.md', 2],
  ['docs/discovery.md', 1],
])('%s shows programs that say what is shown below them', async (page, count) => {
  const server = await serverHere();
  const shown = [...read(page).matchAll(/^```js\n[\s\S]*?^```\n```text\n([\s\S]*?)^```$/gm)];
  await withFilesOf(page, async (paths) => {
    expect([paths.length, shown.length]).toEqual([count, count]);
    for (const [i, path] of paths.entries()) {
      const program = readFileSync(path, 'utf8').replaceAll('http://127.0.0.1:7480', server.url);
      writeFileSync(path, program);
      const { code, stdout, stderr } = await new Program(path, []).finished;
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: shown[i]?.[1], stderr: '' });
    }
  });
});

it('docs/discovery.md shows a template of upstreams that has who can serve', async () => {
  const server = await serverHere();
  const client = connect(server.url);
  onTestFinished(() => client.close());
  const [, script = ''] = /^(cat > upstreams[\s\S]*?^END)$/m.exec(read('docs/discovery.md')) ?? [];
  await withDirectory(async (directory) => {
    expect(spawnSync('sh', ['-c', script], { cwd: directory }).status).toBe(0);
    const template = join(directory, 'upstreams.conf.liquid');
    const out = join(directory, 'upstreams.conf');
    const render = ['render', '--from', '/services/orders', '-t', template, '--out', out, '--once'];
    const rendered = async () => {
      const { code, stderr } = await confer(render, { url: server.url });
      expect(code, stderr).toBe(0);
      return readFileSync(out, 'utf8');
    };
    expect(await rendered()).toBe('upstream orders {\n  server 127.0.0.1:1 down;\n}\n');
    await client.register('orders', { address: 'a:1', id: 'a', weight: 3 });
    await client.register('orders', { address: 'b:1', id: 'b', weight: 0 });
    await client.register('orders', { address: 'c:1', id: 'c', healthy: false });
    const servers = '  server a:1 weight=3;\n  server b:1 backup;';
    expect(await rendered()).toBe(`upstream orders {\n${servers}\n}\n`);
  });
});
