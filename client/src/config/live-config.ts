import type { Client } from '../api.ts';
import { Emitter } from '../delivery/emitter.ts';
import { ConferError } from '../errors.ts';
import { messageOf } from '../make-error.ts';
import type { MirrorStatus } from '../status.ts';
import { callback as aFunction, text } from '../validation/argument-types.ts';
import { checkArgument } from '../validation/arguments.ts';
import type { ClientContext } from '../watch/context.ts';
import type {
  Config,
  ConfigDifference,
  ConfigEvents,
  ConfigOptions,
  Explanation,
  Fallback,
  Ready,
  ReadyOptions,
  StandardSchema,
} from './api.ts';
import { ConfigError } from './config-error.ts';
import { Debounce } from './debounce.ts';
import { differenceOf } from './difference.ts';
import { shareWith, valueAt } from './immutable.ts';
import { judge, reasonOf, type Verdict } from './judge.ts';
import { Readiness } from './readiness.ts';
import { clipped, Reporter } from './reporter.ts';
import { assembled, explain, keysOf } from './sources.ts';
import { type Candidate, States } from './states.ts';

/** The last object that the schema took. */
interface Good<Value> {
  readonly value: Value;
  readonly source: Fallback;
  readonly revision: number | undefined;
}

/** One good object in place of another. */
interface Swap<Value> {
  readonly value: Value;
  readonly previous: Value;
  /** Found out for the first who asks. */
  readonly difference: () => readonly ConfigDifference[];
}

type SwapListener<Value> = (
  next: Value,
  previous: Value,
  difference: readonly ConfigDifference[],
) => void;

/**
 * A subtree as one object. Each state that comes (`States`) is judged as a whole, one at a time and none twice; a good
 * one is swapped in, a bad one leaves what was there and its reasons.
 */
export class LiveConfig<Value> implements Config<Value> {
  readonly path: string;
  readonly #schema: StandardSchema<unknown, Value>;
  readonly #context: ClientContext;
  readonly #states: States;
  readonly #events: Emitter<ConfigEvents & { swap: Swap<Value>; any: undefined }>;
  readonly #readiness: Readiness;
  readonly #reporter: Reporter;
  readonly #debounce: Debounce | undefined;
  readonly #signal: AbortSignal | undefined;
  #good: Good<Value> | undefined;
  #error: ConfigError | undefined;
  /** Of each subtree, the revision that the object in use is of. */
  #applied: ReadonlyMap<string, number> = new Map();
  /** A state is being judged; more may have come meanwhile. */
  #isJudging = false;
  #isDue = false;
  #isClosed = false;
  readonly #abort = () => this.close();

  constructor(
    path: string,
    schema: StandardSchema<unknown, Value>,
    options: ConfigOptions,
    client: Client,
    context: ClientContext,
  ) {
    this.path = path;
    this.#schema = schema;
    this.#context = context;
    this.#signal = options.signal;
    this.#events = new Emitter(context.listeners, 'error', 'status', 'swap', 'any');
    this.#reporter = new Reporter(context);
    if (options.debounce !== undefined)
      this.#debounce = new Debounce(context.clock, options.debounce, () => this.#consider());
    this.#states = new States(path, options, client, context, {
      changed: () => this.#changed(),
      statusChanged: (change) => {
        this.#events.emit('status', change);
        this.#events.emit('any', undefined);
        // Its client is.
        if (change.to === 'closed') this.close();
        else this.#readiness.look();
      },
    });
    this.#readiness = new Readiness(this, this.#states, context);
    this.#consider();
    if (options.signal?.aborted === true) this.close();
    else options.signal?.addEventListener('abort', this.#abort);
  }

  get current(): Value {
    if (this.#good !== undefined) return this.#good.value;
    const why = this.#error === undefined ? this.#states.failureReason : `: ${this.#error.message}`;
    throw new ConferError('not_ready', `there is nothing of ${this.path} yet${why}`, {
      path: this.path,
    });
  }

  getSnapshot(): Value | undefined {
    return this.#good?.value;
  }

  get revision(): number | undefined {
    return this.#good?.revision;
  }

  get source(): Fallback | undefined {
    return this.#good?.source;
  }

  get status(): MirrorStatus {
    return this.#isClosed ? 'closed' : this.#states.status;
  }

  get staleSince(): number | undefined {
    return this.#states.staleSince;
  }

  get error(): ConfigError | undefined {
    return this.#error;
  }

  ready(options: ReadyOptions = {}): Promise<Ready> {
    return this.#readiness.wait(options);
  }

  onChange(listener: SwapListener<Value>): () => void {
    checkArgument('a listener', listener, aFunction);
    return this.#events.on('swap', ({ value, previous, difference }) =>
      listener(value, previous, difference()),
    );
  }

  select<Part>(
    select: (value: Value) => Part,
    listener: (next: Part, previous: Part) => void,
  ): () => void {
    checkArgument('a function that selects', select, aFunction);
    checkArgument('a listener', listener, aFunction);
    return this.#events.on('swap', ({ value, previous }) => {
      const [next, last] = [select(value), select(previous)];
      if (!Object.is(next, last)) return listener(next, last);
    });
  }

  explain(key: string): Explanation {
    checkArgument('a key', key, text);
    try {
      const layers = this.#states.layers();
      const keys = keysOf(layers, key);
      return { key, value: valueAt(assembled(layers), keys), ...explain(layers, keys) };
    } catch (error) {
      throw new ConferError('rejected', messageOf(error), { path: this.path, cause: error });
    }
  }

  on<Name extends keyof ConfigEvents>(
    event: Name,
    listener: (event: ConfigEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  subscribe(callback: () => void): () => void {
    checkArgument('a callback', callback, aFunction);
    return this.#events.on('any', () => callback());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#debounce?.stop();
    this.#reporter.close();
    this.#states.close();
    this.#readiness.close();
    this.#context.listeners.post(() => this.#events.clear());
  }

  /** The first state of the server is not waited for. */
  #changed(): void {
    if (this.#debounce !== undefined && this.#good?.source === 'server') this.#debounce.call();
    else this.#consider();
  }

  /** Judges what there is now; while one is judged, what comes is judged after it, the latest alone. */
  #consider(): void {
    if (this.#isClosed) return;
    this.#isDue = true;
    while (this.#isDue && !this.#isJudging) {
      this.#isDue = false;
      this.#judgeFirst(this.#states.candidates());
    }
  }

  /** The first of them that is good is it. What the server has is better than what was there, whatever that was. */
  #judgeFirst([candidate, ...rest]: readonly Candidate[]): void {
    if (candidate === undefined) return;
    this.#isJudging = true;
    const verdict = judge(this.#schema, candidate.layers, (value) =>
      shareWith(this.#good?.value, value),
    );
    const settle = (settled: Verdict<Value>) => {
      this.#isJudging = false;
      if (this.#isClosed) return;
      this.#settle(candidate, settled);
      if (settled.kind === 'rejected' && candidate.source !== 'server') this.#judgeFirst(rest);
    };
    if (!('then' in verdict)) settle(verdict);
    else
      void verdict.then((settled) => {
        settle(settled);
        if (this.#isDue) this.#consider();
      });
  }

  #settle(candidate: Candidate, verdict: Verdict<Value>): void {
    const { source, revision } = candidate;
    if (source === 'server') this.#tellServer(candidate, verdict);
    if (verdict.kind === 'good') this.#swap(verdict.value, source, revision);
    else this.#reject(new ConfigError(this.path, candidate, verdict.issues));
    this.#readiness.look();
  }

  #swap(value: Value, source: Fallback, revision: number | undefined): void {
    const last = this.#good;
    const wasWrong = this.#error !== undefined;
    this.#error = undefined;
    this.#good = { value, source, revision };
    const isNew = last === undefined || !Object.is(last.value, value);
    if (last !== undefined && isNew) this.#events.emit('swap', swapOf(last.value, value));
    if (isNew || wasWrong || last?.source !== source) this.#events.emit('any', undefined);
  }

  /** Told again only where the reasons are others: each commit elsewhere in the subtree is judged, too. */
  #reject(error: ConfigError): void {
    const known = this.#error?.issues;
    const isKnown = known !== undefined && Object.is(shareWith(known, error.issues), known);
    this.#error = error;
    if (isKnown) return;
    this.#events.emit('error', error);
    this.#events.emit('any', undefined);
  }

  #tellServer({ revisions }: Candidate, verdict: Verdict<Value>): void {
    for (const [path, revision] of revisions)
      this.#reporter.say(
        path,
        verdict.kind === 'good'
          ? { applied: revision, rejected: undefined }
          : {
              applied: this.#applied.get(path),
              rejected: { revision, reason: clipped(reasonOf(verdict.issues)) },
            },
      );
    if (verdict.kind === 'good') this.#applied = revisions;
  }
}

function swapOf<Value>(previous: Value, value: Value): Swap<Value> {
  let difference: readonly ConfigDifference[] | undefined;
  return {
    value,
    previous,
    difference() {
      difference ??= differenceOf(previous, value);
      return difference;
    },
  };
}
