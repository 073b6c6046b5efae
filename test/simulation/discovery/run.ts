import type { Client } from '../../../client/src/api.ts';
import { createClient } from '../../../client/src/client.ts';
import type { Discovery, Registration } from '../../../client/src/coordination/discovery/api.ts';
import { discoverAs, registerAs } from '../../../client/src/coordination/discovery/register.ts';
import { partsOf } from '../../../client/src/coordination/parts.ts';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { ProcessClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { JudgedServer } from '../../support/judged-server.ts';
import { storing } from '../stores/storing.ts';

/** A process with a client of its own, which registers one instance and follows all. */
interface Host {
  readonly name: string;
  readonly client: Client;
  readonly scope: ProcessClock;
  readonly discovery: Discovery;
  registration: Registration | undefined;
  isAlive: boolean;
}

const TTL_MS = 5_000;
/** A connection that comes back, a lease that is taken anew, and one that ends. */
const SOON_MS = 60_000;

/**
 * Instances that come, say something else, drain, die and are stopped, under faults that a seed says. Then all is well,
 * and everybody sees just those that live, as they are. Returns what was wrong.
 */
export async function simulateDiscovery(seed: number, steps: number): Promise<readonly string[]> {
  const random = new SeededRandom(seed);
  const judged = new JudgedServer({
    ...{ random: random.fork(), serverRandom: random.fork(), windowBytes: 1_000_000 },
    latencyMaxMs: random.pick([1, 20, 300]),
    busyMaxMs: random.pick([0, 0, 200]),
    ...storing(random.pick(['memory', 'lmdb', 'etcd']), random.fork(), random.pick([0, 5, 50])),
  });
  const { clock, server, network, problems } = judged;
  server.start();
  let born = 0;
  const start = () => startHost(`host${born++}`, judged, random.fork());
  const hosts = Array.from({ length: random.int(2, 4) }, start);
  for (let step = 0; step < steps; step++) {
    const at = random.int(0, hosts.length - 1);
    const host = hosts[at] ?? start();
    const isReplaced = disturb(random, judged, host);
    if (isReplaced) hosts[at] = start();
    await clock.advance(random.pick([1, 10, 100, 1_000, 4_000]));
  }
  network.brittle = 0;
  for (const link of network.links) link.pause(false);
  server.thaw();
  if (!server.isRunning) server.start();
  await clock.advance(SOON_MS);
  const wanted = JSON.stringify(
    hosts
      .flatMap(({ registration }) => (registration === undefined ? [] : [registration.instance]))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    KEYS,
  );
  for (const { name, discovery, registration } of hosts) {
    if (registration?.status !== 'registered') problems.push(`${name} is ${registration?.status}`);
    const seen = JSON.stringify(discovery.registered, KEYS);
    if (seen !== wanted) problems.push(`${name} sees ${seen}, not ${wanted}`);
    if (discovery.staleSince !== undefined) problems.push(`${name} is stale in peace`);
  }
  const closing = hosts.map(({ client }) => client.close());
  await clock.advance(10_000);
  await Promise.all(closing);
  const left = [...server.model.subtreeAt(server.model.revision, '/services').keys()];
  if (left.length > 0) problems.push(`left behind: ${left.join(' ')}`);
  server.crash();
  return [...problems, ...server.problems];
}

/** In one order, whoever made the object. */
const KEYS = ['id', 'address', 'weight', 'labels', 'state', 'reason'];

function startHost(name: string, judged: JudgedServer, random: SeededRandom): Host {
  const { clock, network, operationHistory, problems } = judged;
  const scope = clock.scope();
  let ids = 0;
  const client = createClient(
    ['http://server'],
    // That somebody else could not be reached for a while is said once an outage.
    { onError: (error) => problems.push(`${name} reports ${String(error)}`) },
    {
      openSocket: network.opener(name),
      clock: scope.clock,
      uptimeMs: scope.uptimeMs,
      random: random.next,
      newId: () => {
        const id = `${name}-${++ids}`;
        operationHistory.requestIds.add(id);
        return id;
      },
    },
  );
  const parts = partsOf(client);
  const host: Host = {
    ...{ name, client, scope, isAlive: true, registration: undefined },
    discovery: discoverAs(parts, 'orders'),
  };
  const options = { address: `${name}:1`, id: name, ttlMs: TTL_MS, timeoutMs: 10_000_000 };
  registerAs(parts, 'orders', options).then(
    (registration) => {
      host.registration = registration;
    },
    (error: unknown) => {
      if (host.isAlive) problems.push(`${name} was not registered: ${String(error)}`);
    },
  );
  return host;
}

/** One thing that goes wrong, is well again, or is said. Whether the host is gone. */
function disturb(random: SeededRandom, { network, server }: JudgedServer, host: Host): boolean {
  const links = [...network.links];
  const link = links.length > 0 ? random.pick(links) : undefined;
  const start = () => server.isRunning || server.start();
  const { registration } = host;
  const ignore = (said: Promise<void> | undefined) => void said?.catch(() => {});
  let isGone = false;
  const fault = random.pick([
    () => link?.cut(),
    () => link?.cut(),
    () => link?.silence(random.pick(['up', 'down', 'both'])),
    () => link?.pause(true),
    () => link?.pause(false),
    () => server.crash(),
    start,
    start,
    start,
    () => server.freeze(),
    () => server.thaw(),
    () => server.thaw(),
    () => random.chance(0.2) && server.wipe(),
    () => ignore(registration?.update({ weight: random.int(0, 9) })),
    () => ignore(registration?.setHealthy(random.chance(0.5), random.pick(['', 'why']))),
    () => random.chance(0.3) && ignore(registration?.drain()),
    () => {
      isGone = true;
      host.isAlive = false;
      host.scope.kill();
      for (const one of links) if (one.owner === host.name) one.cut();
    },
    () => {
      isGone = true;
      host.isAlive = false;
      void host.client.close();
    },
  ]);
  fault();
  return isGone;
}
