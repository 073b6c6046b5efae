import { times } from '@confer/shared';
import { ConflictError } from '../../client/src/errors.ts';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../shared/src/test-support/virtual-clock.ts';
import { sameEntry } from '../model/model.ts';
import { JudgedServer } from '../support/judged-server.ts';
import { isCurrent } from '../validate/history.ts';
import { validate } from '../validate/validators.ts';
import { Attempts } from './attempts.ts';
import { ClientHost } from './client-host.ts';
import { disturb, heal, type World } from './faults.ts';
import type { HttpReader } from './http/http-reader.ts';
import { httpReaders, readerProblems } from './http/readers.ts';
import { HTTP_READER } from './http/server-side.ts';
import type { OperationHistory } from './operation-history.ts';
import type { ServerHost } from './server-host.ts';
import { SharedTabs } from './shared-tabs.ts';
import type { EngineName } from './stores/simulated-store.ts';
import { storing } from './stores/storing.ts';
import { bankProblems } from './txn-work.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly steps: number;
  readonly engine?: EngineName;
  /** The clients are tabs of one browser, which share a connection. */
  readonly areTabs?: boolean;
  /** Clients do transactions beside what they do otherwise, out of a randomness of their own. */
  readonly areTxns?: boolean;
  /** Others read by HTTP, out of a randomness of their own. */
  readonly areHttp?: boolean;
}

/** Nothing is wrong with the world for this long at the end; everybody must be well by then. */
const RECOVERY_MS = 120_000;
/** A dead link shows within three heartbeats; a busy server may take this long on top. */
const BLIND_MS_MAX = times.heartbeatMs * times.silentBeatsMax + 20_000;

interface Scene extends World {
  readonly clock: VirtualClock;
  readonly operationHistory: OperationHistory;
  readonly problems: string[];
  /** Those who read by HTTP. */
  readonly readers: HttpReader[];
}

/**
 * A whole server and several clients on one virtual clock, everything out of one seed: random work,
 * random faults, then peace. Returns what was wrong, one line each.
 */
export async function simulate({
  seed,
  steps,
  engine = 'memory',
  areTabs = false,
  areTxns = false,
  areHttp = false,
}: SimulationOptions): Promise<string[]> {
  const scene = build(new SeededRandom(seed), engine, new SeededRandom(~seed), {
    areTabs,
    areHttp,
  });
  if (areHttp) scene.readers.push(...httpReaders(scene, new SeededRandom(seed ^ 0x477)));
  try {
    await play(scene, steps, areTxns ? new SeededRandom(seed ^ 0x7a21) : undefined);
  } catch (error) {
    // What was found before says more than what the judges stumbled over in the end.
    const found = [...scene.server.problems, ...scene.clients.flatMap(({ problems }) => problems)];
    scene.problems.push(...found, `it threw ${String(error)}`);
  }
  return scene.problems;
}

async function play(scene: Scene, steps: number, txns?: SeededRandom): Promise<void> {
  const { random, clock, server, clients, operationHistory, problems } = scene;
  const compaction = random.pick([0, 0, 0.15]);
  for (let step = 0; step < steps; step++) {
    if (random.chance(0.8)) random.pick(clients).act();
    else disturb(scene);
    if (txns?.chance(0.6)) txns.pick(clients).transact(txns);
    server.disturbDisk();
    if (random.chance(compaction)) server.compact(server.revision);
    if (random.chance(0.3)) observe(scene);
    await clock.advance(random.pick([0, 1, 10, 100, 2_000]));
  }
  await clock.advance(10_000);
  heal(scene);
  await clock.advance(RECOVERY_MS / 2);
  const written = clients.map((client) => writtenInPeace(client));
  await clock.advance(RECOVERY_MS / 2);
  for (const problem of written) problems.push(...problem());
  problems.push(...server.problems, ...clients.flatMap((client) => client.problems));
  observe(scene);
  for (const client of clients) problems.push(...convergenceProblems(client, server));
  for (const reader of scene.readers) problems.push(...readerProblems(reader, server));
  problems.push(...bankProblems(server.truth));
  const readers = [...clients.flatMap((client) => client.readers), ...scene.readers];
  for (const { rule, reader, problem } of validate(readers, server.truth))
    problems.push(`${rule} ${reader}: ${problem}`);
  problems.push(
    ...operationHistory.problems({
      revisionsOf: (requestId) => server.revisionsOf(requestId),
      revisionIn: (history, requestId) => server.revisionIn(history, requestId),
    }),
  );
  for (const reader of scene.readers) reader.stop();
  const closing = clients.map((client) => client.close());
  await clock.advance(10_000);
  await Promise.all(closing);
}

/** In peace every write is made, or refused because its condition does not hold. */
function writtenInPeace(client: ClientHost): () => readonly string[] {
  let answer: readonly string[] = [`S2 ${client.name}: no answer to a write in peace`];
  void client.set().then((error) => {
    const isAnswer = error === undefined || error instanceof ConflictError;
    answer = isAnswer ? [] : [`S2 ${client.name}: a write in peace was refused: ${error}`];
  });
  return () => answer;
}

function build(
  random: SeededRandom,
  engine: EngineName,
  diskRandom: SeededRandom,
  { areTabs, areHttp }: { readonly areTabs: boolean; readonly areHttp: boolean },
): Scene {
  // One run in ten has values so large that snapshots and batches need several frames.
  const isOneInTen = random.chance(0.1);
  // What comes by HTTP has more places at which it can be cut.
  const isLarge = isOneInTen || (areHttp && diskRandom.fork().chance(0.3));
  const networkOptions = {
    random: random.fork(),
    latencyMaxMs: random.pick([1, 20, 300]),
    windowBytes: isLarge ? 100_000 : random.pick([200, 5_000, 1_000_000]),
  };
  const brittle = random.pick([0, 0.2]);
  const diskMaxMs = random.pick([0, 0, 5, 50]);
  const judged = new JudgedServer({
    ...networkOptions,
    busyMaxMs: random.pick([0, 0, 400]),
    serverRandom: random.fork(),
    ...storing(engine, diskRandom, diskMaxMs),
    // What is no message is not judged as one.
    isHostile: (owner) => owner.startsWith(HTTP_READER),
    onOpen: (owner) => attempts.opened(owner),
  });
  const { clock, network, server, operationHistory, problems } = judged;
  const attempts = new Attempts(clock, (problem) => problems.push(problem));
  network.brittle = brittle;
  // Every second run, the clients are there before their server is.
  if (random.chance(0.5)) server.start();
  const tabs = areTabs ? new SharedTabs(clock, diskRandom.fork(), network) : undefined;
  const valueCharsMax = isLarge ? 150_000 : random.pick([1, 300]);
  const clients = Array.from({ length: random.int(2, 4) }, (_, i) => {
    const fork = random.fork();
    return new ClientHost(`client${i}`, {
      clock,
      random: fork,
      network,
      tabs,
      histories: server,
      operationHistory,
      valueCharsMax,
      revisionIn: (history, requestId) => server.revisionIn(history, requestId),
    });
  });
  return { random, network, server, clients, clock, operationHistory, problems, readers: [] };
}

function observe(scene: Scene): void {
  for (const reader of scene.readers) reader.observe();
  for (const client of scene.clients) {
    client.observe();
    scene.problems.push(...honestyProblems(client, scene));
  }
}

/** W8: who calls itself live lacks nothing that is older than the time in which a dead link shows. */
function* honestyProblems(client: ClientHost, { clock, server }: Scene): Generator<string> {
  const { runsSince } = client;
  if (runsSince === undefined || clock.now() - runsSince < BLIND_MS_MAX || !server.isRunning)
    return;
  for (const { mirror, name } of client.mirrors) {
    const { position, status, path } = mirror;
    if (status !== 'live' || position === undefined) continue;
    if (!isCurrent(server, client.placeOf(position))) continue;
    const { model } = server;
    for (let lacked = position.revision + 1; lacked <= model.revision; lacked++) {
      if (server.ageOf(lacked) < BLIND_MS_MAX) break;
      if (model.changesAt(lacked, path).length === 0) continue;
      yield `W8 ${name} is live at ${position.revision} without ${lacked}, which is old`;
      break;
    }
  }
}

/** W7, W6, W8: in peace every mirror is live, equal to the truth and at its revision. */
function* convergenceProblems(client: ClientHost, server: ServerHost): Generator<string> {
  const { model } = server;
  for (const { mirror, name } of client.mirrors) {
    if (mirror.status !== 'live') yield `W8 ${name} is ${mirror.status} in peace`;
    if (mirror.revision !== model.revision)
      yield `W6 ${name} is at ${mirror.revision} of ${model.revision} in peace`;
    if (mirror.position !== undefined && server.historyOf(mirror.position) !== server.history)
      yield `W7 ${name} is in another history in peace`;
    const expected = model.subtreeAt(model.revision, mirror.path);
    for (const { path, ...entry } of mirror.list()) {
      const held = expected.get(path);
      if (held === undefined || !sameEntry(held, entry)) yield `W7 ${name} shows ${path} wrongly`;
      expected.delete(path);
    }
    for (const path of expected.keys()) yield `W7 ${name} lacks ${path}`;
  }
}
