import type { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import type { Network } from '../support/network.ts';
import type { ClientHost } from './client-host.ts';
import type { ServerHost } from './server-host.ts';

export interface World {
  readonly random: SeededRandom;
  readonly network: Network;
  readonly server: ServerHost;
  readonly clients: readonly ClientHost[];
}

/** One random thing that goes wrong, or is well again. */
export function disturb({ random, network, server, clients }: World): void {
  const links = [...network.links];
  const link = links.length > 0 ? random.pick(links) : undefined;
  const start = () => server.isRunning || server.start();
  const fault = random.pick([
    () => link?.cut(),
    () => link?.cut(),
    () => link?.pause(true),
    () => link?.pause(true),
    () => link?.pause(false),
    () => link?.silence(random.pick(['up', 'down', 'both'])),
    () => server.crash(),
    () => void server.stop(),
    start,
    start,
    start,
    () => random.chance(0.1) && server.wipe(),
    () => (random.chance(0.5) ? server.backUp() : random.chance(0.4) && server.restore()),
    () => random.chance(0.4) && server.putBack(),
    () => server.compact(Math.max(0, server.revision - random.int(0, 30))),
    () => server.compact(server.revision),
    () => random.pick(clients).restart(),
    () => random.pick(clients).freeze(),
    () => random.pick(clients).thaw(),
    () => server.freeze(),
    () => server.thaw(),
    () => server.thaw(),
  ]);
  fault();
}

/** Nothing is wrong with the world any more. */
export function heal({ network, server, clients }: World): void {
  network.brittle = 0;
  for (const link of network.links) {
    link.fails(Number.POSITIVE_INFINITY, false);
    link.pause(false);
  }
  for (const client of clients) client.thaw();
  server.thaw();
  server.healDisk();
  if (!server.isRunning) server.start();
}
