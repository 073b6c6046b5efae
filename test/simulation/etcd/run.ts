import { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { Faults } from './faults.ts';
import { GatewayHost } from './gateway-host.ts';
import { Requests } from './judges/requests.ts';
import { WorldTruth } from './judges/world-truth.ts';
import { ModelEtcd } from './model/model-etcd.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface GatewaysOptions {
  readonly seed: number;
  readonly steps: number;
  /** Writers do transactions, too. */
  readonly areTxns?: boolean;
}

/** A version whose answers to requests for progress overtake events, and one whose do not. */
const VERSIONS = [
  { version: '3.4.23', isProgressSound: false },
  { version: '3.6.14', isProgressSound: true },
];
const WRITERS_PER_GATEWAY = 2;
/** A write gives up after its tries, each of which takes up to 30 s for each of what it has to do. */
const QUIET_MS = 600_000;
const RECOVERY_MS = 120_000;
const SILENCE_MS = 10_000;

interface Scene {
  readonly random: SeededRandom;
  readonly clock: VirtualClock;
  readonly etcd: ModelEtcd;
  readonly world: WorldTruth;
  readonly requests: Requests;
  readonly gateways: readonly GatewayHost[];
  readonly people: readonly (Writer | Reader)[];
  readonly problems: string[];
}

/**
 * Several gateways over one model of etcd, on one virtual clock, everything out of one seed: random work, random
 * faults, then peace. Returns what was wrong, one line each.
 */
export async function simulateGateways({
  seed,
  steps,
  areTxns = false,
}: GatewaysOptions): Promise<string[]> {
  const scene = build(seed, areTxns);
  try {
    await play(scene, steps);
  } catch (error) {
    scene.problems.push(`it threw ${error instanceof Error ? error.stack : String(error)}`);
  }
  return [...new Set(scene.problems)];
}

function build(seed: number, areTxns: boolean): Scene {
  const random = new SeededRandom(seed);
  const clock = new VirtualClock();
  const etcd = new ModelEtcd({ clock, random: random.fork(), ...random.pick(VERSIONS) });
  const world = new WorldTruth(etcd);
  const requests = new Requests(world);
  const problems: string[] = [];
  const shared = { clock, world, requests, onProblem: (problem: string) => problems.push(problem) };
  const gateways = Array.from({ length: random.int(2, 3) }, (_, i) => {
    return new GatewayHost({ ...shared, name: `g${i}`, etcd, random: random.fork() });
  });
  // In some runs so many that taking a commit is not done at once.
  const many = random.chance(0.04) ? 560 : 140;
  const people = gateways.flatMap((gateway, i) => [
    new Reader({ ...shared, gateway, random: random.fork() }),
    ...Array.from({ length: WRITERS_PER_GATEWAY }, (_, k) => {
      const order = [gateway, ...gateways.filter((other) => other !== gateway)];
      const name = `w${i}${k}`;
      return new Writer({ ...shared, name, gateways: order, many, areTxns, random: random.fork() });
    }),
  ]);
  return { random, clock, etcd, world, requests, gateways, people, problems };
}

async function play(scene: Scene, steps: number): Promise<void> {
  const { random, clock, etcd, gateways, people, problems, requests } = scene;
  const faults = new Faults(etcd, random.fork(), gateways);
  for (let step = 0; step < steps; step++) {
    await clock.advance(random.int(50, 1_500));
    faults.disturb();
  }
  faults.heal();
  for (const one of people) one.stop();
  if (!(await ends(clock, people))) problems.push('S4 a write or a read never ended');
  // A stream that went silent is noticed within this.
  await clock.advance(SILENCE_MS);
  await clock.until(() => isInTouch(scene), RECOVERY_MS, 100);
  const last = people.flatMap((one) => (one instanceof Writer ? [one.writeInPeace()] : []));
  if (!(await ends(clock, [{ stopped: Promise.all(last) }])))
    problems.push('S1 a write in peace never ended');
  if (!(await clock.until(() => isWell(scene), RECOVERY_MS, 100)))
    problems.push(`W8 not all gateways are well: ${statesOf(scene)}`);
  for (const { current } of gateways) current?.judge.judgeState('in the end');
  judgeEpochs(scene);
  problems.push(...requests.problems());
  for (const gateway of gateways) gateway.stop();
  if (!(await ends(clock, gateways))) problems.push('S5 a gateway does not close');
}

async function ends(
  clock: VirtualClock,
  all: readonly { readonly stopped: Promise<unknown> }[],
): Promise<boolean> {
  let isDone = false;
  void Promise.all(all.map(({ stopped }) => stopped)).then(() => {
    isDone = true;
  });
  return clock.until(() => isDone, QUIET_MS, 100);
}

/** Whether every gateway is open, and takes writes if the cluster does. */
function isInTouch({ gateways, etcd }: Scene): boolean {
  return gateways.every(
    ({ current }) =>
      current !== undefined &&
      current.birth.history === etcd.history &&
      current.engine.health.current.kind !== 'behind',
  );
}

/** Whether every gateway shows all there is to show, and knows that it does. */
function isWell({ gateways, etcd, world }: Scene): boolean {
  const { history } = etcd;
  return gateways.every(({ current }) => {
    if (current === undefined || current.birth.history !== history) return false;
    const { reads, health } = current.engine;
    const missed = world.of(history).changedBetween(reads.revision, history.last.revision + 1);
    return health.current.kind === 'well' && missed === undefined;
  });
}

function statesOf({ gateways, etcd }: Scene): string {
  const states = gateways.map(({ current }) => {
    if (current === undefined) return 'not open';
    const { name, engine, birth } = current;
    const isOld = birth.history === etcd.history ? '' : ' of an old history';
    return `${name} ${JSON.stringify(engine.health.current)} at ${engine.reads.revision}${isOld}`;
  });
  return `${states.join(', ')}; etcd at ${etcd.history.last.revision}`;
}

/** After a restore or a wipe each gateway is one of another epoch, and all of the same (W9). */
function judgeEpochs({ gateways, world, problems }: Scene): void {
  const epochs = new Set<string>();
  for (const { current: live } of gateways) {
    if (live === undefined) continue;
    epochs.add(live.engine.epoch);
    const { head, all } = world.endsOf(live.birth);
    if (head) problems.push(`W9 ${live.name} goes on with an epoch whose head was deleted`);
    if (all)
      problems.push(`W9 ${live.name} goes on with epoch ${live.engine.epoch}, which is over`);
  }
  if (epochs.size > 1) problems.push(`W9 there are several epochs: ${[...epochs].join(', ')}`);
}
