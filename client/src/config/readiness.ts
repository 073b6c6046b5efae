import { ConferError, TimeoutError } from '../errors.ts';
import { closedError } from '../make-error.ts';
import { isOutOfReach } from '../mirror/readiness.ts';
import { ConditionVariable } from '../requests/condition-variable.ts';
import { array, oneOf } from '../validation/argument-types.ts';
import { checkArgument, checkOptions } from '../validation/arguments.ts';
import type { ClientContext } from '../watch/context.ts';
import type { Fallback, Ready, ReadyOptions } from './api.ts';
import type { ConfigError } from './config-error.ts';

/** What of a configuration says whether it is ready. */
interface Subject {
  readonly path: string;
  readonly source: Fallback | undefined;
  readonly revision: number | undefined;
  readonly error: ConfigError | undefined;
}

interface Upstream {
  readonly failure: ConferError | undefined;
  readonly failureReason: string;
}

const SOURCES = ['server', 'snapshot', 'bootstrap', 'defaults'] as const;

/**
 * Those who wait until a configuration is ready. What the server has is waited for. Another source will do for who
 * accepts it, once every server was tried in vain, what the server has was rejected, or the time is over; but never in
 * place of a server that refuses: that would hide for weeks that a token is no good. Where one refuses and the next
 * one serves, it is that one that counts.
 */
export class Readiness {
  readonly #subject: Subject;
  readonly #upstream: Upstream;
  readonly #context: ClientContext;
  readonly #waiters: ConditionVariable;
  readonly #off: () => void;

  constructor(subject: Subject, upstream: Upstream, context: ClientContext) {
    this.#subject = subject;
    this.#upstream = upstream;
    this.#context = context;
    this.#waiters = new ConditionVariable(`the configuration of ${subject.path}`, upstream);
    this.#off = context.onStatus(() => this.look());
  }

  async wait(options: ReadyOptions): Promise<Ready> {
    checkOptions(options, { accept: array });
    const { accept = ['server'] } = options;
    for (const source of accept) checkArgument('a source', source, oneOf(SOURCES));
    const deadline = this.#context.newDeadline(options);
    const isAccepted = () => {
      const { source } = this.#subject;
      return source === 'server' || (source !== undefined && accept.includes(source));
    };
    const isLenient = accept.some((source) => source !== 'server');
    try {
      await this.#waiters.until(() => this.#isSettled(isAccepted, isLenient), deadline, 'ready');
    } catch (error) {
      const isRefused = this.#context.refusal() !== undefined;
      if (!(error instanceof TimeoutError && (isAccepted() || isRefused))) throw error;
    }
    const problem = this.#problem(isAccepted());
    const { source, revision } = this.#subject;
    if (problem !== undefined || source === undefined) throw problem ?? this.#nothing();
    return { source, revision };
  }

  /** Something may be different now. */
  look(): void {
    this.#waiters.notify();
  }

  close(): void {
    this.#off();
    this.#waiters.fail(closedError(`the configuration of ${this.#subject.path}`));
  }

  /** Who is lenient does not wait for a server to be mended, other than who needs the server itself. */
  #isSettled(isAccepted: () => boolean, isLenient: boolean): boolean {
    const { source, error } = this.#subject;
    if (source === 'server' || this.#upstream.failure !== undefined) return true;
    if (this.#isRejected(error)) return true;
    if (!isLenient || !isOutOfReach(this.#context.connection)) return false;
    return isAccepted() || this.#context.refusal() !== undefined;
  }

  /** What the server has is there, and not to be used. */
  #isRejected(error: ConfigError | undefined): error is ConfigError {
    return error?.isOfServer === true;
  }

  #problem(isAccepted: boolean): ConferError | undefined {
    const { source, error } = this.#subject;
    if (source === 'server') return undefined;
    const refused = this.#upstream.failure ?? this.#context.refusal();
    if (refused !== undefined) return refused;
    return this.#isRejected(error) && !isAccepted ? error : undefined;
  }

  #nothing(): ConferError {
    const why = this.#upstream.failureReason;
    return new ConferError('not_ready', `there is nothing of ${this.#subject.path} yet${why}`);
  }
}
