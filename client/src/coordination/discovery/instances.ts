import { type Entry, nameOf } from '@confer/shared';
import { isChildOf } from '../names.ts';
import type { DiscoveryChange, DiscoveryProblem, Instance } from './api.ts';
import { readInstance } from './instance.ts';

interface Read {
  readonly value: string;
  readonly instance: Instance | undefined;
  readonly problem: DiscoveryProblem | undefined;
}

/** What a service has, as one state. */
export interface Instances {
  readonly registered: readonly Instance[];
  readonly healthy: readonly Instance[];
  readonly problems: readonly DiscoveryProblem[];
}

/** Makes instances of entries, and the same objects of what is the same. */
export class InstanceReader {
  readonly #folder: string;
  #read = new Map<string, Read>();
  #last: Instances = { registered: [], healthy: [], problems: [] };

  constructor(folder: string) {
    this.#folder = folder;
  }

  read(entries: readonly Entry[]): Instances {
    const before = this.#read;
    this.#read = new Map();
    const registered: Instance[] = [];
    const problems: DiscoveryProblem[] = [];
    for (const { path, value } of entries) {
      if (!isChildOf(path, this.#folder)) continue;
      const known = before.get(path);
      const read = known?.value === value ? known : readEntry(path, value);
      this.#read.set(path, read);
      if (read.instance !== undefined) registered.push(read.instance);
      if (read.problem !== undefined) problems.push(read.problem);
    }
    const healthy = registered.filter(({ state }) => state === 'healthy');
    this.#last = {
      registered: same(this.#last.registered, registered),
      healthy: same(this.#last.healthy, healthy),
      problems: same(this.#last.problems, problems),
    };
    return this.#last;
  }
}

function readEntry(path: string, value: string): Read {
  const read = readInstance(nameOf(path), value);
  return 'problem' in read
    ? { value, instance: undefined, problem: Object.freeze({ path, problem: read.problem }) }
    : { value, instance: read, problem: undefined };
}

function same<Item>(before: readonly Item[], now: readonly Item[]): readonly Item[] {
  const isSame = before.length === now.length && now.every((item, i) => item === before[i]);
  return isSame ? before : Object.freeze(now);
}

/** The healthy instances among some entries, for who has those from elsewhere than a client. */
export function healthyInstances(service: string, entries: readonly Entry[]): readonly Instance[] {
  return new InstanceReader(service).read(entries).healthy;
}

/** What became of some instances. */
export function differenceOf(
  before: readonly Instance[],
  instances: readonly Instance[],
): Omit<DiscoveryChange, 'revision'> {
  const old = new Map(before.map((instance) => [instance.id, instance]));
  const now = new Set(instances.map(({ id }) => id));
  return {
    instances,
    added: instances.filter(({ id }) => !old.has(id)),
    removed: before.filter(({ id }) => !now.has(id)),
    changed: instances.filter((one) => old.has(one.id) && old.get(one.id) !== one),
  };
}
