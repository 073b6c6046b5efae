import type { TxnRequest } from '../../../server/src/engine/etcd/client/messages.ts';
import type { SeededRandom } from '../../../shared/src/test-support/seeded-random.ts';
import type { GatewayHost } from './gateway-host.ts';
import { EPOCH_KEY, HEAD_KEY, PREFIX } from './judges/truth.ts';
import { applyCompaction } from './model/apply.ts';
import type { Backup, ModelEtcd } from './model/model-etcd.ts';

/** What goes wrong in a run, and how. */
export class Faults {
  readonly #etcd: ModelEtcd;
  readonly #random: SeededRandom;
  readonly #gateways: readonly GatewayHost[];
  readonly #kinds: readonly (() => void)[];
  #backup: Backup | undefined;
  #isRestoring = false;
  #isRestored = false;
  #isHealed = false;

  constructor(etcd: ModelEtcd, random: SeededRandom, gateways: readonly GatewayHost[]) {
    this.#etcd = etcd;
    this.#random = random;
    this.#gateways = gateways;
    const common = [
      () => this.#raiseFailureRate(),
      () => this.#freeze(),
      () => this.#crash(),
      () => this.#lag(),
      () => this.#cut(),
      () => this.#silence(),
      () => this.#elect(),
      () => random.pick(gateways).kill(),
      () => this.#strand(),
      () => this.#writeBeside(),
      () => this.#writeBeside(),
    ];
    const rare = [
      () => this.#compact(),
      () => this.#compact(),
      () => this.#fill(),
      () => random.pick(gateways).restart(),
      () => this.#restore(),
      () => this.#wipe(),
    ].filter(() => random.chance(0.3));
    this.#kinds = [...common, ...rare];
  }

  /** Something, now and then. */
  disturb(): void {
    if (this.#random.chance(0.15)) this.#backup = this.#etcd.backUp();
    if (this.#random.chance(0.4)) this.#random.pick(this.#kinds)();
  }

  heal(): void {
    this.#isHealed = true;
    this.#etcd.failureRate = 0;
    this.#etcd.hasLeader = true;
    this.#etcd.isFull = false;
    for (const member of this.#etcd.members) {
      member.lagMs = 5;
      if (!this.#isRestoring) member.start();
    }
  }

  #later(minMs: number, maxMs: number, run: () => void): void {
    this.#etcd.clock.setTimer(this.#random.int(minMs, maxMs), () => {
      if (!this.#isHealed) run();
    });
  }

  #raiseFailureRate(): void {
    this.#etcd.failureRate = this.#random.pick([0.03, 0.1, 0.3, 0.8]);
    this.#later(500, 8_000, () => {
      this.#etcd.failureRate = 0;
    });
  }

  #freeze(): void {
    const member = this.#random.pick(this.#etcd.members);
    member.freeze();
    this.#later(200, 15_000, () => !this.#isRestoring && member.start());
  }

  /** What a gateway had under way is with a member that is frozen, and then the gateway dies. */
  #strand(): void {
    this.#freeze();
    const gateway = this.#random.pick(this.#gateways);
    this.#later(0, 1_500, () => gateway.kill());
  }

  #crash(): void {
    const member = this.#random.pick(this.#etcd.members);
    member.stop();
    this.#later(200, 10_000, () => !this.#isRestoring && member.start());
  }

  #lag(): void {
    const member = this.#random.pick(this.#etcd.members);
    member.lagMs = this.#random.pick([100, 1_000, 4_000]);
    this.#later(500, 15_000, () => {
      member.lagMs = 5;
    });
  }

  #cut(): void {
    for (const stream of this.#etcd.streams) if (this.#random.chance(0.5)) stream.cut();
  }

  #silence(): void {
    for (const stream of this.#etcd.streams) if (this.#random.chance(0.3)) stream.isSilent = true;
  }

  #elect(): void {
    this.#etcd.hasLeader = false;
    this.#later(200, 6_000, () => {
      this.#etcd.hasLeader = true;
    });
  }

  #compact(): void {
    const { history } = this.#etcd;
    const { revision, compacted } = history.last;
    const upTo = Math.max(1, revision - this.#random.pick([0, 0, 3, 20]));
    const gateway = this.#random.pick(this.#gateways).current?.engine;
    if (gateway !== undefined && this.#random.chance(0.5))
      gateway.maintenance.compact(Math.min(upTo, gateway.reads.revision)).catch(() => {});
    else if (upTo > compacted) this.#etcd.propose((current) => applyCompaction(current, upTo));
  }

  /** Once: of a second one soon after the first nothing tells. */
  #restore(): void {
    const backup = this.#backup;
    if (backup === undefined || this.#isRestored) return;
    this.#isRestored = true;
    const downMs = this.#random.int(1_000, 5_000);
    const isSame = this.#random.chance(0.6);
    const clusterId = isSame ? {} : { clusterId: `${this.#random.int(1, 1e9)}` };
    this.#isRestoring = true;
    this.#etcd.restore(backup, { downMs, ...clusterId });
    this.#etcd.clock.setTimer(downMs, () => {
      this.#isRestoring = false;
    });
  }

  /** What says which history it is goes, by hand, alone or with everything. */
  #wipe(): void {
    const all = { key: Buffer.from(`${PREFIX}/`), rangeEnd: Buffer.from(`${PREFIX}0`) };
    const target = this.#random.pick([
      { key: Buffer.from(EPOCH_KEY) },
      { key: Buffer.from(HEAD_KEY) },
      all,
    ]);
    this.#etcd.upheavals.push(this.#etcd.clock.now());
    this.#etcd.writeBeside(only({ requestDeleteRange: target }));
  }

  #fill(): void {
    this.#etcd.isFull = true;
    this.#later(200, 6_000, () => {
      this.#etcd.isFull = false;
    });
  }

  /** With a tool of etcd, also what Confer cannot show. */
  #writeBeside(): void {
    const path = this.#random.pick(['/a', '/a/x', '/b/1', '/d', '//no/path', '/a/', '/e']);
    const key = Buffer.from(PREFIX + path);
    const value = this.#random.pick(['"beside"', '', '\xff\xfe', '[1]']);
    const bytes = Buffer.from(value, 'latin1');
    this.#etcd.writeBeside(
      this.#random.chance(0.3)
        ? only({ requestDeleteRange: { key } })
        : only({ requestPut: { key, value: bytes } }),
    );
  }
}

function only(operation: TxnRequest['success'][number]): TxnRequest {
  return { compare: [], success: [operation], failure: [] };
}
