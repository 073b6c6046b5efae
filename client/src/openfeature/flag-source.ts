import { relativeTo, subtreesOf } from '@confer/shared';
import type { Client, Mirror, MirrorChange, WaitOptions } from '../api.ts';
import type { ClientStatus } from '../status.ts';
import { durationMs, object } from '../validation/argument-types.ts';
import { checkArgument, checkOptions, checkSubtree } from '../validation/arguments.ts';
import { FlagError } from './flag-error.ts';
import { type ProviderEventDetails, ProviderEvents } from './provider-events.ts';

export const PROVIDER_NAME = 'confer';

export interface ConferProviderOptions {
  /**
   * How long `initialize` waits for the flags, in milliseconds. Default: as long as requests of the client. A provider
   * whose flags come later gets ready then.
   */
  readonly timeoutMs?: number;
}

/** What the SDK knows of the provider; `nothing` before it was initialised, when it asks by itself. */
type Told = 'nothing' | 'ready' | 'stale' | 'lost' | 'fatal';

/** A mirror that is open, with what takes it back. */
interface Opened {
  readonly mirror: Mirror;
  readonly close: () => void;
}

/** The mirror of the flags, from `initialize` to `onClose`, and what the SDK is told of it. */
export class FlagSource {
  readonly events = new ProviderEvents();
  readonly #client: Client;
  readonly #path: string;
  readonly #wait: WaitOptions;
  #opened: Opened | undefined;
  #told: Told = 'nothing';

  /** @throws {ConferError} `invalid_path` or `invalid_argument`. */
  constructor(client: Client, path: string, options: ConferProviderOptions = {}) {
    checkArgument('a client', client, object);
    checkSubtree(path);
    checkOptions(options, { timeoutMs: durationMs });
    this.#client = client;
    this.#path = path;
    this.#wait = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
  }

  get mirror(): Mirror | undefined {
    return this.#opened?.mirror;
  }

  /**
   * Resolves once all flags are here.
   * @throws {FlagError} `PROVIDER_FATAL` where they may not be read. `PROVIDER_NOT_READY` where they did not come in
   * time or no server lets the client in; they still may come, and an event says so.
   */
  async open(): Promise<void> {
    this.#opened ??= this.#start();
    const { mirror } = this.#opened;
    try {
      await this.#ready(mirror);
    } catch (error) {
      const isFatal = isOver(mirror);
      // The provider may have been closed meanwhile.
      if (this.#opened?.mirror === mirror) this.#told = isFatal ? 'fatal' : 'lost';
      const code = isFatal ? 'PROVIDER_FATAL' : 'PROVIDER_NOT_READY';
      throw new FlagError(code, error instanceof Error ? error.message : '', { cause: error });
    }
    this.#told = 'ready';
    // Flags that are here may be stale already. The SDK takes the provider for ready one turn after this returns, and
    // would not know if it was told before that.
    void Promise.resolve()
      .then(() => {})
      .then(() => this.#look(mirror, 'the server cannot be asked now'));
  }

  /** Closes the mirror. The client is its owner's. */
  close(): void {
    this.#opened?.close();
    this.#opened = undefined;
    this.#told = 'nothing';
  }

  #start(): Opened {
    const mirror = this.#client.mirror(this.#path);
    const offs = [
      mirror.on('change', (change) => this.#changed(change)),
      mirror.on('status', ({ reason }) => this.#look(mirror, reason)),
      mirror.on('lost', () => this.#tell('lost', 'the server was not reached for a while')),
    ];
    const close = () => {
      for (const off of offs) off();
      mirror.close();
    };
    return { mirror, close };
  }

  /** Waits for the first state, but not for a client that is sent away. */
  async #ready(mirror: Mirror): Promise<void> {
    const sentAway = new AbortController();
    const look = (status: ClientStatus) => {
      if (this.#isSentAway(status)) sentAway.abort();
    };
    const off = this.#client.on('status', look);
    look(this.#client.status);
    try {
      await mirror.ready({ ...this.#wait, signal: sentAway.signal });
    } catch (error) {
      const { status } = this.#client;
      throw this.#isSentAway(status) ? new Error(status.reason, { cause: error }) : error;
    } finally {
      off();
    }
  }

  /** As many servers as there are have refused, or failed, one after another. */
  #isSentAway(status: ClientStatus): status is ClientStatus & { readonly kind: 'waiting' } {
    if (status.kind !== 'waiting' || status.refused === undefined) return false;
    return status.attempt > this.#client.diagnostics().connection.urls.length;
  }

  #look(mirror: Mirror, reason: string): void {
    if (isOver(mirror)) this.#tell('fatal', `the flags are not followed any more: ${reason}`);
    else if (mirror.status === 'live') this.#tell('ready', 'the flags are up to date');
    else if (mirror.status === 'stale') this.#tell('stale', `the flags may be old: ${reason}`);
  }

  #tell(next: Exclude<Told, 'nothing'>, message: string): void {
    // A mirror that was lost is stale, too: only what is better or worse is news.
    if (this.#told === 'nothing' || this.#told === next) return;
    if (this.#told === 'lost' && next === 'stale') return;
    this.#told = next;
    this.#emit(...eventOf(next, message));
  }

  #emit(event: string, said: Said): void {
    this.events.emit(event, { providerName: PROVIDER_NAME, ...said });
  }

  /** Once a commit. An object above what changed has changed as well. */
  #changed({ changes }: MirrorChange): void {
    if (this.#told === 'nothing') return;
    const keys = new Set<string>();
    for (const { path } of changes)
      for (const flag of subtreesOf(path))
        if (flag.length > this.#path.length) keys.add(relativeTo(flag, this.#path));
    this.#emit('PROVIDER_CONFIGURATION_CHANGED', { flagsChanged: [...keys] });
  }
}

/** What an event says beside who it is of. */
type Said = Omit<ProviderEventDetails, 'providerName'>;

/** It will not be live again. */
function isOver({ status }: Mirror): boolean {
  return status === 'failed' || status === 'closed';
}

function eventOf(told: Exclude<Told, 'nothing'>, message: string): [string, Said] {
  switch (told) {
    case 'ready':
      return ['PROVIDER_READY', { message }];
    case 'stale':
      return ['PROVIDER_STALE', { message }];
    case 'lost':
      return ['PROVIDER_ERROR', { message, errorCode: 'GENERAL' }];
    case 'fatal':
      return ['PROVIDER_ERROR', { message, errorCode: 'PROVIDER_FATAL' }];
  }
}
