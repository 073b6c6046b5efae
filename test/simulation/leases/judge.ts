import type { Lease } from '../../../client/src/coordination/api.ts';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../../shared/src/test-support/virtual-clock.ts';
import type { Model } from '../../model/model.ts';

interface Judged {
  readonly lease: Lease;
  /** What the program is doing that has it. */
  readonly stateOf: () => 'running' | 'frozen' | 'killed';
  /** Acknowledged, and with it. */
  readonly paths: string[];
  isGone: boolean;
  isRevoked: boolean;
  /** When it was seen last that its holder takes it for held. */
  heldAt: number;
}

/**
 * Holds what holders believe against what the store has:
 *
 * - whoever takes a lease for held has it, with every entry that was acknowledged with it;
 * - nobody has a part of one: they go together;
 * - what nobody keeps goes.
 */
export class LeaseJudge {
  readonly problems: string[] = [];
  readonly #clock: VirtualClock;
  readonly #model: () => Model;
  readonly #leases: Judged[] = [];

  constructor(clock: VirtualClock, model: () => Model) {
    this.#clock = clock;
    this.#model = model;
  }

  /** How many there were. */
  get count(): number {
    return this.#leases.length;
  }

  granted(lease: Lease, stateOf: Judged['stateOf']): void {
    const heldAt = this.#clock.elapsedMs;
    this.#leases.push({ lease, stateOf, paths: [], isGone: false, isRevoked: false, heldAt });
  }

  put(lease: Lease, path: string): void {
    this.#leases.find((one) => one.lease === lease)?.paths.push(path);
  }

  /** One is given up by its holder. */
  async revokeOne(random: SeededRandom): Promise<void> {
    const running = this.#leases.filter((one) => !one.isGone && one.stateOf() === 'running');
    if (running.length === 0) return;
    const judged = random.pick(running);
    judged.isRevoked = true;
    await judged.lease.revoke({ timeoutMs: 20_000 }).catch(() => {});
  }

  look(): void {
    if (this.#leases.length === 0) return;
    const model = this.#model();
    const now = model.at(model.revision);
    for (const judged of this.#leases) {
      if (judged.isGone) continue;
      const { lease, paths } = judged;
      judged.isGone = !now.has(`/.confer/leases/${lease.id}`);
      const there = paths.filter((path) => now.get(path)?.lease === lease.id);
      // A server that was killed may have written what nobody has looked at yet.
      if (!judged.isGone && there.length < paths.length)
        this.problems.push(
          `S3 ${lease.id} is there without ${paths.length - there.length} entries`,
        );
      if (judged.isGone && there.length > 0)
        this.problems.push(`S3 ${there} stay behind with ${lease.id}, which is over`);
      if (judged.stateOf() === 'killed') continue;
      // Asked while the program stands still, too: that is what it would find when it goes on.
      const isHeld = lease.status === 'held';
      if (judged.isGone && isHeld)
        this.problems.push(`${lease.id} is over, and its holder takes it for held`);
      if (isHeld && lease.signal.aborted)
        this.problems.push(`${lease.id} is held and given up at once`);
      if (isHeld) judged.heldAt = this.#clock.elapsedMs;
    }
  }

  /** All is well, and has been for longer than any TTL. */
  end(): void {
    this.look();
    for (const { lease, isGone, isRevoked, stateOf, heldAt } of this.#leases) {
      const isKept = stateOf() === 'running' && !isRevoked && lease.status === 'held';
      const sinceMs = this.#clock.elapsedMs - heldAt;
      if (!isKept && !isGone)
        this.problems.push(`${lease.id} is still there, ${sinceMs} ms after somebody had it`);
    }
  }
}
