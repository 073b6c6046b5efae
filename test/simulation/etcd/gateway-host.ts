import type { Clock } from '@confer/shared';
import type { Engine, FeedEvent } from '../../../server/src/engine/engine.ts';
import type { EtcdCluster } from '../../../server/src/engine/etcd/client/cluster.ts';
import { openEtcdEngine } from '../../../server/src/engine/etcd/etcd-engine.ts';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import { FeedJudge } from './judges/feed-judge.ts';
import type { Requests } from './judges/requests.ts';
import { PREFIX } from './judges/truth.ts';
import type { Birth, WorldTruth } from './judges/world-truth.ts';
import type { ModelEtcd } from './model/model-etcd.ts';
import { pause } from './pause.ts';

export interface GatewayHostOptions {
  readonly name: string;
  readonly etcd: ModelEtcd;
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly world: WorldTruth;
  readonly requests: Requests;
  readonly onProblem: (problem: string) => void;
}

/** An engine that runs, and what its history is. */
export interface Live {
  /** Another one after each start. */
  readonly name: string;
  readonly engine: Engine;
  readonly birth: Birth;
  readonly judge: FeedJudge;
  /** Resolves when its process is killed. */
  readonly killed: Promise<void>;
}

const RETRY_MS = 300;
const AUDIT_MS = 20_000;

/** Whoever runs a gateway: opens it, and opens it anew when its history is over. */
export class GatewayHost {
  readonly #options: GatewayHostOptions;
  /** While there is one that serves. */
  current: Live | undefined;
  #starts = 0;
  #isStopping = false;
  #close = () => {};
  #kill = () => {};
  /** Resolves when nothing of it runs any more. */
  readonly stopped: Promise<void>;

  constructor(options: GatewayHostOptions) {
    this.#options = options;
    this.stopped = this.#run();
  }

  /** As an operator does it. */
  restart(): void {
    this.#close();
  }

  /** As a machine does it. */
  kill(): void {
    this.#kill();
  }

  stop(): void {
    this.#isStopping = true;
    this.#close();
  }

  async #run(): Promise<void> {
    const { clock, onProblem } = this.#options;
    while (!this.#isStopping) {
      const name = `${this.#options.name}.${++this.#starts}`;
      const process = clock.scope();
      const cluster = this.#options.etcd.connect(name);
      const engine = await this.#open(name, cluster, process.clock).catch(() => undefined);
      if (engine === undefined) {
        await pause(clock, RETRY_MS);
        continue;
      }
      const over = new Promise<void>((resolve) => {
        this.#close = resolve;
      });
      let isKilled = false;
      const killed = new Promise<void>((resolve) => {
        this.#kill = () => {
          isKilled = true;
          this.current = undefined;
          process.kill();
          cluster.kill();
          resolve();
        };
      });
      const birth = this.#options.world.birthOf(engine.epoch);
      if (birth === undefined) onProblem(`S5 ${name} follows an epoch that was never named`);
      else this.#serve(name, engine, birth, killed);
      if (!this.#isStopping) await Promise.race([over, killed]);
      this.current = undefined;
      if (!isKilled) await Promise.race([engine.close(), killed]);
    }
  }

  #open(name: string, cluster: EtcdCluster, clock: Clock): Promise<Engine> {
    const { random } = this.#options;
    let ids = 0;
    return openEtcdEngine({
      cluster,
      prefix: PREFIX,
      clock,
      uptimeMs: () => clock.now(),
      random: random.fork().next,
      newId: () => `${name}-${++ids}`,
      // Others have their turn, which takes a while.
      defer: (run) => void clock.setTimer(random.int(0, 3), run),
      auditMs: AUDIT_MS,
    });
  }

  #serve(name: string, engine: Engine, birth: Birth, killed: Promise<void>): void {
    const { world, requests, onProblem } = this.#options;
    const truth = world.of(birth.history);
    const judge = new FeedJudge({ name, engine, truth, requests, onProblem });
    const live = { name, engine, birth, judge, killed };
    this.current = live;
    engine.feed.consume((event) => {
      judge.take(event);
      if (event.kind === 'end') this.#ended(live, event);
    });
  }

  /** A history that goes on is not ended. */
  #ended({ name, birth }: Live, { reason }: Extract<FeedEvent, { kind: 'end' }>): void {
    const { world, onProblem } = this.#options;
    if (!world.isOver(birth)) onProblem(`S5 ${name} ended an epoch that is not over: ${reason}`);
    this.#close();
    this.current = undefined;
  }
}
