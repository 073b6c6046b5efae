import { type Client, ConferError, TimeoutError } from '@confer/client';
import type { Entry } from '@confer/shared';
import { absent, openClient } from '../connection.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure, Interrupted } from '../failure.ts';
import { tellOfConnection } from './connection-notices.ts';
import { Debounce, type Patience } from './debounce.ts';
import { FollowedMirror } from './followed-mirror.ts';
import { refusalOf } from './refusal.ts';

/** What is in a subtree, in the order of the tree. */
export interface Subtree {
  readonly path: string;
  readonly entries: readonly Entry[];
}

/** Several subtrees, all as of one revision: nobody sees half a commit, even where it touches two of them. */
export interface State {
  readonly revision: number;
  readonly subtrees: readonly Subtree[];
}

/** Follows subtrees for as long as it takes: a server that is away, or takes a right away, is waited for. */
export class Subtrees {
  readonly #context: Context;
  readonly #client: Client;
  readonly #followed: readonly FollowedMirror[];
  readonly #debounce: Debounce;
  readonly #signal: AbortSignal;
  readonly #refusal: { readonly current: ConferError | undefined };
  readonly #waiting = new Set<() => void>();
  readonly #abort = () => void this.close();
  #isClosed = false;

  /** `signal` ends all waits; its reason is the name of the signal that asks the command to end. */
  static async open(
    context: Context,
    paths: readonly string[],
    { patience, signal }: { readonly patience: Patience; readonly signal: AbortSignal },
  ): Promise<Subtrees> {
    const requestMs = context.settings.timeoutMs ?? Number.POSITIVE_INFINITY;
    const client = await openClient(context, { timeouts: { requestMs } });
    return new Subtrees(context, client, paths, patience, signal);
  }

  private constructor(
    context: Context,
    client: Client,
    paths: readonly string[],
    patience: Patience,
    signal: AbortSignal,
  ) {
    this.#context = context;
    this.#client = client;
    this.#signal = signal;
    this.#debounce = new Debounce(context.terminal.clock, patience);
    this.#refusal = refusalOf(context, client);
    tellOfConnection(context, client);
    const told = { onMoved: () => this.#moved(), onChange: () => this.#debounce.touch() };
    this.#followed = paths.map((path) => new FollowedMirror(context, client, path, told));
    if (signal.aborted) this.#abort();
    signal.addEventListener('abort', this.#abort);
  }

  /**
   * The first whole state.
   *
   * @throws {ConferError} the server refuses. {Failure} it was not reached in the time that there is.
   */
  async first(): Promise<State> {
    try {
      await Promise.all(this.#followed.map(({ mirror }) => mirror.ready()));
      for (const followed of this.#followed) followed.keep();
      return await this.#whole();
    } catch (error) {
      if (this.#signal.aborted) throw new Interrupted(this.#signal);
      if (error instanceof TimeoutError && this.#client.status.kind !== 'open') {
        const { message } = error;
        throw new Failure(exitCodes.unavailable, 'unavailable', message, absent(this.#context));
      }
      throw this.#refusal.current ?? error;
    }
  }

  /** The next state, once changes have settled. It may be the same as before. */
  async next(): Promise<State> {
    await this.#debounce.settled();
    return this.#whole();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#signal.removeEventListener('abort', this.#abort);
    this.#debounce.stop();
    for (const followed of this.#followed) followed.close();
    this.#moved();
    await this.#client.close();
  }

  /**
   * All subtrees at one revision. Each mirror moves on by itself, and an idle one hears of a revision with the next
   * heartbeat only. So those that are behind the last change of another ask the server for a proof, which tells
   * them how far they are.
   */
  async #whole(): Promise<State> {
    for (;;) {
      if (this.#isClosed) throw new ConferError('closed', 'the subtrees are not followed any more');
      const mirrors = this.#followed.map(({ mirror }) => mirror);
      if (mirrors.some(({ status }) => status !== 'live')) {
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
        continue;
      }
      // That of a snapshot is where it changed last, or a little later.
      const revision = Math.max(...mirrors.map((mirror) => mirror.getSnapshot().revision ?? 0));
      const behind = mirrors.filter((mirror) => (mirror.revision ?? 0) < revision);
      if (behind.length === 0)
        return {
          revision,
          subtrees: mirrors.map((mirror) => ({ path: mirror.path, entries: mirror.list() })),
        };
      // One that fails meanwhile is not live any more, and waited for above.
      await Promise.allSettled(behind.map((mirror) => mirror.verify()));
    }
  }

  #moved(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
