import {
  type Condition,
  type Entry,
  type EntryMeta,
  encode,
  type Operation,
  type Status,
  unreachable,
} from '@confer/shared';
import type {
  Client,
  ClientEvents,
  ClientOptions,
  ClientStatus,
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
import { checkPath, checkSubtree, checkWrite } from './arguments.ts';
import { Backoff } from './backoff.ts';
import { Connection, type RoutedMessage } from './connection.ts';
import { Emitter } from './emitter.ts';
import { ConferError } from './errors.ts';
import { EventWatch, type EventWatchContext } from './event-watch.ts';
import { hasValues, readListing } from './listing.ts';
import { Mirrors } from './mirrors.ts';
import { Notices } from './notices.ts';
import type { Platform } from './platform.ts';
import type { Replica } from './replica.ts';
import { Requests } from './requests.ts';
import { endpointsOf } from './urls.ts';
import type { Wait } from './waiter.ts';
import { Watches } from './watches.ts';

const DEFAULTS = {
  connectMs: 5_000,
  requestMs: 10_000,
  initialMs: 250,
  maxMs: 30_000,
} as const;

/**
 * Makes a client of the servers at `urls` and starts to connect. Never throws for network reasons.
 * @throws {TypeError} when one of `urls` is no URL of a server.
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
  readonly #platform: Platform;
  readonly #requestMs: number;
  readonly #connection: Connection;
  readonly #requests: Requests;
  readonly #watches: Watches;
  readonly #mirrors: Mirrors;
  readonly #eventWatches = new Set<EventWatch>();
  readonly #eventContext: EventWatchContext;
  readonly #notices: Notices;
  readonly #statuses: Emitter<ClientStatus>;
  /** Why there will be no connection any more. */
  #over: ConferError | undefined;
  #isClosed = false;

  constructor(urls: string | readonly string[], options: ClientOptions, platform: Platform) {
    const { clock, random } = platform;
    const { timeouts, retry, onError = console.error } = options;
    const limits = {
      initialMs: retry?.initialMs ?? DEFAULTS.initialMs,
      maxMs: retry?.maxMs ?? DEFAULTS.maxMs,
    };
    const report = reporterTo(onError);
    const newBackoff = () => new Backoff(limits, random);
    const waitOf = (wait: WaitOptions | undefined) => this.#waitOf(wait);
    const trouble = () => this.#connection.silenceExplained.why;
    this.#platform = platform;
    this.#requestMs = timeouts?.requestMs ?? DEFAULTS.requestMs;
    this.#notices = new Notices(report);
    this.#statuses = new Emitter(this.#notices);
    this.#connection = new Connection(
      {
        endpoints: endpointsOf(urls),
        openSocket: platform.openSocket,
        clock,
        notices: this.#notices,
        backoff: newBackoff(),
        connectMs: timeouts?.connectMs ?? DEFAULTS.connectMs,
        token: options.token,
        client: options.client,
      },
      {
        onOpen: (welcome) => {
          this.#watches.opened(welcome);
          this.#requests.opened(welcome);
        },
        onMessage: (message) => this.#route(message),
        onLost: (reason) => {
          this.#requests.lost();
          this.#watches.lost(reason);
        },
        onFailed: (error) => this.#end(error),
        onStatus: (status) => this.#statuses.emit(status),
        onError: report,
      },
    );
    this.#requests = new Requests({
      clock,
      send: (frame) => this.#connection.send(frame),
      silence: () => this.#connection.silenceExplained,
      onAnswered: () => this.#connection.progress(),
    });
    this.#watches = new Watches({
      clock,
      requests: this.#requests,
      newBackoff,
      sendHeartbeat: (applied) => this.#connection.send(encode({ type: 'heartbeat', applied })),
      onSynced: () => this.#connection.progress(),
    });
    const shared = { clock, watches: this.#watches, trouble };
    this.#mirrors = new Mirrors({ ...shared, notices: this.#notices, report }, waitOf);
    const onLeft = (watch: EventWatch) => this.#eventWatches.delete(watch);
    this.#eventContext = { ...shared, waitOf, onLeft };
    this.#connection.start();
  }

  get status(): ClientStatus {
    return this.#connection.status;
  }

  async get(path: string, options?: WaitOptions): Promise<Entry | undefined> {
    checkPath(path);
    const wait = this.#waitOf(options);
    const { reply } = await this.#requests.ask('got', (id) => ({ type: 'get', id, path }), wait);
    return reply.entry ?? undefined;
  }

  async set(
    path: string,
    value: string,
    options: WriteOptions = {},
  ): Promise<{ readonly revision: number }> {
    const { revision } = await this.#write(
      [{ type: 'put', path, value }],
      conditionsOf(path, options),
      options,
    );
    return { revision };
  }

  async remove(
    path: string,
    options: RemoveOptions = {},
  ): Promise<{ readonly revision: number; readonly removed: number }> {
    const recursive = options.recursive === true ? { recursive: true } : {};
    const { revision, deletes } = await this.#write(
      [{ type: 'delete', path, ...recursive }],
      conditionsOf(path, options),
      options,
    );
    return { revision, removed: deletes };
  }

  list(path: string, options: ListOptions & { values: false }): Promise<Listing<EntryMeta>>;
  list(path: string, options?: ListOptions): Promise<Listing>;
  async list(path: string, options: ListOptions = {}): Promise<Listing | Listing<EntryMeta>> {
    checkSubtree(path);
    const left = this.#deadline(options);
    const listing = await readListing(options, (query) =>
      this.#requests.ask('listed', (id) => ({ type: 'list', id, path, ...query }), left()),
    );
    if (options.values === false || hasValues(listing)) return listing;
    throw new ConferError('internal', 'the server left out the values of a list', { path });
  }

  async commit({ operations, conditions, ...options }: CommitOptions): Promise<CommitResult> {
    return this.#write(operations, conditions, options);
  }

  async serverStatus(options?: WaitOptions): Promise<Omit<Status, 'type' | 'id'>> {
    const wait = this.#waitOf(options);
    const { reply } = await this.#requests.ask('status', (id) => ({ type: 'status', id }), wait);
    const { type: _type, id: _id, ...status } = reply;
    return status;
  }

  watch(path: string, options: WatchOptions = {}): Watch {
    checkSubtree(path);
    this.#refuseIfClosed();
    const watch = new EventWatch(path, options, this.#eventContext);
    if (this.#over !== undefined) watch.failed(this.#over);
    else if (options.signal?.aborted !== true) this.#eventWatches.add(watch);
    return watch;
  }

  mirror(path: string, options: { readonly signal?: AbortSignal } = {}): Mirror {
    checkSubtree(path);
    this.#refuseIfClosed();
    return this.#mirrors.open(path, options.signal, this.#over);
  }

  on<Name extends keyof ClientEvents>(
    event: Name,
    listener: (event: ClientEvents[Name]) => void,
  ): () => void {
    const emitters: { [Name in keyof ClientEvents]: Emitter<ClientEvents[Name]> } = {
      status: this.#statuses,
    };
    return emitters[event].on(listener);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#notices.hold(() => {
      this.#mirrors.close();
      for (const watch of [...this.#eventWatches]) watch.close();
      this.#end(closedError());
    });
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #route(message: RoutedMessage): void {
    switch (message.type) {
      case 'got':
      case 'listed':
      case 'committed':
      case 'watching':
      case 'unwatched':
      case 'status':
      case 'error':
        this.#requests.received(message);
        break;
      case 'snapshot':
      case 'difference':
      case 'synced':
      case 'commits':
      case 'resync':
      case 'compacted':
        this.#watches.received(message);
        break;
      case 'heartbeat':
        this.#connection.progress();
        this.#watches.heartbeat(message);
        break;
      default:
        unreachable(message);
    }
  }

  async #write(
    operations: readonly Operation[],
    conditions: readonly Condition[] | undefined,
    options: WaitOptions & { readonly note?: string },
  ): Promise<CommitResult> {
    checkWrite(operations, conditions);
    const left = this.#deadline(options);
    const request = {
      requestId: this.#platform.newId(),
      operations: [...operations],
      ...(conditions === undefined ? {} : { conditions: [...conditions] }),
      ...(options.note === undefined ? {} : { note: options.note }),
    };
    let behind: readonly Replica[] = [];
    const { reply, epoch } = await this.#requests.ask(
      'committed',
      (id) => ({ type: 'commit', id, ...request }),
      left(),
      () => {
        behind = this.#mirrors.behind(operations);
      },
    );
    const { revision, puts, deletes } = reply;
    if (puts + deletes > 0)
      await Promise.all(behind.map((replica) => replica.show({ epoch, revision }, left())));
    return { revision, puts, deletes };
  }

  #end(error: ConferError): void {
    this.#over = error;
    this.#requests.end(error);
    this.#watches.end(error);
  }

  #refuseIfClosed(): void {
    if (this.#isClosed) throw closedError();
  }

  #waitOf(options: WaitOptions = {}): Wait {
    const timeoutMs = options.timeoutMs ?? this.#requestMs;
    return { timeoutMs, leftMs: timeoutMs, signal: options.signal };
  }

  /** One time for all that a call has to wait for, one after the other. */
  #deadline(options: WaitOptions): () => Wait {
    const { clock } = this.#platform;
    const wait = this.#waitOf(options);
    const startedAt = clock.now();
    return () => ({ ...wait, leftMs: Math.max(0, wait.timeoutMs - (clock.now() - startedAt)) });
  }
}

function conditionsOf(path: string, { ifRevision }: WriteOptions): Condition[] | undefined {
  return ifRevision === undefined ? undefined : [{ path, modRevision: ifRevision }];
}

function closedError(): ConferError {
  return new ConferError('closed', 'the client is closed');
}

/** Whoever is told of errors may have one too, and there is nobody left to tell of it. */
function reporterTo(onError: (error: unknown) => void): (error: unknown) => void {
  return (error) => {
    try {
      onError(error);
    } catch (second) {
      console.error(second);
    }
  };
}
