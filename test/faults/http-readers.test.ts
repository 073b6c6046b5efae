import { get } from 'node:http';
import { connect as connectTcp } from 'node:net';
import type { Client, Operation } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { systemRuntime } from '../../server/src/runtime.ts';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { Model, type ModelWrite, sameEntry } from '../model/model.ts';
import { EventReader } from '../simulation/http/event-reader.ts';
import type { Ask, HttpReader } from '../simulation/http/http-reader.ts';
import { WaitingReader } from '../simulation/http/wait-reader.ts';
import { isFull, isLong } from '../support/extent.ts';
import { FAULTY_TRANSPORTS } from '../support/transports.ts';
import { validate } from '../validate/validators.ts';
import { type RealServer, until, withScene } from './scene.ts';

/** Asks over a real connection, which breaks after so many bytes, by the side that reads. */
function asking(server: RealServer, cutAfter: () => number): Ask {
  return ({ target, headers }, handlers) => {
    let left = cutAfter();
    let isOver = false;
    const end = (isWhole: boolean) => {
      if (!isOver) handlers.onEnd(isWhole);
      isOver = true;
    };
    const request = get(`${server.url}${target}`, { headers, agent: false }, (response) => {
      const { statusCode = 0, headers } = response;
      const said = Object.entries(headers).map(([name, value]) => [name, String(value)]);
      handlers.onHead(statusCode, Object.fromEntries(said));
      response.on('data', (piece: Buffer) => {
        const taken = piece.subarray(0, left);
        left -= taken.length;
        if (!isOver) handlers.onBytes(taken);
        if (left > 0) return;
        end(false);
        request.destroy();
      });
      response.on('error', () => {});
      response.on('close', () => end(response.complete));
    });
    request.on('error', () => end(false));
  };
}

/** Writes one commit after another, some in several frames, until it is stopped. */
class Writer {
  readonly writes: (ModelWrite & { readonly revision: number })[] = [];
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async write(round: number): Promise<void> {
    const put = (path: string, value = `round ${round}`): Operation => ({
      ...{ type: 'put', path },
      value,
    });
    const all: Operation[][] = [
      [put('/a/kept')],
      [put('/a/b/c'), put('/elsewhere')],
      [{ type: 'delete', path: '/a/b', recursive: true }, put('/a/kept')],
      round % 5 === 0
        ? ['/a/x', '/a/y', '/a/z'].map((path) => put(path, 'x'.repeat(150_000)))
        : [put('/other')],
    ];
    for (const operations of all) {
      const { revision } = await this.#client.commit({ operations });
      this.writes.push({ operations, revision });
    }
  }

  get model(): Model {
    const model = new Model();
    for (const { revision, ...write } of this.writes) {
      model.idleUntil(revision - 1);
      model.write(write);
    }
    return model;
  }
}

function isAtEnd({ position, entries, subtree }: HttpReader, model: Model): boolean {
  if (position === undefined || position.revision < model.revision) return false;
  const expected = model.subtreeAt(model.revision, subtree);
  if (entries === undefined) return true;
  return (
    expected.size === entries.length &&
    entries.every(({ path, ...entry }) => {
      const held = expected.get(path);
      return held !== undefined && sameEntry(held, entry);
    })
  );
}

/** As whoever has curl sees it. */
async function statusOf({ url }: RealServer): Promise<Status> {
  return JSON.parse(await (await fetch(`${url}/v1/status`)).text());
}

interface Status {
  readonly epoch: string;
  readonly watches: number;
}

describe.each(FAULTY_TRANSPORTS)('those who read by HTTP over %s', (transport) => {
  it('W1-W7 W9 miss nothing, and are told nothing twice, cut at any byte and over restarts', {
    timeout: 120_000,
  }, async () => {
    await withScene(async (scene) => {
      const server = await scene.server({ transport, heartbeatMs: 500 });
      const writer = new Writer(scene.client(server.url));
      await writer.write(0);
      const { epoch } = await statusOf(server);
      const random = new SeededRandom(7);
      let cuts = isLong ? 2_000 : 120;
      const cutAfter = () =>
        cuts-- > 0 ? random.int(1, random.pick([300, 3_000, 400_000])) : Number.MAX_SAFE_INTEGER;
      const common = {
        ...{ random, ask: asking(server, cutAfter), subtree: '/a' },
        histories: { historyOf: ({ epoch }: { epoch: string }) => epoch },
        // What comes back waits as long as it is told, which is too long for a test.
        clock: {
          now: () => systemRuntime.clock.now(),
          setTimer: (delayMs: number, run: () => void) =>
            systemRuntime.clock.setTimer(delayMs / 100, run),
        },
      };
      const readers: HttpReader[] = [
        new EventReader({ ...common, name: 'one', mode: 'state' }),
        new EventReader({ ...common, name: 'two', mode: 'events' }),
        new WaitingReader({ ...common, name: 'three' }),
      ];
      for (let round = 1; cuts > 0; round++) {
        await writer.write(round);
        if (round === 5 || round === 12) await server.restart();
      }
      const { model } = writer;
      for (const reader of readers)
        await until(`${reader.name} has everything`, () => isAtEnd(reader, model), 30_000);
      for (const reader of readers) reader.stop();
      // Over etcd, revisions go on with what is none of its readers' business.
      model.idleUntil(Math.max(...readers.map(({ position }) => position?.revision ?? 0)));
      expect(readers.flatMap(({ problems }) => problems)).toEqual([]);
      expect(validate(readers, new Map([[epoch, model]]))).toEqual([]);
    });
  });

  it.skipIf(!isFull)(
    'W10 attack 38: one that never reads stops at one buffer and is dropped (not run always: it takes its ten seconds)',
    { timeout: 60_000 },
    async () => {
      await withScene(async (scene) => {
        const server = await scene.server({ transport });
        const client = scene.client(server.url);
        const socket = connectTcp({ port: server.port, host: '127.0.0.1' });
        socket.on('error', () => {});
        socket.write(`GET /v1/watch/a HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\n\r\n`);
        socket.pause();
        const isWatched = async () => (await statusOf(server)).watches === 1;
        await until('it listens', isWatched);
        const before = server.memoryMiB.own;
        for (let n = 0; n < 100; n++) await client.set('/a/b', `${n % 10}`.repeat(1_000_000));
        expect(server.memoryMiB.own - before).toBeLessThan(300);
        const isGone = async () => (await statusOf(server)).watches === 0;
        await until('it is dropped', isGone, 15_000);
        socket.destroy();
      });
    },
  );
});
