import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { JudgedServer } from '../../support/judged-server.ts';
import { storing } from '../stores/storing.ts';
import { ContenderHost } from './contender.ts';
import { LockJudge } from './judge.ts';

export interface LockRun {
  readonly problems: readonly string[];
  readonly acquisitions: number;
}

/** The longest TTL of all, a connection that comes back, and a server that starts and gives each lease its TTL again. */
const SOON_MS = 40_000;

/** Several processes that want one lock, under faults that a seed says, and then in peace. */
export async function simulateLocks(seed: number, steps: number): Promise<LockRun> {
  const random = new SeededRandom(seed);
  const judged = new JudgedServer({
    random: random.fork(),
    latencyMaxMs: random.pick([1, 20, 300]),
    windowBytes: 1_000_000,
    busyMaxMs: random.pick([0, 0, 200]),
    serverRandom: random.fork(),
    ...storing(random.pick(['memory', 'lmdb', 'etcd']), random.fork(), random.pick([0, 5, 50])),
  });
  const { clock, server, network, problems } = judged;
  const judge = new LockJudge();
  server.start();
  network.brittle = random.pick([0, 0, 0.2]);
  const hosts = Array.from(
    { length: random.int(2, 6) },
    (_, i) => new ContenderHost(`host${i}`, judged, judge, random.fork()),
  );
  for (let step = 0; step < steps; step++) {
    disturb(random, judged, hosts);
    await clock.advance(random.pick([1, 10, 100, 1_000, 4_000]));
  }
  heal(judged, hosts);
  for (let i = 0; i < 3; i++) {
    const before = judge.acquisitions;
    await clock.advance(SOON_MS);
    if (judge.acquisitions === before) problems.push(`nobody gets it within ${SOON_MS} ms`);
  }
  const closing = hosts.map((host) => host.close());
  await clock.advance(SOON_MS);
  await Promise.all(closing);
  const { model } = server;
  const left = [...model.subtreeAt(model.revision, '/locks').keys()];
  if (left.length > 0) problems.push(`left behind: ${left.join(' ')}`);
  server.crash();
  return {
    problems: [...problems, ...judge.problems, ...server.problems],
    acquisitions: judge.acquisitions,
  };
}

function disturb(
  random: SeededRandom,
  { network, server, clock }: JudgedServer,
  hosts: readonly ContenderHost[],
): void {
  const links = [...network.links];
  const link = links.length > 0 ? random.pick(links) : undefined;
  const host = random.pick(hosts);
  const start = () => server.isRunning || server.start();
  const fault = random.pick([
    () => {},
    () => {},
    () => link?.cut(),
    () => link?.cut(),
    () => link?.silence(random.pick(['up', 'down', 'both'])),
    () => link?.pause(true),
    () => link?.pause(false),
    () => server.crash(),
    () => void server.stop(),
    start,
    start,
    start,
    start,
    () => server.freeze(),
    () => server.disturbDisk(),
    () => server.thaw(),
    () => server.thaw(),
    () => host.freeze(),
    () => host.thaw(),
    () => host.thaw(),
    () => host.kill(),
    () => clock.step(random.int(-20_000, 20_000)),
  ]);
  fault();
}

function heal({ network, server }: JudgedServer, hosts: readonly ContenderHost[]): void {
  network.brittle = 0;
  for (const link of network.links) {
    link.fails(Number.POSITIVE_INFINITY, false);
    link.pause(false);
  }
  for (const host of hosts) host.thaw();
  server.thaw();
  server.healDisk();
  if (!server.isRunning) server.start();
}
