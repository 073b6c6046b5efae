import type { Client } from '../../../client/src/api.ts';
import { createClient } from '../../../client/src/client.ts';
import type { Lock } from '../../../client/src/coordination/locks/api.ts';
import { lockNamed } from '../../../client/src/coordination/locks/lock.ts';
import { partsOf } from '../../../client/src/coordination/parts.ts';
import { ConferError } from '../../../client/src/errors.ts';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { ProcessClock } from '../../../shared/src/test-support/virtual-clock.ts';
import type { JudgedServer } from '../../support/judged-server.ts';
import type { LockJudge } from './judge.ts';

/** What may come of a try to get a lock. Everything else is a problem. */
const EXPECTED: readonly string[] = [
  ...['lock_held', 'aborted', 'timeout', 'closed'],
  ...['unavailable', 'storage_full', 'outcome_unknown'],
];

interface Running {
  readonly client: Client;
  readonly scope: ProcessClock;
  isAlive: boolean;
}

/** A process that wants a lock again and again, works with it, is stopped, killed, and comes back. */
export class ContenderHost {
  readonly name: string;
  readonly #judged: JudgedServer;
  readonly #judge: LockJudge;
  readonly #random: SeededRandom;
  #running: Running;
  #ids = 0;
  isFrozen = false;

  constructor(name: string, judged: JudgedServer, judge: LockJudge, random: SeededRandom) {
    this.name = name;
    this.#judged = judged;
    this.#judge = judge;
    this.#random = random;
    this.#running = this.#start();
  }

  freeze(): void {
    if (this.isFrozen) return;
    this.isFrozen = true;
    this.#running.scope.freeze();
    this.#judged.network.freeze(this.name);
  }

  /** The first that it does is to look at its lock. */
  thaw(): void {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    this.#judge.thawed(this);
    this.#running.scope.thaw();
    this.#judged.network.thaw(this.name);
  }

  /** `kill -9`, and another process in its place. */
  kill(): void {
    this.thaw();
    this.#running.isAlive = false;
    this.#running.scope.kill();
    this.#judge.killed(this);
    for (const link of [...this.#judged.network.links]) if (link.owner === this.name) link.cut();
    this.#running = this.#start();
  }

  /** Does not want it any more, and closes its client amid whatever it is doing. */
  close(): Promise<void> {
    this.thaw();
    this.#running.isAlive = false;
    return this.#running.client.close();
  }

  #start(): Running {
    const { clock, network, operationHistory, problems } = this.#judged;
    const scope = clock.scope();
    const client = createClient(
      ['http://server'],
      { onError: (error) => problems.push(`${this.name} reports ${String(error)}`) },
      {
        openSocket: network.opener(this.name),
        clock: scope.clock,
        uptimeMs: scope.uptimeMs,
        random: this.#random.next,
        newId: () => {
          const id = `${this.name}-${++this.#ids}`;
          operationHistory.requestIds.add(id);
          return id;
        },
      },
    );
    const running = { client, scope, isAlive: true };
    void this.#work(running);
    return running;
  }

  async #work(running: Running): Promise<void> {
    const { client, scope } = running;
    const parts = partsOf(client);
    const random = this.#random;
    while (running.isAlive) {
      const giveUp = new AbortController();
      if (random.chance(0.1)) scope.clock.setTimer(random.int(0, 5_000), () => giveUp.abort());
      const patience = random.chance(0.15) ? { waitMs: random.int(0, 10_000) } : {};
      try {
        const options = { ttlMs: random.pick([2_000, 5_000]), signal: giveUp.signal, ...patience };
        const lock = await lockNamed(parts, 'l', options);
        if (!running.isAlive) return;
        await this.#hold(running, lock);
      } catch (error) {
        if (!running.isAlive) return;
        if (!(error instanceof ConferError && EXPECTED.includes(error.code)))
          this.#judged.problems.push(`${this.name} got ${String(error)}`);
        await after(scope, random.int(0, 500));
      }
    }
  }

  async #hold(running: Running, lock: Lock): Promise<void> {
    this.#judge.acquired(this, lock);
    for (let work = this.#random.int(0, 5); work > 0; work--) {
      await after(running.scope, this.#random.int(0, 800));
      if (!running.isAlive) return;
      this.#judge.wrote(this, lock);
    }
    await lock.release();
    if (running.isAlive) this.#judge.released(this, lock);
  }
}

function after({ clock }: ProcessClock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(ms, resolve));
}
