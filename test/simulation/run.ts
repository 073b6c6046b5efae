import { decodeUp } from '@confer/shared';
import type { ModelWrite } from '../model/model.ts';
import { sameEntry } from '../model/model.ts';
import { Network } from '../support/network.ts';
import { SeededRandom } from '../support/random.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { validate } from '../validate/validators.ts';
import { ClientHost } from './client-host.ts';
import { ServerHost } from './server-host.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly steps: number;
}

/** Nothing is wrong with the world for this long at the end; everybody must be well by then. */
const RECOVERY_MS = 120_000;

/**
 * A whole server and several clients on one virtual clock, everything out of one seed: random work,
 * random faults, then peace. Returns what was wrong, one line each.
 */
export async function simulate({ seed, steps }: SimulationOptions): Promise<string[]> {
  const random = new SeededRandom(seed);
  const clock = new VirtualClock();
  const writes = new Map<string, ModelWrite>();
  const network = new Network({
    clock,
    random: random.fork(),
    latencyMaxMs: random.pick([1, 20, 300]),
    windowBytes: random.pick([200, 5_000, 1_000_000]),
    onClientFrame: (frame) => {
      const decoded = decodeUp(frame);
      if (decoded.ok && decoded.message.type === 'commit')
        writes.set(decoded.message.requestId, decoded.message);
    },
  });
  const server = new ServerHost({ clock, random: random.fork(), network, writes });
  // Every second run, the clients are there before their server is.
  if (random.chance(0.5)) server.start();
  const clients = Array.from(
    { length: random.int(2, 4) },
    (_, i) =>
      new ClientHost(`client${i}`, { clock, random: random.fork(), network, truth: server.truth }),
  );
  for (let step = 0; step < steps; step++) {
    if (random.chance(0.8)) random.pick(clients).act();
    else disturb(random, network, server, clients);
    if (random.chance(0.3)) for (const client of clients) client.observe();
    await clock.advance(random.pick([0, 1, 10, 100, 2_000]));
  }
  await recover(clock, network, server);
  const problems = [...server.problems, ...clients.flatMap((client) => client.problems)];
  for (const client of clients) {
    client.observe();
    problems.push(...convergenceProblems(client, server));
  }
  const readers = clients.flatMap((client) => client.readers);
  for (const { rule, reader, problem } of validate(readers, server.truth))
    problems.push(`${rule} ${reader}: ${problem}`);
  const closing = clients.map((client) => client.close());
  await clock.advance(10_000);
  await Promise.all(closing);
  return problems;
}

function disturb(
  random: SeededRandom,
  network: Network,
  server: ServerHost,
  clients: readonly ClientHost[],
): void {
  const links = [...network.links];
  const link = links.length > 0 ? random.pick(links) : undefined;
  const fault = random.pick([
    () => link?.cut(),
    () => link?.cut(),
    () => link?.pause(true),
    () => link?.pause(false),
    () => link?.silence(random.pick(['up', 'down', 'both'])),
    () => server.crash(),
    () => void server.stop(),
    () => server.isRunning || server.start(),
    () => server.isRunning || server.start(),
    () => server.isRunning || server.start(),
    () => random.chance(0.1) && server.wipe(),
    () => server.compact(Math.max(0, server.revision - random.int(0, 30))),
    () => random.pick(clients).restart(),
  ]);
  fault();
}

async function recover(clock: VirtualClock, network: Network, server: ServerHost): Promise<void> {
  await clock.advance(10_000);
  for (const link of network.links) link.pause(false);
  if (!server.isRunning) server.start();
  await clock.advance(RECOVERY_MS);
}

/** W7, W6, W8: in peace every mirror is live, equal to the truth and at its revision. */
function* convergenceProblems(client: ClientHost, server: ServerHost): Generator<string> {
  const { model } = server;
  for (const { mirror, name } of client.mirrors) {
    if (mirror.status !== 'live') yield `W8 ${name} is ${mirror.status} in peace`;
    if (mirror.revision !== model.revision)
      yield `W6 ${name} is at ${mirror.revision} of ${model.revision} in peace`;
    const expected = model.subtreeAt(model.revision, mirror.path);
    for (const { path, ...entry } of mirror.list()) {
      const held = expected.get(path);
      if (held === undefined || !sameEntry(held, entry)) yield `W7 ${name} shows ${path} wrongly`;
      expected.delete(path);
    }
    for (const path of expected.keys()) yield `W7 ${name} lacks ${path}`;
  }
}
