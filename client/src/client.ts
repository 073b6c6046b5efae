import { type EntryMeta, PROTOCOL_VERSION } from '@confer/shared';
import type {
  Client,
  ClientEvents,
  ClientOptions,
  CommitOptions,
  Extras,
  GetOptions,
  Listing,
  ListOptions,
  Mirror,
  RemoveOptions,
  SetOptions,
  TxnOptions,
  WaitOptions,
  Watch,
  WatchOptions,
} from './api.ts';
import { Backoff } from './connection/backoff.ts';
import { Connection } from './connection/connection.ts';
import type { ConnectionEvents, RoutedMessage } from './connection/connection-options.ts';
import { endpointsOf } from './connection/endpoints.ts';
import { OutageTimer } from './connection/outage-timer.ts';
import { TokenRenewal } from './connection/token-renewal.ts';
import { Emitter } from './delivery/emitter.ts';
import { ListenerQueue } from './delivery/listener-queue.ts';
import { type Diagnostics, worstOf } from './diagnostics.ts';
import { ConferError } from './errors.ts';
import { extras as allExtras } from './extras.ts';
import { closedError } from './make-error.ts';
import { type InnerExtras, isInner, needed } from './mirror/extras.ts';
import { Subscriptions } from './mirror/subscriptions.ts';
import { type Platform, reporterTo } from './platform.ts';
import { deadlinesOn } from './requests/deadline.ts';
import { Requests } from './requests/requests.ts';
import type { ClientStatus } from './status.ts';
import type { TxnOperations, TxnOutcome } from './txn-api.ts';
import { checkClientOptions, selfOf } from './validation/client-options.ts';
import { Values } from './values.ts';
import { type ClientContext, INNER } from './watch/context.ts';
import { WatchRegistry } from './watch/watch-registry.ts';

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

/**
 * The composition root of a client: wires its parts and routes messages between them. What a client offers is
 * theirs: `Values` reads and writes, `Subscriptions` opens mirrors and watches.
 */
class ConferClient implements Client {
  readonly #client: ClientOptions['client'];
  readonly #connection: Connection;
  readonly #watches: WatchRegistry;
  readonly #values: Values;
  readonly #subscriptions: Subscriptions;
  readonly #context: ClientContext;
  readonly #events: Emitter<ClientEvents>;
  readonly #outage: OutageTimer;
  readonly #renewal: TokenRenewal;
  readonly #extras: InnerExtras | undefined;
  readonly #closing = new AbortController();
  #refusal: ConferError | undefined;

  constructor(urls: string | readonly string[], options: ClientOptions, platform: Platform) {
    checkClientOptions(options);
    const { clock, uptimeMs, random, newId } = platform;
    const { initialMs = 250, maxMs = 30_000 } = options.retry ?? {};
    const { connectMs = 5_000, requestMs = 10_000, graceMs = 10_000 } = options.timeouts ?? {};
    const endpoints = endpointsOf(urls);
    const report = reporterTo(options.onError);
    const listeners = new ListenerQueue(report);
    const newBackoff = () => new Backoff({ initialMs, maxMs }, random);
    this.#client = options.client && selfOf(options.client);
    this.#events = new Emitter(listeners, 'status', 'lost');
    this.#outage = new OutageTimer(clock, graceMs, (event) => this.#events.emit('lost', event));
    this.#outage.begin();
    // The token and the name are the user's; the socket and the clock are the platform's.
    const connection = new Connection(
      {
        ...platform,
        openSocket: options.openSocket ?? platform.openSocket,
        token: options.token,
        client: this.#client,
        endpoints,
        listeners,
        backoff: newBackoff(),
        connectMs,
      },
      this.#connectionEvents(report),
    );
    // Of the bundle for pages they are left out.
    const given: Extras | undefined = options.extras ?? allExtras;
    const extras = isInner(given) ? given : undefined;
    this.#extras = extras;
    const requests = new Requests(clock, connection, extras?.framesOf);
    this.#renewal = new TokenRenewal({
      clock,
      token: options.token,
      tell: (request, answer) => requests.tell(request, answer),
    });
    const watches = new WatchRegistry(clock, connection, requests, newBackoff);
    const newDeadline = deadlinesOn(clock, requestMs);
    this.#connection = connection;
    this.#watches = watches;
    this.#context = {
      clock,
      uptimeMs,
      newId,
      random,
      connection,
      listeners,
      newDeadline,
      requests,
      watches,
      onStatus: (listener) => this.#events.on('status', listener),
      refusal: () => this.#refusal,
      snapshots: options.snapshot?.open(clock, report),
      override: platform.override?.(clock, report),
      graceMs,
      closing: this.#closing.signal,
      report,
    };
    this.#subscriptions = new Subscriptions(this.#context, extras);
    this.#values = new Values(requests, this.#subscriptions, newDeadline, newId);
    connection.start();
    platform.onWakeUp?.(() => this.checkNow(), this.#closing.signal);
  }

  get status(): ClientStatus {
    return this.#connection.status;
  }

  get [INNER](): ClientContext {
    return this.#context;
  }

  get(path: string, options?: GetOptions): ReturnType<Client['get']> {
    return this.#values.get(path, options);
  }

  set(path: string, value: string, options?: SetOptions): ReturnType<Client['set']> {
    return this.#values.set(path, value, options);
  }

  remove(path: string, options?: RemoveOptions): ReturnType<Client['remove']> {
    return this.#values.remove(path, options);
  }

  list(path: string, options: ListOptions & { values: false }): Promise<Listing<EntryMeta>>;
  list(path: string, options?: ListOptions): Promise<Listing>;
  list(path: string, options?: ListOptions): Promise<Listing | Listing<EntryMeta>> {
    return this.#values.list(path, options);
  }

  commit(request: CommitOptions): ReturnType<Client['commit']> {
    return this.#values.commit(request);
  }

  txn<const Then extends TxnOperations = [], const Else extends TxnOperations = []>(
    request: TxnOptions<Then, Else>,
  ): Promise<TxnOutcome<Then, Else>> {
    return needed(this.#extras, 'client.txn').transact(request, this.#values, this.#context);
  }

  serverStatus(options?: WaitOptions): ReturnType<Client['serverStatus']> {
    return this.#values.serverStatus(options);
  }

  compact(revision?: number, options?: WaitOptions): ReturnType<Client['compact']> {
    return this.#values.compact(revision, options);
  }

  watch(path: string, options?: WatchOptions): Watch {
    return this.#subscriptions.watch(path, options);
  }

  mirror(path: string, options?: { readonly signal?: AbortSignal }): Mirror {
    return this.#subscriptions.mirror(path, options);
  }

  on<Name extends keyof ClientEvents>(
    event: Name,
    listener: (event: ClientEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  checkNow(): void {
    this.#connection.checkNow(() => this.#context.requests.tell((id) => ({ type: 'status', id })));
  }

  diagnostics(): Diagnostics {
    const { clock, listeners } = this.#context;
    const { name, version } = this.#client ?? {};
    return {
      now: clock.now(),
      client: { name, version, protocol: PROTOCOL_VERSION },
      connection: this.#connection.diagnostics(),
      requests: this.#context.requests.diagnostics(),
      ...worstOf(this.#subscriptions.diagnostics()),
      listenerErrors: listeners.listenerErrors,
    };
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#context.listeners.hold(() => {
      this.#subscriptions.close();
      const error = closedError('the client');
      this.#context.requests.end(error);
      this.#watches.end(error);
    });
    this.#context.override?.close();
    return Promise.all([this.#connection.close(), this.#context.snapshots?.close()]).then(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connectionEvents(report: (error: unknown) => void): ConnectionEvents {
    return {
      onOpen: (welcome) => {
        this.#watches.opened(welcome);
        this.#context.requests.opened(welcome);
        this.#renewal.opened(welcome);
      },
      onMessage: (message) => this.#route(message),
      onLost: (reason, closeCode) => {
        this.#renewal.stop();
        this.#context.requests.lost(closeCode);
        this.#watches.lost(reason);
      },
      onStatus: (status) => {
        this.#noteOutage(status);
        this.#events.emit('status', status);
      },
      onError: report,
    };
  }

  /** Replies have an `id`, and what is for a watch has its name. */
  #route(message: RoutedMessage): void {
    // All watches of the connection have what it wrote before its answer comes (W12).
    if (message.type === 'committed' || message.type === 'decided')
      this.#watches.complete(message.revision);
    if ('id' in message) this.#context.requests.received(message);
    else if ('watch' in message) this.#watches.received(message);
    else {
      this.#connection.progress();
      this.#watches.heartbeat(message);
    }
  }

  #noteOutage(status: ClientStatus): void {
    const { kind } = status;
    if (kind === 'open') this.#refusal = undefined;
    else if (kind === 'waiting' && status.refused !== undefined)
      this.#refusal = new ConferError(status.refused, status.reason);
    if (kind === 'open') this.#outage.end();
    else this.#outage.begin(this.#connection.lastKnownGood);
    if (kind === 'closed') this.#outage.stop();
  }
}
