import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Client } from '@confer/client';
import { createServer, type Server } from '@confer/server';
import { afterEach, expect, it } from 'vitest';
import { createClient } from '../../client/src/client.ts';
import { systemPlatform } from '../../client/src/platform.ts';
import { wsSockets } from '../../client/src/sockets/ws.ts';
import { systemClock } from '../../client/src/system-clock.ts';
import type { Port } from '../../client/src/tabs/port.ts';
import { PortSocket } from '../../client/src/tabs/port-socket.ts';
import { TabHub } from '../../client/src/tabs/tab-hub.ts';
import { TabLock } from '../../client/src/tabs/tab-lock.ts';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { isLong } from '../support/extent.ts';
import { freePort, withDirectory } from '../support/process.ts';

const SEEDS = isLong ? 30 : 3;
const STEPS = 40;

/** A port of Node, as browsers have it. */
function portOf(port: MessagePort): Port {
  return {
    postMessage: (message) => port.postMessage(message),
    addEventListener: (type, listener) => port.on(type, (data) => listener({ data })),
    start: () => port.start(),
    close: () => port.close(),
  };
}

interface Tab {
  readonly client: Client;
  readonly mirror: ReturnType<Client['mirror']>;
  /** Its process ends, and with it the port. */
  kill(): void;
}

function newTab(hub: TabHub, url: string, onError: (error: unknown) => void): Tab {
  const ports = new Set<MessagePort>();
  let isAlive = true;
  const client = createClient(
    url,
    { retry: { initialMs: 20, maxMs: 100 }, onError: (error) => isAlive && onError(error) },
    systemPlatform((to, handlers) => {
      const { port1, port2 } = new MessageChannel();
      ports.add(port1);
      hub.accept(portOf(port2));
      const onEnd = () => void ports.delete(port1);
      return new PortSocket(portOf(port1), to, handlers, {
        ...{ lock: new TabLock(undefined, ''), onEnd },
      });
    }),
  );
  return {
    client,
    mirror: client.mirror('/app'),
    kill() {
      isAlive = false;
      for (const port of ports) port.close();
      void client.close();
    },
  };
}

let server: Server | undefined;
afterEach(() => server?.close());

it.each(Array.from({ length: SEEDS }, (_, i) => i + 1))(
  'W3 W5 W7 W12 tabs over real channels that come, go and write while their server restarts agree with it in the end, with seed %i',
  { timeout: 60_000 },
  (seed) =>
    withDirectory(async (dataDirectory) => {
      const random = new SeededRandom(seed);
      const port = await freePort();
      const run = () => createServer({ engine: 'lmdb', dataDirectory, port });
      server = await run();
      const { url } = server;
      const problems: unknown[] = [];
      const hub = new TabHub({
        ...{ openSocket: wsSockets(), clock: systemClock, whenFree: () => {} },
      });
      const tabs = new Set<Tab>();
      const open = () => tabs.add(newTab(hub, url, (error) => problems.push(error)));
      const write = async ({ client, mirror }: Tab, step: number) => {
        const path = `/app/${random.int(0, 9)}`;
        const { revision } = await client.set(path, `${step}`);
        const { epoch } = mirror.position ?? {};
        if (epoch !== undefined && (mirror.revision ?? 0) < revision)
          problems.push(`W12 ${mirror.revision} after ${revision}`);
      };
      open();
      for (let step = 0; step < STEPS; step++) {
        const some = [...tabs];
        const tab = random.pick(some);
        const act = random.int(0, 9);
        if (act < 2) open();
        else if (act < 4 && some.length > 1) {
          tabs.delete(tab);
          tab.kill();
        } else if (act === 4) {
          await server.close();
          server = await run();
        } else await write(tab, step);
      }
      const all = [...tabs];
      await Promise.all(all.map(({ mirror }) => mirror.ready()));
      await write(random.pick(all), STEPS);
      const { client } = random.pick(all);
      const truth = await client.list('/app');
      for (const { mirror } of all) {
        await mirror.waitFor(truth.revision);
        expect(mirror.list()).toEqual(truth.entries);
        expect(await mirror.verify()).toBe(true);
      }
      const status = await client.serverStatus();
      expect(status).toMatchObject({ connections: 1, watches: all.length });
      expect(problems).toEqual([]);
      await Promise.all(all.map((tab) => tab.client.close()));
    }),
);
