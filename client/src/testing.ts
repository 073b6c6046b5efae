import { createClient } from './client.ts';
import type { TestData, TestServer } from './testing/api.ts';
import { HandClock } from './testing/hand-clock.ts';
import { MemoryHost } from './testing/memory-host.ts';
import { MemoryTestServer } from './testing/test-server.ts';

/** As near to 1 as randomness comes: a client that waits takes as long as it may, so tests know how long that is. */
const ALMOST_ONE = 1 - Number.EPSILON;

/**
 * Starts a server in memory, with what it holds at first, for tests of applications: real clients, no sockets, and
 * time and faults in the hand of the test. Works in every test runner, and needs no fake timers.
 *
 * ```ts
 * const server = startTestServer({ '/shop/http': { port: 8080 } });
 * const app = startApp(server.connect());
 * await server.set('/shop/http/port', '9090');       // when it returns, the application was told
 * await server.disconnect();
 * await server.advance(30_000);                      // and it is back
 * ```
 *
 * @throws {ConferError} What a path or a value is refused with.
 */
export function startTestServer(data: TestData = {}): TestServer {
  const clock = new HandClock();
  const host = new MemoryHost(clock);
  return new MemoryTestServer(data, {
    clock,
    host,
    newClient: (url, options) =>
      createClient(url, options, {
        openSocket: host.openSocket,
        clock,
        uptimeMs: () => clock.now(),
        random: () => ALMOST_ONE,
        newId: () => host.newName('write'),
      }),
  });
}

export type {
  Refusal,
  TestData,
  TestServer,
  TestValue,
  TestWriteOptions,
} from './testing/api.ts';
