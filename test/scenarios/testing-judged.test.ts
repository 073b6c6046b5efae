import { type Client, CompactedError, type Mirror } from '@confer/client';
import { describe, expect, it } from 'vitest';
import { createClient } from '../../client/src/client.ts';
import type { OpenSocket } from '../../client/src/sockets/socket.ts';
import { HandClock } from '../../client/src/testing/hand-clock.ts';
import { MemoryHost } from '../../client/src/testing/memory-host.ts';
import type { Outcome, Write } from '../../client/src/testing/memory-store.ts';
import { MemoryTestServer } from '../../client/src/testing/test-server.ts';
import { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import { Model } from '../model/model.ts';
import type { Histories, Observation, Reader } from '../validate/history.ts';
import { validate } from '../validate/validators.ts';
import { WireJudge } from '../validate/wire.ts';

/** A host whose every commit is held against the model. */
class JudgedHost extends MemoryHost implements Histories {
  readonly truth = new Map<string, Model>();
  readonly problems: string[] = [];

  get history(): string {
    return this.store.epoch;
  }

  historyOf({ epoch }: { epoch: string }): string {
    return epoch;
  }

  get model(): Model {
    const model = this.truth.get(this.history) ?? new Model();
    this.truth.set(this.history, model);
    return model;
  }

  override write(write: Write): Outcome {
    const { revision } = this.store;
    const outcome = super.write(write);
    if (this.store.revision === revision) return outcome;
    const written = this.model.write(write);
    const changes = written === 'conflict' ? -1 : written.changed.length;
    if (outcome.puts + outcome.deletes !== changes || outcome.revision !== this.model.revision)
      this.problems.push(`revision ${outcome.revision} is not what the model makes of it`);
    return outcome;
  }

  /** What clients hear and say goes by the judge. */
  judged(): OpenSocket {
    const judge = new WireJudge({
      histories: this,
      compactedRevision: () => this.store.compactedRevision,
      onProblem: (problem) => this.problems.push(problem),
    });
    return (url, handlers) => {
      const link = {};
      const socket = this.openSocket(url, {
        ...handlers,
        onOpen: () => handlers.onOpen(),
        onClose: (...end) => handlers.onClose(...end),
        onMessage: (frame) => {
          judge.down(frame, link, false);
          handlers.onMessage(frame);
        },
      });
      return {
        send: (frame) => {
          judge.up(frame, link);
          socket.send(frame);
        },
        close: (code, reason) => socket.close(code, reason),
      };
    };
  }
}

const PATHS = ['/a', '/a/b', '/a/b/c', '/a-b', '/d/e', '/d/f'];
const SUBTREES = ['/', '/a', '/d', '/none'];

/** Clients that read and write over a server to which a seed does whatever a test can do to it. */
class Run {
  readonly #random: SeededRandom;
  readonly #clock = new HandClock();
  readonly host = new JudgedHost(this.#clock);
  readonly server: MemoryTestServer;
  readonly readers: Reader[] = [];
  readonly mirrors: Mirror[] = [];
  #state: 'running' | 'frozen' | 'stopped' = 'running';

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    const openSocket = this.host.judged();
    this.server = new MemoryTestServer(
      { '/a': '0' },
      {
        clock: this.#clock,
        host: this.host,
        newClient: (url, options) =>
          createClient(url, options, {
            ...{ openSocket, clock: this.#clock, random: this.#random.next },
            uptimeMs: () => this.#clock.now(),
            newId: () => this.host.newName('write'),
          }),
      },
    );
  }

  async play(steps: number): Promise<void> {
    const onError = (error: unknown) => this.host.problems.push(`a client reports ${error}`);
    const clients = [1, 2].map(() => this.server.connect({ onError }));
    for (const client of clients)
      for (const path of SUBTREES) {
        this.#mirror(client, path);
        void this.#follow(client, path);
      }
    for (let step = 0; step < steps; step++) await this.#step(this.#random.pick(clients));
    await this.#end();
    for (const client of clients) this.#judge(client);
    await this.server.close();
    await this.server.settle();
  }

  async #step(client: Client): Promise<void> {
    const { server } = this;
    const random = this.#random;
    const path = random.pick(PATHS);
    const dice = random.int(0, 99);
    if (dice < 25) await server.set(path, `${dice}`);
    else if (dice < 35) await server.remove(path, { recursive: random.chance(0.5) });
    else if (dice < 60) this.#write(client, path);
    else if (dice < 80) await server.advance(random.int(1, 20_000));
    else if (dice < 88) await server.disconnect();
    else if (dice < 91) await server.compact();
    else if (dice < 93) await server.restore(random.chance(0.5) ? undefined : { '/d/e': 'old' });
    else if (dice < 95)
      await (random.chance(0.5) ? server.refuse('unauthenticated') : server.accept());
    else await this.#turn();
  }

  #write(client: Client, path: string): void {
    const random = this.#random;
    const operations = [path, random.pick(PATHS)].map((each) => {
      if (random.chance(0.7)) return { type: 'put', path: each, value: each } as const;
      return { type: 'delete', path: each, recursive: random.chance(0.5) } as const;
    });
    const conditions = random.chance(0.3) ? [{ path, modRevision: this.server.revision }] : [];
    // What comes of it is judged by what is there.
    client.commit({ operations, conditions }).catch(() => {});
  }

  async #turn(): Promise<void> {
    const { server } = this;
    if (this.#state === 'frozen') await server.thaw();
    else if (this.#state === 'stopped') await server.start();
    else {
      const isFrozen = this.#random.chance(0.5);
      this.#state = isFrozen ? 'frozen' : 'stopped';
      await (isFrozen ? server.freeze() : server.stop());
      return;
    }
    this.#state = 'running';
  }

  async #end(): Promise<void> {
    if (this.#state !== 'running') await this.#turn();
    await this.server.accept();
    await this.server.advance(120_000);
    const state = this.host.model.at(this.server.revision);
    for (const mirror of this.mirrors) {
      const [isProved] = await Promise.all([mirror.verify(), this.server.settle()]);
      const expected = this.host.model.subtreeAt(this.server.revision, mirror.path);
      if (!isProved || mirror.size !== expected.size || mirror.status !== 'live')
        this.host.problems.push(`W7 ${mirror.path} has ${mirror.size} of ${state.size} entries`);
    }
  }

  /** What a client had to ask for again, because it did not fit, no correct server ever sends. */
  #judge(client: Client): void {
    for (const { path, mode, resyncs } of client.diagnostics().watches)
      for (const cause of ['gap', 'digest', 'misfit'] as const)
        if (resyncs[cause] > 0)
          this.host.problems.push(`${mode} of ${path}: ${resyncs[cause]} times a ${cause}`);
  }

  #mirror(client: Client, path: string): void {
    const mirror = client.mirror(path);
    const observations: Observation[] = [];
    mirror.on('change', ({ origin, changes, revision }) => {
      const history = mirror.position?.epoch ?? '';
      observations.push({
        ...{ kind: 'change', origin, changes, revision, history, entries: mirror.list() },
      });
    });
    this.mirrors.push(mirror);
    this.readers.push({ name: `mirror of ${path}`, subtree: path, observations });
  }

  async #follow(client: Client, path: string): Promise<void> {
    const observations: Observation[] = [];
    this.readers.push({ name: `watch of ${path}`, subtree: path, observations });
    for (;;)
      try {
        const watch = client.watch(path, { prev: true });
        const { epoch, revision } = await watch.started({ timeoutMs: Number.POSITIVE_INFINITY });
        observations.push({ kind: 'started', history: epoch, revision });
        for await (const commit of watch)
          observations.push({ kind: 'commit', history: epoch, commit });
        return;
      } catch (error) {
        if (!(error instanceof CompactedError)) return;
        observations.push({ kind: 'told' });
      }
  }
}

describe('the test server, with faults out of a seed', () => {
  it.each(Array.from({ length: 20 }, (_, i) => i + 1))(
    'W1 W2 W3 W4 W6 W7 W9 W12 keeps what servers promise, and to the protocol (seed %i)',
    async (seed) => {
      const run = new Run(seed);
      await run.play(120);
      expect(run.host.problems).toEqual([]);
      expect(validate(run.readers, run.host.truth)).toEqual([]);
      expect(run.readers.flatMap(({ observations }) => observations).length).toBeGreaterThan(10);
    },
  );
});
