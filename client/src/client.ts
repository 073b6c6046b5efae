import { type Entry, type EntryMeta, PROTOCOL_VERSION, type Status } from '@confer/shared';
import type {
  Client,
  ClientEvents,
  ClientOptions,
  CommitOptions,
  CommitResult,
  Listing,
  ListOptions,
  Mirror,
  RemoveOptions,
  WaitOptions,
  Watch,
  WatchOptions,
  WriteOptions,
} from './api.ts';
import { Backoff } from './connection/backoff.ts';
import { Connection } from './connection/connection.ts';
import type { ConnectionEvents, RoutedMessage } from './connection/connection-options.ts';
import { endpointsOf } from './connection/endpoints.ts';
import { OutageTimer } from './connection/outage-timer.ts';
import { Emitter } from './delivery/emitter.ts';
import { ListenerQueue } from './delivery/listener-queue.ts';
import { type Diagnostics, worstOf } from './diagnostics.ts';
import { ConferError, closedError } from './errors.ts';
import { MirrorRegistry } from './mirror/mirror-registry.ts';
import { type Platform, reporterTo } from './platform.ts';
import { Deadlines } from './requests/deadline.ts';
import { hasValues, readListing } from './requests/listing.ts';
import { Requests } from './requests/requests.ts';
import type { ClientStatus } from './status.ts';
import { count, flag, position, signal } from './validation/argument-types.ts';
import { checkArgument, checkOptions, checkPath, checkSubtree } from './validation/arguments.ts';
import { checkClientOptions, selfOf } from './validation/client-options.ts';
import type { ClientContext } from './watch/context.ts';
import { EventWatch } from './watch/event-watch.ts';
import { WatchRegistry } from './watch/watch-registry.ts';
import { commit, type WriteContext, writeOf } from './writes.ts';

/**
 * Makes a client of the servers at `urls` and starts to connect. Never throws for network reasons.
 * @throws {ConferError} `invalid_argument`, when one of `urls` is no URL of a server or an option is wrong.
 */
export function createClient(
  urls: string | readonly string[],
  options: ClientOptions,
  platform: Platform,
): Client {
  return new ConferClient(urls, options, platform);
}

/** Wires the parts and routes messages between them. What they do is theirs. */
class ConferClient implements Client {
  readonly #client: ClientOptions['client'];
  readonly #timeouts: Deadlines;
  readonly #connection: Connection;
  readonly #requests: Requests;
  readonly #watches: WatchRegistry;
  readonly #mirrors: MirrorRegistry;
  readonly #writing: WriteContext;
  readonly #eventWatches = new Set<EventWatch>();
  readonly #context: ClientContext;
  readonly #events: Emitter<ClientEvents>;
  readonly #outage: OutageTimer;
  readonly #closing = new AbortController();

  constructor(urls: string | readonly string[], options: ClientOptions, platform: Platform) {
    checkClientOptions(options);
    const { clock, random, newId } = platform;
    const { initialMs = 250, maxMs = 30_000 } = options.retry ?? {};
    const { connectMs = 5_000, requestMs = 10_000, graceMs = 10_000 } = options.timeouts ?? {};
    const endpoints = endpointsOf(urls);
    const report = reporterTo(options.onError);
    const listeners = new ListenerQueue(report);
    const newBackoff = () => new Backoff({ initialMs, maxMs }, random);
    this.#client = options.client && selfOf(options);
    this.#timeouts = new Deadlines(clock, requestMs);
    this.#events = new Emitter(listeners, 'status', 'lost');
    this.#outage = new OutageTimer(clock, graceMs, (event) => this.#events.emit('lost', event));
    this.#outage.begin();
    // The token and the name are the user's; the socket and the clock are the platform's.
    this.#connection = new Connection(
      {
        ...platform,
        token: options.token,
        client: this.#client,
        endpoints,
        listeners,
        backoff: newBackoff(),
        connectMs,
      },
      this.#connectionEvents(report),
    );
    const connection = this.#connection;
    const requests = new Requests(clock, connection);
    const watches = new WatchRegistry(clock, connection, requests, newBackoff);
    this.#requests = requests;
    this.#watches = watches;
    this.#context = {
      clock,
      connection,
      listeners,
      deadlines: this.#timeouts,
      watches,
      graceMs,
      report,
    };
    this.#mirrors = new MirrorRegistry(this.#context);
    this.#writing = { requests, mirrors: this.#mirrors, timeouts: this.#timeouts, newId };
    connection.start();
    platform.onWakeUp?.(() => this.checkNow(), this.#closing.signal);
  }

  get status(): ClientStatus {
    return this.#connection.status;
  }

  async get(path: string, options?: WaitOptions): Promise<Entry | undefined> {
    checkPath(path);
    const wait = this.#timeouts.of(options);
    const { reply } = await this.#requests.ask('got', (id) => ({ type: 'get', id, path }), wait);
    return reply.entry ?? undefined;
  }

  async set(
    path: string,
    value: string,
    options: WriteOptions = {},
  ): Promise<{ readonly revision: number }> {
    const operations = [{ type: 'put', path, value }] as const;
    const { revision } = await commit({ ...writeOf(path, options), operations }, this.#writing);
    return { revision };
  }

  async remove(
    path: string,
    options: RemoveOptions = {},
  ): Promise<{ readonly revision: number; readonly removed: number }> {
    checkOptions(options, { recursive: flag });
    const recursive = options.recursive === true ? { recursive: true } : {};
    const operations = [{ type: 'delete', path, ...recursive }] as const;
    const { revision, deletes } = await commit(
      { ...writeOf(path, options), operations },
      this.#writing,
    );
    return { revision, removed: deletes };
  }

  list(path: string, options: ListOptions & { values: false }): Promise<Listing<EntryMeta>>;
  list(path: string, options?: ListOptions): Promise<Listing>;
  async list(path: string, options: ListOptions = {}): Promise<Listing | Listing<EntryMeta>> {
    checkSubtree(path);
    const wait = this.#timeouts.of(options);
    checkOptions(options, { depth: count, values: flag });
    const listing = await readListing(options, (query) =>
      this.#requests.ask('listed', (id) => ({ type: 'list', id, path, ...query }), wait),
    );
    if (options.values === false || hasValues(listing)) return listing;
    throw new ConferError('internal', 'the server left out the values of a list', { path });
  }

  commit(request: CommitOptions): Promise<CommitResult> {
    return commit(request, this.#writing);
  }

  async serverStatus(options?: WaitOptions): Promise<Omit<Status, 'type' | 'id'>> {
    const wait = this.#timeouts.of(options);
    const { reply } = await this.#requests.ask('status', (id) => ({ type: 'status', id }), wait);
    const { type: _, id: __, ...status } = reply;
    return status;
  }

  async compact(
    revision?: number,
    options?: WaitOptions,
  ): Promise<{ readonly compactedRevision: number }> {
    if (revision !== undefined) checkArgument('a revision', revision, count);
    const wait = this.#timeouts.of(options);
    const { reply } = await this.#requests.ask(
      'compaction',
      (id) => ({ type: 'compact', id, revision }),
      wait,
    );
    return { compactedRevision: reply.compactedRevision };
  }

  watch(path: string, options: WatchOptions = {}): Watch {
    checkSubtree(path);
    checkOptions(options, { after: position, prev: flag, signal });
    this.#refuseIfClosed();
    const watch = new EventWatch(path, options, this.#context, (left) =>
      this.#eventWatches.delete(left),
    );
    if (options.signal?.aborted !== true) this.#eventWatches.add(watch);
    return watch;
  }

  mirror(path: string, options: { readonly signal?: AbortSignal } = {}): Mirror {
    checkSubtree(path);
    checkOptions(options, { signal });
    this.#refuseIfClosed();
    return this.#mirrors.open(path, options.signal);
  }

  on<Name extends keyof ClientEvents>(
    event: Name,
    listener: (event: ClientEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  checkNow(): void {
    this.#connection.checkNow(() => this.#requests.tell((id) => ({ type: 'status', id })));
  }

  diagnostics(): Diagnostics {
    const iterators = [...this.#eventWatches].map((watch) => watch.diagnostics());
    const { clock, listeners } = this.#context;
    const { name, version } = this.#client ?? {};
    return {
      now: clock.now(),
      client: { name, version, protocol: PROTOCOL_VERSION },
      connection: this.#connection.diagnostics(),
      requests: this.#requests.diagnostics(),
      ...worstOf([...this.#mirrors.diagnostics(), ...iterators]),
      listenerErrors: listeners.listenerErrors,
    };
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#context.listeners.hold(() => {
      this.#mirrors.close();
      for (const watch of [...this.#eventWatches]) watch.close();
      const error = closedError('the client');
      this.#requests.end(error);
      this.#watches.end(error);
    });
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connectionEvents(report: (error: unknown) => void): ConnectionEvents {
    return {
      onOpen: (welcome) => {
        this.#watches.opened(welcome);
        this.#requests.opened(welcome);
      },
      onMessage: (message) => this.#route(message),
      onLost: (reason, closeCode) => {
        this.#requests.lost(closeCode);
        this.#watches.lost(reason);
      },
      onStatus: (status) => {
        this.#noteOutage(status.kind);
        this.#events.emit('status', status);
      },
      onError: report,
    };
  }

  /** Replies have an `id`, and what is for a watch has its name. */
  #route(message: RoutedMessage): void {
    // All watches of the connection have what it wrote before its answer comes (W12).
    if (message.type === 'committed') this.#watches.complete(message.revision);
    if ('id' in message) this.#requests.received(message);
    else if ('watch' in message) this.#watches.received(message);
    else {
      this.#connection.progress();
      this.#watches.heartbeat(message);
    }
  }

  #noteOutage(kind: ClientStatus['kind']): void {
    if (kind === 'open') this.#outage.end();
    else this.#outage.begin(this.#connection.lastKnownGoodAt);
    if (kind === 'closed') this.#outage.stop();
  }

  #refuseIfClosed(): void {
    if (this.#closing.signal.aborted) throw closedError('the client');
  }
}
