import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { freePort, Program } from '../support/process.ts';

const LEAVER = fileURLToPath(new URL('./leaver.js', import.meta.url));

const welcome = {
  type: 'welcome',
  version: 1,
  session: 's-1',
  epoch: 'e1',
  revision: 0,
  heartbeatMs: 10_000,
  limits: {
    pathBytesMax: 1024,
    valueBytesMax: 1024 * 1024,
    frameBytesMax: 16 * 1024,
    messageBytesMax: 8 * 1024 * 1024,
    operationsMax: 100_000,
    watchesMax: 10_000,
    requestsMax: 1_000,
    commitBytesMax: 32 * 1024 * 1024,
    waitingBytesMax: 64 * 1024 * 1024,
  },
};

test('a process that closed its client ends, also when the server is frozen', async () => {
  const port = await freePort();
  const server = new WebSocketServer({ port, host: '127.0.0.1' });
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.once('message', () => {
      socket.send(JSON.stringify(welcome));
      // From here on it reads nothing, and so never answers a close.
      socket.pause();
    });
  });
  const program = new Program(LEAVER, [`http://127.0.0.1:${port}`]);
  onTestFinished(() => void program.kill());
  await program.saw(({ stdout }) => (stdout.includes('closed') ? true : undefined));
  expect(await program.finished).toMatchObject({ code: 0, stderr: '' });
});
