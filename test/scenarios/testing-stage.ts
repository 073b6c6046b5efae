import { type Client, ConferError, connect, type NodeClient } from '@confer/client';
import { startTestServer } from '@confer/client/testing';
import { createServer } from '@confer/server';
import { expect, vi } from 'vitest';
import { freePort, withDirectory } from '../support/process.ts';

/** A server that a story is played over, and what the story may do to it. */
export interface Stage {
  client(name: string): NodeClient;
  /** It stops in order, and starts again with what it had. */
  restart(): Promise<void>;
  /** Lets time pass until something holds. */
  until(isSo: () => boolean): Promise<void>;
}

async function onTestServer(play: (stage: Stage) => Promise<void>): Promise<void> {
  await using server = startTestServer();
  await play({
    client: (name) => server.connect({ client: { name } }),
    restart: async () => {
      await server.stop();
      await server.start();
    },
    until: async (isSo) => {
      for (let tries = 0; !isSo(); tries++) {
        expect(tries).toBeLessThan(1_000);
        await server.advance(100);
      }
    },
  });
}

async function onRealServer(play: (stage: Stage) => Promise<void>): Promise<void> {
  await withDirectory(async (dataDirectory) => {
    const port = await freePort();
    const start = () => createServer({ engine: 'lmdb', dataDirectory, port });
    let server = await start();
    const clients: Client[] = [];
    try {
      await play({
        client(name) {
          const client = connect(server.url, { client: { name } });
          clients.push(client);
          return client;
        },
        async restart() {
          await server.close();
          server = await start();
        },
        until: (isSo) => vi.waitFor(() => expect(isSo()).toBe(true), { timeout: 20_000 }),
      });
    } finally {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
    }
  });
}

/** The server of `@confer/client/testing`, and a real one. */
export const stages = [
  ['the test server', onTestServer],
  ['a real server', onRealServer],
] as const;

export const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof ConferError ? error.code : String(error)),
  );
