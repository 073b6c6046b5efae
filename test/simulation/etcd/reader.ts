import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import type { GatewayHost, Live } from './gateway-host.ts';
import type { Requests } from './judges/requests.ts';
import type { WorldTruth } from './judges/world-truth.ts';
import { pause } from './pause.ts';

export interface ReaderOptions {
  readonly gateway: GatewayHost;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly requests: Requests;
  readonly world: WorldTruth;
  readonly onProblem: (problem: string) => void;
}

/** Reads what is new, and says where it was old (S2, W9). */
export class Reader {
  readonly #options: ReaderOptions;
  #isStopping = false;
  readonly stopped: Promise<void>;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.stopped = this.#run();
  }

  stop(): void {
    this.#isStopping = true;
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    while (!this.#isStopping) {
      await pause(clock, random.int(20, 1_500));
      if (random.chance(0.2)) await this.#reach();
      else await this.#read();
    }
  }

  async #read(): Promise<void> {
    const { gateway, requests, random, world, onProblem } = this.#options;
    const live = gateway.current;
    if (live === undefined) return;
    const told = requests.newestTold(live.birth.history);
    try {
      await Promise.race([live.engine.reads.barrier(), goneWith(live)]);
    } catch {
      return;
    }
    const { revision } = live.engine.reads;
    const { name, birth } = live;
    // What a cluster lost that was put back is not there to be read, whatever was told of it before.
    if (revision < told && !world.isOver(birth))
      onProblem(`S2 ${name} reads at ${revision} what is of ${told}`);
    if (random.chance(0.2)) live.judge.judgeState('in a read');
  }

  async #reach(): Promise<void> {
    const { gateway, requests, random, onProblem } = this.#options;
    const live = gateway.current;
    if (live === undefined) return;
    const told = requests.newestTold(live.birth.history);
    const reaching = live.engine.reads.reach(told, random.int(10, 3_000));
    const isReached = await Promise.race([reaching, goneWith(live).catch(() => false)]);
    const { revision } = live.engine.reads;
    if (isReached && revision < told)
      onProblem(`W9 ${live.name} says to have reached ${told}, and is at ${revision}`);
  }
}

/** Whoever waits for a process that is killed gets an error. */
async function goneWith({ killed }: Live): Promise<never> {
  await killed;
  throw new Error('it was killed');
}
