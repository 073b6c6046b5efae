import { isWithin } from '@confer/shared';
import type { Client, Mirror, Watch } from '../../client/src/api.ts';
import { createClient } from '../../client/src/client.ts';
import { CompactedError, ConferError } from '../../client/src/errors.ts';
import type { Network } from '../support/network.ts';
import type { SeededRandom } from '../support/random.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { modelOf, type Observation, type Reader, type Truth } from '../validate/history.ts';

const PATHS = ['/a', '/a/b', '/a/b/c', '/a-b', '/a/b-c', '/d/e', '/d/e/f', '/d/é', '/x'];
const SUBTREES = ['/', '/a', '/a/b', '/d', '/nothing', '/x'];
/** Errors that a client may meet under faults; any other is a bug. */
const EXPECTED = new Set(['conflict', 'timeout', 'closed', 'unavailable']);

interface MirrorReader extends Reader {
  readonly observations: Observation[];
  readonly mirror: Mirror;
}

/** A process with a client in it: it reads, writes, is killed and comes back. */
export class ClientHost {
  readonly name: string;
  readonly problems: string[] = [];
  /** Also those of processes that were killed. */
  readonly readers: Reader[] = [];
  mirrors: MirrorReader[] = [];
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #network: Network;
  readonly #truth: Truth;
  #processes = 0;
  #client: Client;
  #kill: () => void;

  constructor(
    name: string,
    options: { clock: VirtualClock; random: SeededRandom; network: Network; truth: Truth },
  ) {
    this.name = name;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#network = options.network;
    this.#truth = options.truth;
    [this.#client, this.#kill] = this.#start();
  }

  restart(): void {
    this.#kill();
    for (const link of [...this.#network.links]) if (link.owner === this.name) link.cut();
    [this.#client, this.#kill] = this.#start();
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** One random thing that a program does. */
  act(): void {
    const random = this.#random;
    const act = random.pick([
      () => this.#set(),
      () => this.#set(),
      () => this.#set(),
      () => this.#remove(),
      () => this.#commit(),
      () => this.#read(),
      () => this.#openOrClose(),
    ]);
    act();
  }

  /** What the mirrors show right now. */
  observe(): void {
    for (const { mirror, observations } of this.mirrors) {
      const { position } = mirror;
      if (position === undefined) continue;
      observations.push({ kind: 'read', ...position, entries: mirror.list() });
    }
  }

  #start(): [Client, () => void] {
    const scope = this.#clock.scope();
    this.#processes += 1;
    const process = `${this.name}.${this.#processes}`;
    let writes = 0;
    const client = createClient(
      ['http://server'],
      {
        client: { name: process },
        onError: (error) => this.problems.push(`${process} reports ${String(error)}`),
      },
      {
        openSocket: this.#network.opener(this.name),
        clock: scope.clock,
        random: this.#random.next,
        newId: () => `${process}-${++writes}`,
      },
    );
    this.mirrors = [];
    let alive = true;
    const isAlive = () => alive;
    for (let i = this.#random.int(1, 3); i > 0; i--) this.#openMirror(client, isAlive);
    for (let i = this.#random.int(0, 2); i > 0; i--) void this.#openWatch(client, isAlive);
    const kill = () => {
      alive = false;
      scope.kill();
    };
    return [client, kill];
  }

  #openMirror(client: Client, isAlive: () => boolean): void {
    const mirror = client.mirror(this.#random.pick(SUBTREES));
    const observations: Observation[] = [];
    const name = `${this.name} mirror ${this.readers.length} of ${mirror.path}`;
    const reader = { name, subtree: mirror.path, observations, mirror };
    this.readers.push(reader);
    this.mirrors.push(reader);
    mirror.on('change', ({ revision, origin, changes }) => {
      if (!isAlive()) return;
      const { position } = mirror;
      if (position === undefined || position.revision < revision)
        this.problems.push(`${name} reports ${revision} while it shows ${position?.revision}`);
      else
        observations.push({
          kind: 'change',
          origin,
          epoch: position.epoch,
          revision,
          changes,
          entries: mirror.list(),
        });
    });
  }

  async #openWatch(client: Client, isAlive: () => boolean): Promise<void> {
    const watch = client.watch(this.#random.pick(SUBTREES), { prev: this.#random.chance(0.5) });
    const observations: Observation[] = [];
    const name = `${this.name} watch ${this.readers.length} of ${watch.path}`;
    this.readers.push({ name, subtree: watch.path, observations });
    try {
      const started = await watch.started({ timeoutMs: 3_600_000 });
      if (isAlive()) observations.push({ kind: 'started', ...started });
      for await (const commit of watch) {
        if (!isAlive()) return;
        const epoch = epochOf(watch);
        observations.push({ kind: 'commit', epoch, commit });
      }
    } catch (error) {
      if (!isAlive()) return;
      if (error instanceof CompactedError) observations.push({ kind: 'told' });
      else if (!isExpected(error)) this.problems.push(`${name} failed: ${String(error)}`);
    }
  }

  #openOrClose(): void {
    const random = this.#random;
    if (random.chance(0.5) || this.mirrors.length === 0) this.#openMirror(this.#client, () => true);
    else {
      const closing = random.pick(this.mirrors);
      this.mirrors = this.mirrors.filter((reader) => reader !== closing);
      closing.mirror.close();
    }
  }

  #set(): void {
    const random = this.#random;
    const path = random.pick(PATHS);
    const value = String(random.int(0, 1_000_000)).repeat(random.int(1, 200));
    const current = this.mirrors.find(({ mirror }) => isWithin(path, mirror.path))?.mirror;
    const ifRevision = random.chance(0.3) ? (current?.get(path)?.modRevision ?? 0) : undefined;
    const options = ifRevision === undefined ? {} : { ifRevision };
    const written = this.#client.set(path, value, options);
    this.#expect(written.then(({ revision }) => ({ revision, changed: 1 })));
  }

  #remove(): void {
    const path = this.#random.pick(PATHS);
    const recursive = this.#random.chance(0.5);
    const removed = this.#client.remove(path, { recursive });
    this.#expect(removed.then((result) => ({ ...result, changed: result.removed })));
  }

  #commit(): void {
    const random = this.#random;
    const operations = Array.from({ length: random.int(1, 5) }, () =>
      random.chance(0.7)
        ? { type: 'put' as const, path: random.pick(PATHS), value: String(random.int(0, 999)) }
        : { type: 'delete' as const, path: random.pick(PATHS), recursive: random.chance(0.5) },
    );
    const committed = this.#client.commit({ operations });
    this.#expect(
      committed.then((result) => ({ ...result, changed: result.puts + result.deletes })),
    );
  }

  #read(): void {
    const path = this.#random.pick(PATHS);
    this.#settle(this.#random.chance(0.5) ? this.#client.get(path) : this.#client.list(path));
  }

  /** W12: when a write returns, the mirrors of its client show it. */
  #expect(written: Promise<{ readonly revision: number; readonly changed: number }>): void {
    const process = this.#processes;
    const check = written.then(({ revision, changed }) => {
      const { status } = this.#client;
      // What was written into another history is nothing that these mirrors could show.
      if (process !== this.#processes || changed === 0 || status.kind !== 'open') return;
      for (const { mirror, name } of this.mirrors) {
        const { position, path } = mirror;
        if (position?.epoch !== status.epoch || position.revision >= revision) continue;
        const model = modelOf(this.#truth, position.epoch);
        if (revision <= model.revision && model.changesAt(revision, path).length > 0)
          this.problems.push(
            `W12 ${name} (${mirror.status}) shows ${position.revision} after ${revision} returned`,
          );
      }
    });
    this.#settle(check);
  }

  #settle(promise: Promise<unknown>): void {
    promise.catch((error) => {
      if (!isExpected(error)) this.problems.push(`${this.name}: ${String(error)}`);
    });
  }
}

function epochOf(watch: Watch): string {
  return watch.position?.epoch ?? '';
}

function isExpected(error: unknown): boolean {
  return error instanceof ConferError && EXPECTED.has(error.code);
}
