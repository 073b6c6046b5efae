import type { Grant, Role, Verb } from '@confer/shared';
import type { Client, Mirror } from '../../../client/src/api.ts';
import { createClient } from '../../../client/src/client.ts';
import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { Network } from '../../support/network.ts';
import type { EngineName } from '../stores/simulated-store.ts';
import { storing } from '../stores/storing.ts';
import { GuardedHost } from './guarded-host.ts';
import { PolicyModel } from './policy-model.ts';
import { RightsJudge } from './rights-judge.ts';

const SUBTREES = ['/', '/a', '/a/b', '/a/b/c', '/d', '/d/e', '/x'];
const PATHS = ['/a', '/a/k', '/a/b', '/a/b/c', '/a/b/c/k', '/d/e/k', '/d/k', '/x', '/x/y', '/ab'];
const PRINCIPALS = ['ann', 'bob', 'ci', 'dan'];
const ROLES = ['r0', 'r1', 'r2', 'r3', 'r4'];
const RECOVERY_MS = 240_000;
/** With a slow disk. */
const POPULATING_MS = 10_000;

interface Open {
  readonly owner: string;
  readonly mirror: Mirror;
}

interface Scene {
  readonly random: SeededRandom;
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly host: GuardedHost;
  readonly clients: Map<string, Client>;
  readonly mirrors: Open[];
  readonly refused: Set<string>;
  readonly policy: PolicyModel;
  readonly problems: string[];
}

/**
 * A server that asks who everybody is, clients of four principals that read and write, and somebody who changes roles
 * and tokens all the time, out of one seed. Returns what was wrong, one line each: W11 on the wire, and in the end
 * that whoever has a right lacks nothing.
 */
export async function simulateRights(options: {
  readonly seed: number;
  readonly steps: number;
  readonly engine?: EngineName;
}): Promise<string[]> {
  const { seed, steps, engine = 'memory' } = options;
  const scene = await build(new SeededRandom(seed), engine);
  for (let step = 0; step < steps; step++) {
    await act(scene);
    if (scene.random.chance(0.6))
      await scene.clock.advance(scene.random.pick([0, 1, 10, 100, 2_000]));
  }
  await heal(scene);
  await scene.clock.advance(RECOVERY_MS);
  judgeEnd(scene);
  const closing = [...scene.clients.values()].map((client) => client.close());
  await scene.clock.advance(10_000);
  await Promise.all(closing);
  return scene.problems;
}

async function build(random: SeededRandom, engine: EngineName): Promise<Scene> {
  const clock = new VirtualClock();
  const problems: string[] = [];
  const refused = new Set<string>();
  const policy = new PolicyModel();
  const tokens = new Map<string, string>();
  let settled = 0;
  const onProblem = (problem: string) => void problems.push(problem);
  const judge = new RightsJudge({
    policy,
    ownerOf: (token) => [...tokens].find(([, text]) => text === token)?.[0],
    settled: () => settled,
    onProblem,
    onRefused: (owner, path) => refused.add(`${owner} ${path}`),
  });
  const network = new Network({
    clock,
    random: random.fork(),
    latencyMaxMs: random.pick([1, 20, 300]),
    windowBytes: random.pick([200, 5_000, 1_000_000]),
    onClientFrame: (frame, link) => judge.up(frame, link),
    onServerFrame: (frame, link) => judge.down(frame, link),
  });
  const { newStore } = storing(engine, random.fork(), random.pick([0, 50, 400]));
  const host = new GuardedHost({
    ...{ clock, network, store: newStore(clock), onProblem },
    random: random.fork(),
    busyMaxMs: random.pick([0, 0, 400]),
    onCommit: (commit) => policy.take(commit),
    onSettled: (revision) => {
      settled = revision;
    },
  });
  await host.start();
  const scene = {
    random,
    clock,
    network,
    host,
    clients: new Map(),
    mirrors: [],
    refused,
    policy,
    problems,
  };
  await populate(scene, tokens);
  for (const [name, token] of tokens)
    for (let i = 1; i <= 2; i++) addClient(scene, `${name}.${i}`, token);
  return scene;
}

async function populate(scene: Scene, tokens: Map<string, string>): Promise<void> {
  const { host, random, clock } = scene;
  for (const name of ROLES)
    host.administrate(({ roles }, root) => roles.set(root, randomRole(random, name)));
  await clock.advance(POPULATING_MS);
  for (const name of PRINCIPALS)
    host.administrate(async ({ tokens: made }, root) => {
      const roles = [random.pick(ROLES), random.pick(ROLES)];
      const request = { type: 'createToken', id: 0, name, roles, expiresAt: null } as const;
      tokens.set(name, (await made.create(root, request)).token);
    });
  await clock.advance(POPULATING_MS);
}

function addClient(scene: Scene, owner: string, token: string): void {
  const { clock, random, network, clients, problems } = scene;
  let ids = 0;
  const client = createClient(
    ['http://server'],
    { token, onError: (error) => problems.push(`W7 ${owner} reports ${String(error)}`) },
    {
      openSocket: network.opener(owner),
      clock,
      uptimeMs: () => clock.elapsedMs,
      random: random.fork().next,
      newId: () => `${owner}-${++ids}`,
    },
  );
  clients.set(owner, client);
  for (let i = 0; i < 2; i++) openMirror(scene, owner);
}

function openMirror({ clients, mirrors, random }: Scene, owner: string): void {
  const client = clients.get(owner);
  if (client === undefined) return;
  mirrors.push({ owner, mirror: client.mirror(random.pick(SUBTREES)) });
}

/** One random thing that somebody does, or that happens. */
async function act(scene: Scene): Promise<void> {
  const { random, host, network } = scene;
  const kind = random.int(1, 20);
  if (kind <= 7) write(scene);
  else if (kind <= 11) setRole(scene, random.pick(ROLES));
  else if (kind <= 13) changeToken(scene);
  else if (kind <= 15) read(scene);
  else if (kind <= 16) openMirror(scene, random.pick([...scene.clients.keys()]));
  else if (kind <= 17) watch(scene);
  else if (kind <= 18) for (const link of someOf(network, random)) link.pause(random.chance(0.5));
  else if (kind <= 19) for (const link of someOf(network, random)) link.cut();
  else if (random.chance(0.3)) {
    host.crash();
    await host.start();
  }
}

/** One of the connections, where there are any. */
function someOf({ links }: Network, random: SeededRandom) {
  return links.size === 0 ? [] : [random.pick([...links])];
}

function write({ random, clients }: Scene): void {
  const client = random.pick([...clients.values()]);
  const value = 'x'.repeat(random.pick([1, 10, 40_000]));
  const operations = Array.from({ length: random.pick([1, 1, 3, 20]) }, () =>
    random.chance(0.8)
      ? ({ type: 'put', path: random.pick(PATHS), value } as const)
      : ({ type: 'delete', path: random.pick(SUBTREES), recursive: true } as const),
  );
  client.commit({ operations, timeoutMs: 5_000 }).catch(() => {});
}

function read({ random, clients }: Scene): void {
  const client = random.pick([...clients.values()]);
  const reading = random.chance(0.5)
    ? client.get(random.pick(PATHS), { timeoutMs: 5_000 })
    : client.list(random.pick(SUBTREES), { timeoutMs: 5_000 });
  reading.catch(() => {});
}

function watch({ random, clients }: Scene): void {
  const client = random.pick([...clients.values()]);
  const events = client.watch(random.pick(SUBTREES), { prev: random.chance(0.5) });
  const readOn = async () => {
    for await (const _ of events) if (random.chance(0.05)) return;
  };
  readOn().catch(() => {});
}

function grants(random: SeededRandom, countMax: number): Grant[] {
  const verbs: readonly (readonly Verb[])[] = [['read'], ['write'], ['read', 'write']];
  return Array.from({ length: random.int(0, countMax) }, () => ({
    verbs: [...random.pick(verbs)],
    on: random.pick(SUBTREES),
  }));
}

function randomRole(random: SeededRandom, name: string): Role {
  const deny = random.chance(0.4) ? grants(random, 1) : [];
  return { name, allow: grants(random, 3), deny };
}

function setRole({ random, host }: Scene, name: string): void {
  const role = {
    name,
    allow: grants(random, 3),
    deny: random.chance(0.4) ? grants(random, 1) : [],
  };
  host.administrate(({ roles }, root) =>
    random.chance(0.9) ? roles.set(root, role) : roles.remove(root, name),
  );
}

function changeToken({ random, host }: Scene): void {
  const token = random.pick(PRINCIPALS);
  const roles = [random.pick(ROLES), random.pick(ROLES)];
  const change = random.chance(0.5) ? { roles } : { disabled: random.chance(0.3) };
  host.administrate(({ tokens }, root) =>
    tokens.update(root, { type: 'updateToken', id: 0, token, ...change }),
  );
}

async function heal({ clock, host, network }: Scene): Promise<void> {
  await clock.advance(10_000);
  for (const link of network.links) link.pause(false);
  for (const token of PRINCIPALS)
    host.administrate(({ tokens }, root) =>
      tokens.update(root, { type: 'updateToken', id: 0, token, disabled: false }),
    );
}

/** Whoever may read has everything, and whoever failed had lost the right. */
function judgeEnd({ mirrors, host, policy, problems, refused }: Scene): void {
  const reads = host.engine?.reads;
  if (reads === undefined) return;
  for (const { owner, mirror } of mirrors) {
    const { path, status } = mirror;
    const principal = owner.split('.')[0] ?? '';
    const may = policy.may(principal, 'read', path, false, reads.revision);
    if (status === 'failed') {
      if (!refused.has(`${owner} ${path}`))
        problems.push(`W11 ${owner} ${path} failed for nothing`);
      continue;
    }
    if (!may) problems.push(`W11 ${owner} ${path} is ${status} without a right`);
    if (status !== 'live') problems.push(`W8 ${owner} ${path} is ${status} in peace`);
    const held = mirror.list().map((entry) => `${entry.path} ${entry.modRevision}`);
    const texts = [...reads.scanTexts({ subtree: path, at: reads.revision })];
    const truth = texts.map((text) => `${text.path} ${text.modRevision}`);
    if (held.join() !== truth.join())
      problems.push(`W7 ${owner} ${path} shows ${held}, not ${truth}`);
  }
}
