import { type Client, ConferError, ConflictError } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { report } from '../faults/scene.ts';
import { isLinearizable, type RegisterOperation } from '../validate/linearizable.ts';
import { clusterProblem, withCluster } from './scene.ts';

const seed = Number(process.env.CONFER_TEST_SEED ?? 1);
const CLIENTS = 6;
const ROUNDS = 120;
const REGISTERS = ['/r/0', '/r/1', '/r/2'];

/** What one client did with the registers, as it saw it. */
class Witness {
  readonly operations = new Map<string, RegisterOperation[]>(REGISTERS.map((path) => [path, []]));
  readonly #client: Client;
  readonly #name: string;
  #values = 0;

  constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
  }

  async act(random: SeededRandom): Promise<void> {
    const path = random.pick(REGISTERS);
    const called = performance.now();
    const value = `${this.#name}.${this.#values++}`;
    const note = (effect: RegisterOperation['effect'], isOptional = false) =>
      this.operations.get(path)?.push({
        called,
        returned: isOptional ? Number.POSITIVE_INFINITY : performance.now(),
        isOptional,
        effect,
      });
    const dice = random.next();
    if (dice < 0.5) {
      const entry = await this.#client.get(path).catch(() => 'failed' as const);
      if (entry !== 'failed') note({ kind: 'read', value: entry?.value ?? null });
    } else if (dice < 0.75) await this.#write(path, value, note);
    else if (dice < 0.87) await this.#swap(path, value, note);
    else await this.#decide(path, value, note);
  }

  async #write(
    path: string,
    value: string,
    note: (effect: RegisterOperation['effect'], isOptional?: boolean) => void,
  ): Promise<void> {
    try {
      await this.#client.set(path, value, { timeoutMs: 30_000 });
      note({ kind: 'write', value });
    } catch (error) {
      if (!isUnwritten(error)) note({ kind: 'write', value }, true);
    }
  }

  async #swap(
    path: string,
    value: string,
    note: (effect: RegisterOperation['effect'], isOptional?: boolean) => void,
  ): Promise<void> {
    const before = await this.#client.get(path).catch(() => 'failed' as const);
    if (before === 'failed') return;
    const expected = before?.value ?? null;
    try {
      await this.#client.set(path, value, {
        ifRevision: before?.modRevision ?? 0,
        timeoutMs: 30_000,
      });
      note({ kind: 'swap', expected, value });
    } catch (error) {
      if (error instanceof ConflictError) note({ kind: 'refused', expected });
      else if (!isUnwritten(error)) note({ kind: 'swap', expected, value }, true);
    }
  }

  /** Swaps by a transaction, which says what it found where it did not. */
  async #decide(
    path: string,
    value: string,
    note: (effect: RegisterOperation['effect'], isOptional?: boolean) => void,
  ): Promise<void> {
    const before = await this.#client.get(path).catch(() => 'failed' as const);
    if (before === 'failed') return;
    const expected = before?.value ?? null;
    try {
      const outcome = await this.#client.txn({
        if: [expected === null ? { path, exists: false } : { path, value: expected }],
        then: [{ type: 'put', path, value }],
        else: [{ type: 'get', path }],
        timeoutMs: 30_000,
      });
      if (outcome.succeeded) note({ kind: 'swap', expected, value });
      else note({ kind: 'read', value: outcome.results[0].entry?.value ?? null });
    } catch (error) {
      if (!isUnwritten(error)) note({ kind: 'swap', expected, value }, true);
    }
  }
}

function isUnwritten(error: unknown): boolean {
  return error instanceof ConferError && error.code === 'unavailable';
}

describe.skipIf(clusterProblem !== undefined)(
  'two gateways and three members (where etcd is installed)',
  () => {
    it('S2 are one register for each path, while gateways and members are killed', {
      timeout: 90_000,
    }, async () => {
      await withCluster({ gateways: 2 }, async (cluster) => {
        const random = new SeededRandom(seed);
        const witnesses = Array.from({ length: CLIENTS }, (_, i) => {
          const urls = i % 2 === 0 ? cluster.urls : cluster.urls.toReversed();
          return new Witness(cluster.client(urls), `c${i}`);
        });
        let isOver = false;
        const disturb = async () => {
          while (!isOver) {
            const gateway = cluster.gateway(random.int(0, 1));
            await gateway.kill();
            await gateway.start();
            if (random.chance(0.3)) {
              const member = cluster.member(random.int(0, 2));
              await member.kill();
              member.start();
              await member.ready();
            }
          }
        };
        const disturbing = disturb();
        await Promise.all(
          witnesses.map(async (witness) => {
            for (let round = 0; round < ROUNDS; round++) await witness.act(random);
          }),
        );
        isOver = true;
        await disturbing;
        const counts: Record<string, number> = {};
        for (const path of REGISTERS) {
          const all = witnesses.flatMap(({ operations }) => operations.get(path) ?? []);
          counts[path] = all.length;
          expect(isLinearizable(all), `${path}, seed ${seed}`).toBe(true);
        }
        report('operations on registers', { seed, ...counts });
      });
    });
  },
);
