import type { Position } from '@confer/shared';
import type { Client, Mirror } from '../../client/src/api.ts';
import { createClient } from '../../client/src/client.ts';
import { CompactedError } from '../../client/src/errors.ts';
import type { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import type { ProcessClock, VirtualClock } from '../../shared/src/test-support/virtual-clock.ts';
import type { Network } from '../support/network.ts';
import {
  type Histories,
  isBeginningOf,
  isCurrent,
  type Observation,
  type Place,
  type Reader,
} from '../validate/history.ts';
import { ClientWork, isExpected } from './client-work.ts';
import type { OperationHistory } from './operation-history.ts';
import type { SharedTabs } from './shared-tabs.ts';
import { TxnWork } from './txn-work.ts';

const SUBTREES = ['/', '/a', '/a/b', '/d', '/nothing', '/x'];
/** What a watch says when a server sent what does not fit: no correct one ever does. */
const MISFIT = /^(a gap|a snapshot|a difference|commits|synced) (from|without|in|of|with|to)\b/;

/** Of a watch that hands out commits and says that it is nowhere. */
const NOWHERE = { epoch: 'nowhere', revision: 0 };

interface ClientHostOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly network: Network;
  /** Where it is a tab, it has its connection from there. */
  readonly tabs: SharedTabs | undefined;
  readonly histories: Histories;
  readonly operationHistory: OperationHistory;
  readonly valueCharsMax: number;
  /** Where a request was done in one history, if what it did is part of it. */
  readonly revisionIn: (history: string, requestId: string) => number | undefined;
}

interface Process {
  readonly client: Client;
  readonly work: ClientWork;
  readonly txns: TxnWork;
  readonly scope: ProcessClock;
  isAlive: boolean;
}

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
  readonly #options: ClientHostOptions;
  readonly #random: SeededRandom;
  #processes = 0;
  #process: Process;
  #thawedAt: number | undefined = 0;

  constructor(name: string, options: ClientHostOptions) {
    this.name = name;
    this.#options = options;
    this.#random = options.random;
    this.#process = this.#start();
  }

  restart(): void {
    const { network, tabs } = this.#options;
    this.thaw();
    this.#process.isAlive = false;
    this.#process.scope.kill();
    for (const link of [...network.links]) if (link.owner === this.name) link.cut();
    tabs?.kill(this.name);
    this.#process = this.#start();
  }

  /** SIGSTOP: nothing of it runs, and its sockets stay open. */
  freeze(): void {
    this.#thawedAt = undefined;
    this.#process.scope.freeze();
    this.#options.network.freeze(this.name);
    this.#options.tabs?.freeze(this.name);
  }

  thaw(): void {
    this.#thawedAt ??= this.#options.clock.now();
    this.#process.scope.thaw();
    this.#options.network.thaw(this.name);
    this.#options.tabs?.thaw(this.name);
  }

  placeOf(position: Position): Place {
    const { revision } = position;
    return { history: this.#options.histories.historyOf(position), revision };
  }

  /** When it began to run; `undefined` while it does not. */
  get runsSince(): number | undefined {
    return this.#thawedAt;
  }

  close(): Promise<void> {
    return this.#process.client.close();
  }

  /** One random thing that a program does. */
  act(): void {
    if (this.#thawedAt === undefined) return;
    const { work } = this.#process;
    const act = this.#random.pick([
      () => work.set(),
      () => work.set(),
      () => work.set(),
      () => work.remove(),
      () => work.commit(),
      () => work.read(),
      () => this.#openOrClose(),
      () => this.#verify(),
    ]);
    act();
  }

  /** One random transaction. */
  transact(random: SeededRandom): void {
    if (this.#thawedAt !== undefined) this.#process.txns.act(random);
  }

  /** Resolves with why a write was not made, if it was not. */
  set(): Promise<unknown> {
    return this.#process.work.set();
  }

  /** What the mirrors show right now. */
  observe(): void {
    if (this.#thawedAt === undefined) return;
    for (const { mirror, observations } of this.mirrors) {
      const { position } = mirror;
      if (position === undefined) continue;
      observations.push({ kind: 'read', ...this.placeOf(position), entries: mirror.list() });
    }
  }

  #start(): Process {
    const { clock, network, tabs, operationHistory, valueCharsMax, histories } = this.#options;
    const scope = clock.scope();
    this.#processes += 1;
    const name = `${this.name}.${this.#processes}`;
    let writes = 0;
    const client = createClient(
      ['http://server'],
      {
        // Tabs that call themselves the same share a connection.
        client: { name: tabs ? 'tab' : name },
        onError: (error) => this.problems.push(`W7 ${name} reports ${String(error)}`),
      },
      {
        openSocket: (tabs ?? network).opener(this.name),
        clock: scope.clock,
        uptimeMs: scope.uptimeMs,
        random: this.#random.next,
        newId: () => {
          const id = `${name}-${++writes}`;
          operationHistory.requestIds.add(id);
          return id;
        },
      },
    );
    this.mirrors = [];
    const work = new ClientWork({
      client,
      random: this.#random,
      operationHistory,
      valueCharsMax,
      mirrors: () => this.mirrors.map(({ mirror }) => mirror),
      lastId: () => `${name}-${writes}`,
      placeOf: (position) => this.placeOf(position),
      isCurrent: (place) => isCurrent(histories, place),
      onWritten: (requestId, { revision, changed }) =>
        process.isAlive && changed > 0 && this.#shows(requestId, revision),
      onRefused: (requestId) => operationHistory.refused(requestId, histories.history),
      onProblem: (problem) => this.problems.push(`${this.name}: ${problem}`),
    });
    const { revisionIn } = this.#options;
    const txns = new TxnWork({
      client,
      lastId: () => `${name}-${writes}`,
      madeIn: (requestId, revision) =>
        [...histories.truth].flatMap(([history, model]) =>
          revisionIn(history, requestId) === revision ? [model] : [],
        ),
      onWritten: (requestId, revision) => process.isAlive && this.#shows(requestId, revision),
      onProblem: (problem) => this.problems.push(`${this.name}: ${problem}`),
    });
    const process: Process = { client, work, txns, scope, isAlive: true };
    const isAlive = () => process.isAlive;
    for (let i = this.#random.int(1, 3); i > 0; i--) this.#openMirror(client, isAlive);
    for (let i = this.#random.int(0, 2); i > 0; i--) void this.#openWatch(client, isAlive);
    return process;
  }

  #openMirror(client: Client, isAlive: () => boolean): void {
    const mirror = client.mirror(this.#random.pick(SUBTREES));
    const observations: Observation[] = [];
    const name = `${this.name} mirror ${this.readers.length} of ${mirror.path}`;
    const reader = { name, subtree: mirror.path, observations, mirror };
    this.readers.push(reader);
    this.mirrors.push(reader);
    mirror.on('status', ({ reason }) => {
      if (MISFIT.test(reason))
        this.problems.push(`W3 ${name} was sent what does not fit: ${reason}`);
    });
    mirror.on('change', ({ revision, origin, changes }) => {
      if (!isAlive()) return;
      const { position } = mirror;
      if (position === undefined || position.revision < revision)
        this.problems.push(`${name} reports ${revision} while it shows ${position?.revision}`);
      else
        observations.push({
          kind: 'change',
          origin,
          ...this.placeOf({ ...position, revision }),
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
      if (isAlive()) observations.push({ kind: 'started', ...this.placeOf(started) });
      for await (const commit of watch) {
        if (!isAlive()) return;
        const { history } = this.placeOf(watch.position ?? NOWHERE);
        observations.push({ kind: 'commit', history, commit });
      }
    } catch (error) {
      if (!isAlive()) return;
      if (error instanceof CompactedError) observations.push({ kind: 'told' });
      else if (!isExpected(error)) this.problems.push(`W3 ${name} failed: ${String(error)}`);
    }
  }

  /** What differs is reported by the client as well, to `onError`. */
  #verify(): void {
    const reader = this.mirrors[0];
    reader?.mirror.verify().then(
      (isRight) => isRight || this.problems.push(`W7 ${reader.name} is not what the server has`),
      (error) => isExpected(error) || this.problems.push(`W7 ${reader.name}: ${String(error)}`),
    );
  }

  #openOrClose(): void {
    const random = this.#random;
    const process = this.#process;
    const isAlive = () => process.isAlive;
    if (random.chance(0.5) || this.mirrors.length === 0) this.#openMirror(process.client, isAlive);
    else {
      const closing = random.pick(this.mirrors);
      this.mirrors = this.mirrors.filter((reader) => reader !== closing);
      closing.mirror.close();
    }
  }

  /** W12: when a write returns, the mirrors of its client show it. */
  #shows(requestId: string, revision: number): void {
    const { histories, revisionIn } = this.#options;
    const { truth } = histories;
    for (const { mirror, name } of this.mirrors) {
      if (mirror.position === undefined) continue;
      const place = this.placeOf(mirror.position);
      for (const [history, model] of truth) {
        if (revisionIn(history, requestId) !== revision) continue;
        if (model.changesAt(revision, mirror.path).length === 0) continue;
        // What was written into a history that is no more is nothing that a mirror could show.
        const lacksIt = isBeginningOf(truth, place, history)
          ? place.revision < revision
          : history === histories.history;
        if (lacksIt)
          this.problems.push(
            `W12 ${name} (${mirror.status}) shows ${place.revision} of ${place.history} after ${revision} of ${history} returned`,
          );
      }
    }
  }
}
