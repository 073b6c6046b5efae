import type { Random } from '@confer/shared';
import type { Instance, PickOptions } from './api.ts';

/** Whose turn it is. Each client begins somewhere else, so that all together do not meet at the same instance. */
export class Picker {
  readonly #random: Random;
  /** What each has coming, for turns by weight: who has most is next, and pays for all. */
  readonly #credits = new Map<string, number>();
  readonly #pickedAt = new Map<string, number>();
  #picks = 0;
  #known: readonly Instance[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  pick(instances: readonly Instance[], { strategy, zone }: PickOptions): Instance | undefined {
    if (instances !== this.#known) this.#forget(instances);
    const candidates = candidatesOf(instances, zone);
    const picked =
      strategy === 'leastRecent' ? this.#leastRecent(candidates) : this.#inTurn(candidates);
    if (picked !== undefined) this.#pickedAt.set(picked.id, ++this.#picks);
    return picked;
  }

  /** Smooth weighted round robin, as nginx does it: 5, 1, 1 becomes a a b a c a a. */
  #inTurn(candidates: readonly Instance[]): Instance | undefined {
    const isAnyWeighted = candidates.some(({ weight }) => weight > 0);
    let picked: Instance | undefined;
    let most = Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (const instance of candidates) {
      const weight = isAnyWeighted ? instance.weight : 1;
      const credit = (this.#credits.get(instance.id) ?? this.#random() * weight) + weight;
      this.#credits.set(instance.id, credit);
      sum += weight;
      if (credit <= most) continue;
      most = credit;
      picked = instance;
    }
    if (picked !== undefined) this.#credits.set(picked.id, most - sum);
    return picked;
  }

  #leastRecent(candidates: readonly Instance[]): Instance | undefined {
    let picked: Instance | undefined;
    let first = Number.POSITIVE_INFINITY;
    for (const instance of candidates) {
      // Those that were never picked come first, in no order that all clients have in common.
      const at = this.#pickedAt.get(instance.id) ?? -this.#random();
      if (at >= first) continue;
      first = at;
      picked = instance;
    }
    return picked;
  }

  #forget(instances: readonly Instance[]): void {
    this.#known = instances;
    const ids = new Set(instances.map(({ id }) => id));
    for (const of of [this.#credits, this.#pickedAt])
      for (const id of of.keys()) if (!ids.has(id)) of.delete(id);
  }
}

/** Those of the zone, or all where it has none; those without weight only where there is nobody else. */
function candidatesOf(
  instances: readonly Instance[],
  zone: string | undefined,
): readonly Instance[] {
  const weighted = instances.filter(({ weight }) => weight > 0);
  const all = weighted.length > 0 ? weighted : instances;
  const near = zone === undefined ? [] : all.filter(({ labels }) => labels.zone === zone);
  return near.length > 0 ? near : all;
}
