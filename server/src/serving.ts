import { type Clock, errorKind, type Status } from '@confer/shared';
import type { Core } from './core.ts';
import type { HttpService } from './http/http-service.ts';
import type { Log } from './log.ts';
import { NOBODY, type Socket, type SocketHandlers } from './transport/socket.ts';

export interface ServingOptions {
  /** Opens the engine, with a core on it. */
  readonly open: () => Promise<Core>;
  readonly clock: Clock;
  readonly log: Log;
}

type State =
  | { readonly kind: 'serving'; readonly core: Core }
  /** The history that was served is over, and the next one is being opened. */
  | { readonly kind: 'between'; readonly last: Core }
  | { readonly kind: 'stopped'; readonly last: Core };

/** Between two tries to open what comes next: longer each time, up to that. */
const REOPEN_MS_MIN = 500;
const REOPEN_MS_MAX = 10_000;
const SHUTTING_DOWN = errorKind('shutting_down').closeCode ?? 1012;

/**
 * The core that serves. Where what decides turns out to have another history (it was restored, or wiped), the core
 * of the old one says goodbye to everybody, and those who come back find one of the new.
 *
 *   serving ──► between ──► serving …, and from each of them ──► stopped
 */
export class Serving {
  readonly #options: ServingOptions;
  #state: State;
  /** Why the storage can do nothing any more, once it cannot. */
  readonly failed: Promise<string>;
  #fail: (reason: string) => void = () => {};

  constructor(core: Core, options: ServingOptions) {
    this.#options = options;
    this.#state = { kind: 'serving', core };
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#follow(core);
  }

  accept(socket: Socket): SocketHandlers {
    if (this.#state.kind === 'serving') return this.#state.core.accept(socket);
    socket.close(SHUTTING_DOWN, 'the server opens another history');
    return NOBODY;
  }

  /** What requests of HTTP are done with; undefined while nothing is served. */
  get http(): HttpService | undefined {
    return this.#state.kind === 'serving' ? this.#state.core.http : undefined;
  }

  status(): Omit<Status, 'type' | 'id'> {
    return this.core.status();
  }

  counters(): Readonly<Record<string, number>> {
    return this.core.counters();
  }

  /** Sends everybody away within a time; the caller lets nobody in any more. */
  async part(withinMs: number): Promise<void> {
    if (this.#state.kind === 'serving') await this.#state.core.part(withinMs);
  }

  /** Lets go of the data. */
  async stop(): Promise<void> {
    const { kind } = this.#state;
    const core = this.core;
    this.#state = { kind: 'stopped', last: core };
    if (kind === 'serving') await core.close();
  }

  /** The one that serves, or the last one that did. */
  get core(): Core {
    return this.#state.kind === 'serving' ? this.#state.core : this.#state.last;
  }

  get isBetween(): boolean {
    return this.#state.kind === 'between';
  }

  #follow(core: Core): void {
    void core.failed.then(this.#fail);
    void core.ended.then((reason) => this.#replace(core, reason));
  }

  async #replace(last: Core, reason: string): Promise<void> {
    if (this.#state.kind !== 'serving') return;
    const { log } = this.#options;
    this.#state = { kind: 'between', last };
    log('warn', `this history is over, and every client is sent to the next: ${reason}`);
    await last.stop();
    const core = await this.#reopen();
    if (core === undefined) return;
    this.#state = { kind: 'serving', core };
    this.#follow(core);
    log('info', `serving epoch ${core.status().epoch}`);
  }

  /** Tries until it succeeds, or nobody wants it any more. */
  async #reopen(): Promise<Core | undefined> {
    const { open, clock, log } = this.#options;
    for (let delayMs = REOPEN_MS_MIN; ; delayMs = Math.min(2 * delayMs, REOPEN_MS_MAX)) {
      if (this.#isStopped) return undefined;
      try {
        const core = await open();
        if (!this.#isStopped) return core;
        await core.stop();
      } catch (error) {
        log('error', `cannot open it yet: ${error instanceof Error ? error.message : error}`);
        await new Promise<void>((resume) => clock.setTimer(delayMs, resume));
      }
    }
  }

  get #isStopped(): boolean {
    return this.#state.kind === 'stopped';
  }
}
