import { type Entry, type EntryMeta, encode, type Status, unreachable } from '@confer/shared';
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
import { checkPath, checkSubtree } from './arguments.ts';
import { Backoff } from './backoff.ts';
import { Connection, type ConnectionEvents, type RoutedMessage } from './connection.ts';
import type { ClientContext } from './context.ts';
import { Emitter } from './emitter.ts';
import { ConferError } from './errors.ts';
import { EventWatch } from './event-watch.ts';
import { hasValues, readListing } from './listing.ts';
import { Mirrors } from './mirrors.ts';
import { Notices } from './notices.ts';
import { type Platform, reporterTo } from './platform.ts';
import { Requests } from './requests.ts';
import { Timeouts } from './timeouts.ts';
import { endpointsOf } from './urls.ts';
import { Watches } from './watches.ts';
import { commit, type Write } from './writes.ts';

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
  readonly #newId: () => string;
  readonly #timeouts: Timeouts;
  readonly #connection: Connection;
  readonly #requests: Requests;
  readonly #watches: Watches;
  readonly #mirrors: Mirrors;
  readonly #eventWatches = new Set<EventWatch>();
  readonly #context: ClientContext;
  readonly #statuses: Emitter<ClientStatus>;
  /** Why there will be no connection any more. */
  #over: ConferError | undefined;
  #isClosed = false;

  constructor(urls: string | readonly string[], options: ClientOptions, platform: Platform) {
    const { clock, random, openSocket, newId } = platform;
    const { timeouts, retry, token, client } = options;
    const limits = {
      initialMs: retry?.initialMs ?? DEFAULTS.initialMs,
      maxMs: retry?.maxMs ?? DEFAULTS.maxMs,
    };
    const connectMs = timeouts?.connectMs ?? DEFAULTS.connectMs;
    const endpoints = endpointsOf(urls);
    const report = reporterTo(options.onError);
    const notices = new Notices(report);
    const newBackoff = () => new Backoff(limits, random);
    const backoff = newBackoff();
    this.#newId = newId;
    this.#timeouts = new Timeouts(clock, timeouts?.requestMs ?? DEFAULTS.requestMs);
    this.#statuses = new Emitter(notices);
    this.#connection = new Connection(
      { endpoints, openSocket, clock, notices, backoff, connectMs, token, client },
      this.#connectionEvents(report),
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
    this.#context = {
      clock,
      notices,
      timeouts: this.#timeouts,
      watches: this.#watches,
      report,
      trouble: () => this.#connection.silenceExplained.why,
    };
    this.#mirrors = new Mirrors(this.#context);
    this.#connection.start();
  }

  get status(): ClientStatus {
    return this.#connection.status;
  }

  async get(path: string, options?: WaitOptions): Promise<Entry | undefined> {
    checkPath(path);
    const wait = this.#timeouts.wait(options);
    const { reply } = await this.#requests.ask('got', (id) => ({ type: 'get', id, path }), wait);
    return reply.entry ?? undefined;
  }

  async set(
    path: string,
    value: string,
    options: WriteOptions = {},
  ): Promise<{ readonly revision: number }> {
    const operations = [{ type: 'put', path, value }] as const;
    const { revision } = await this.#write({ ...writeOf(path, options), operations });
    return { revision };
  }

  async remove(
    path: string,
    options: RemoveOptions = {},
  ): Promise<{ readonly revision: number; readonly removed: number }> {
    const recursive = options.recursive === true ? { recursive: true } : {};
    const operations = [{ type: 'delete', path, ...recursive }] as const;
    const { revision, deletes } = await this.#write({ ...writeOf(path, options), operations });
    return { revision, removed: deletes };
  }

  list(path: string, options: ListOptions & { values: false }): Promise<Listing<EntryMeta>>;
  list(path: string, options?: ListOptions): Promise<Listing>;
  async list(path: string, options: ListOptions = {}): Promise<Listing | Listing<EntryMeta>> {
    checkSubtree(path);
    const left = this.#timeouts.deadline(options);
    const listing = await readListing(options, (query) =>
      this.#requests.ask('listed', (id) => ({ type: 'list', id, path, ...query }), left()),
    );
    if (options.values === false || hasValues(listing)) return listing;
    throw new ConferError('internal', 'the server left out the values of a list', { path });
  }

  commit(request: CommitOptions): Promise<CommitResult> {
    return this.#write(request);
  }

  async serverStatus(options?: WaitOptions): Promise<Omit<Status, 'type' | 'id'>> {
    const wait = this.#timeouts.wait(options);
    const { reply } = await this.#requests.ask('status', (id) => ({ type: 'status', id }), wait);
    const { type: _type, id: _id, ...status } = reply;
    return status;
  }

  watch(path: string, options: WatchOptions = {}): Watch {
    checkSubtree(path);
    this.#refuseIfClosed();
    const watch = new EventWatch(path, options, this.#context, (left) =>
      this.#eventWatches.delete(left),
    );
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
    this.#context.notices.hold(() => {
      this.#mirrors.close();
      for (const watch of [...this.#eventWatches]) watch.close();
      this.#end(closedError());
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
      onLost: (reason) => {
        this.#requests.lost();
        this.#watches.lost(reason);
      },
      onFailed: (error) => this.#end(error),
      onStatus: (status) => this.#statuses.emit(status),
      onError: report,
    };
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

  #write(write: Write): Promise<CommitResult> {
    return commit(write, {
      requests: this.#requests,
      mirrors: this.#mirrors,
      timeouts: this.#timeouts,
      newId: this.#newId,
    });
  }

  #end(error: ConferError): void {
    this.#over = error;
    this.#requests.end(error);
    this.#watches.end(error);
  }

  #refuseIfClosed(): void {
    if (this.#isClosed) throw closedError();
  }
}

/** A write to one path, but for what it writes. */
function writeOf(
  path: string,
  { ifRevision, ...options }: WriteOptions,
): Omit<Write, 'operations'> {
  return ifRevision === undefined
    ? options
    : { ...options, conditions: [{ path, modRevision: ifRevision }] };
}

function closedError(): ConferError {
  return new ConferError('closed', 'the client is closed');
}
