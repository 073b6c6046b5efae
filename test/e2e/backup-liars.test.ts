import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '@confer/shared';
import { limits } from '@confer/shared';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { confer } from '../support/process.ts';
import { scratchDirectory } from '../support/scratch.ts';

const scratch = scratchDirectory();
const REVISION = 7;

const entry = (path: string, more: Partial<Entry> = {}): Entry => ({
  ...{ path, value: 'v', createRevision: 1, modRevision: 2, version: 1, updatedAt: 1 },
  ...{ updatedBy: 'ann', ...more },
});

const page = (id: number, entries: readonly Entry[]) => ({
  ...{ type: 'listed', id, revision: REVISION, entries, folders: [] },
});

/** A server that says what a test has it say of a page of `/`. */
async function liar(ofPage: (id: number) => object): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on('connection', (socket) => {
    const say = (message: object) => socket.send(JSON.stringify(message));
    socket.on('message', (frame) => {
      const { type, id, path, limit } = JSON.parse(String(frame));
      const at = { epoch: 'e1', revision: REVISION };
      if (type === 'hello')
        say({ ...at, type: 'welcome', version: 1, session: 's', heartbeatMs: 10_000, limits });
      if (type === 'status')
        say({
          ...{ ...at, type, id, compactedRevision: 0, engine: 'liar', version: '9', uptimeMs: 1 },
        });
      const isPage = path === '/' && limit !== 1;
      if (type === 'list') say(isPage ? ofPage(id) : page(id, []));
    });
  });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it has a port');
  return `http://127.0.0.1:${address.port}`;
}

it('no backup is made of what could not be restored, whatever a server says', async () => {
  const truth = await liar((id) => page(id, [entry('/a'), entry('/b')]));
  const whole = await confer(['backup', join(scratch.path, 'b'), '-o', 'raw'], { url: truth });
  expect(whole, whole.stderr).toMatchObject({ code: 0, stdout: '7\n' });
  const lies: [Entry[], string][] = [
    [[entry('/b'), entry('/a')], '/a after /b'],
    [[entry('/a'), entry('/a')], '/a after /a'],
    [[entry('/a', { modRevision: REVISION + 1 })], 'newer than revision 7'],
    [[entry('a')], 'a path starts with "/"'],
    [[entry('/a', { createRevision: 5 })], 'do not fit together'],
  ];
  for (const [entries, what] of lies) {
    const url = await liar((id) => page(id, entries));
    const said = await confer(['backup', join(scratch.path, 'lie')], { url });
    expect(said.stderr).toContain(what);
    expect(said.stderr).toMatch(/^error\[bad_message\]: the server (says of|answered) /);
    // The client believes no list out of order, and of the rest the backup sees what could not be restored.
    const code = said.stderr.includes('the server answered') ? 7 : 1;
    expect(said).toMatchObject({ code, stdout: '' });
  }
  expect(readdirSync(scratch.path)).toEqual(['b']);
}, 30_000);

it('W3 a backup is given up where history is dropped faster than it can be read, each time', async () => {
  let pages = 0;
  const url = await liar((id) => {
    pages++;
    const message = 'history begins after revision 9; 7 is gone';
    return { type: 'error', id, code: 'compacted', message, compactedRevision: 9 };
  });
  const said = await confer(['backup', join(scratch.path, 'b')], { url });
  expect(said.stderr).toMatch(
    /^error\[outrun\]: .* 5 tries in vain \(history begins after revision 9; 7 is gone\)\nhint: .+\n$/,
  );
  expect(said).toMatchObject({ code: 6, stdout: '' });
  expect(pages).toBe(5);
  expect(readdirSync(scratch.path)).toEqual([]);
});
