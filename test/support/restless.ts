import type { Client } from '@confer/client';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';

/** How many entries a commit writes with one value, so that half of a commit shows. */
const TOGETHER = 3;
const GROUPS = 60;

/** Writes without a pause until it is told to end: puts and removals, each of all of a group at once. */
export class Restless {
  readonly #ended: Promise<unknown>;
  #isOn = true;
  commits = 0;

  constructor(clients: readonly Client[], seed: number) {
    this.#ended = Promise.all(clients.map((client, i) => this.#write(client, seed + i)));
  }

  async end(): Promise<void> {
    this.#isOn = false;
    await this.#ended;
  }

  async #write(client: Client, seed: number): Promise<void> {
    const random = new SeededRandom(seed);
    while (this.#isOn) {
      const group = random.int(1, GROUPS);
      const value = `${random.next()} ${'x'.repeat(random.pick([0, 10, 3_000]))}`;
      const isPut = random.chance(0.8);
      const operations = Array.from({ length: TOGETHER }, (_, i) => {
        const path = `/groups/${group}/${i}`;
        return isPut
          ? ({ type: 'put', path, value } as const)
          : ({ type: 'delete', path } as const);
      });
      await client.commit({ operations });
      this.commits++;
    }
  }
}

/** Whether each group of entries has one value and is whole (S3). */
export function groupsProblem(
  entries: readonly { readonly path: string; readonly value: string }[],
): string | undefined {
  const groups = new Map<string, string[]>();
  for (const { path, value } of entries) {
    const [, top, group = ''] = path.split('/');
    if (top !== 'groups') continue;
    groups.set(group, [...(groups.get(group) ?? []), value]);
  }
  for (const [group, values] of groups)
    if (values.length !== TOGETHER || new Set(values).size !== 1) return `group ${group} is half`;
  return undefined;
}
