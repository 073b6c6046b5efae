import {
  checkNote,
  checkOperation,
  type Entry,
  type Operation,
  ProtocolError,
} from '@confer/shared';
import type { Client, ClientOptions } from '../api.ts';
import { ConferError } from '../errors.ts';
import { asNodeClient, type NodeClient } from '../node-client.ts';
import {
  type ArgumentType,
  count,
  flag,
  object,
  oneOf,
  text,
} from '../validation/argument-types.ts';
import { checkArgument, checkOptions, checkPath, checkWrite } from '../validation/arguments.ts';
import type { Refusal, TestData, TestServer, TestValue, TestWriteOptions } from './api.ts';
import { nextTurn } from './event-loop.ts';
import type { HandClock } from './hand-clock.ts';
import type { MemoryHost } from './memory-host.ts';
import { putsOf, valuePuts } from './tree-data.ts';

/** Unlike the time that somebody waits at most, it comes to an end. */
const passingMs: ArgumentType = [
  'a number of milliseconds from 0',
  (value) => Number.isFinite(value) && Number(value) >= 0,
];
const refusal = oneOf(['unauthenticated', 'forbidden'] satisfies Refusal[]);

export interface TestServerParts {
  readonly clock: HandClock;
  readonly host: MemoryHost;
  /** Makes a client of the server at that URL. */
  readonly newClient: (url: string, options: ClientOptions) => Client;
}

/** What a test has in its hand: the process of the server, the clock, and all clients. */
export class MemoryTestServer implements TestServer {
  /** A name that no machine has (RFC 6761). */
  readonly url = 'http://confer.test:7480';
  readonly #with: TestServerParts;
  readonly #clients = new Set<Client>();
  /** One stretch of time passes after another. */
  #passing: Promise<void> = Promise.resolve();

  constructor(data: TestData, parts: TestServerParts) {
    this.#with = parts;
    this.#fill(data);
  }

  get revision(): number {
    return this.#with.host.store.revision;
  }

  get epoch(): string {
    return this.#with.host.store.epoch;
  }

  get now(): number {
    return this.#with.clock.now();
  }

  get connections(): number {
    return this.#with.host.connections;
  }

  get(path: string): Entry | undefined {
    checkPath(path);
    return this.#with.host.store.entries.get(path);
  }

  connect(options: ClientOptions = {}): NodeClient {
    const client = asNodeClient(this.#with.newClient(this.url, options));
    this.#clients.add(client);
    return client;
  }

  async set(path: string, value: TestValue, options: TestWriteOptions = {}) {
    return this.commit(valuePuts(path, value), options);
  }

  async remove(path: string, options: TestWriteOptions & { readonly recursive?: boolean } = {}) {
    checkOptions(options, { recursive: flag });
    const { recursive = false } = options;
    return this.commit([{ type: 'delete', path, ...(recursive && { recursive }) }], options);
  }

  async commit(operations: readonly Operation[], options: TestWriteOptions = {}) {
    const revision = this.#write(operations, options);
    await this.settle();
    return { revision };
  }

  async compact(revision?: number): Promise<void> {
    if (revision !== undefined) checkArgument('a revision', revision, count);
    await this.#done(() => this.#with.host.store.compact(revision));
  }

  async restore(data?: TestData): Promise<void> {
    const { host } = this.#with;
    const puts =
      data === undefined ? [...host.store.entries.values()].map(putOf) : checkedPuts(data);
    await this.#done(() => host.beginAnew(puts));
  }

  disconnect(): Promise<void> {
    return this.#done(() => this.#with.host.cut());
  }

  stop(): Promise<void> {
    return this.#done(() => this.#with.host.stop());
  }

  start(): Promise<void> {
    return this.#done(() => this.#with.host.start());
  }

  freeze(): Promise<void> {
    return this.#done(() => this.#with.host.freeze());
  }

  thaw(): Promise<void> {
    return this.#done(() => this.#with.host.thaw());
  }

  refuse(how: Refusal): Promise<void> {
    return this.#done(() => {
      checkArgument('a refusal', how, refusal);
      this.#with.host.refuse(how);
    });
  }

  accept(): Promise<void> {
    return this.#done(() => this.#with.host.accept());
  }

  async advance(durationMs: number): Promise<void> {
    checkArgument('a duration', durationMs, passingMs);
    this.#passing = this.#passing.then(() => this.#pass(durationMs));
    return this.#passing;
  }

  settle(): Promise<void> {
    return this.advance(0);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #pass(durationMs: number): Promise<void> {
    const { clock } = this.#with;
    const end = clock.now() + durationMs;
    do await nextTurn();
    while (clock.goOn(end));
  }

  #fill(data: TestData): void {
    const puts = putsOf(checked(data));
    if (puts.length > 0) this.#write(puts);
  }

  /** Somebody else writes. */
  #write(operations: readonly Operation[], options: TestWriteOptions = {}): number {
    checkWrite(operations);
    checkOptions(options, { note: text });
    const { note } = options;
    return asClient(() => {
      if (note !== undefined) checkNote(note);
      for (const operation of operations) checkOperation(operation);
      const { host } = this.#with;
      const by = { requestId: host.newName('test'), actor: 'test', conditions: [] };
      return host.write({ operations, note, ...by }).revision;
    });
  }

  async #done(work: () => unknown): Promise<void> {
    asClient(work);
    await this.settle();
  }
}

function checkedPuts(data: TestData): readonly Operation[] {
  const puts = putsOf(checked(data));
  asClient(() => {
    for (const put of puts) checkOperation(put);
  });
  return puts;
}

function checked(data: TestData): TestData {
  checkArgument('what a test server holds', data, object);
  return data;
}

function putOf({ path, value, lease }: Entry): Operation {
  return { type: 'put', path, value, ...(lease !== undefined && { lease }) };
}

/** What a client makes of the refusal of a server. */
function asClient<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { code, message, details } = error;
    throw new ConferError(code, message, { path: details.path, cause: error });
  }
}
