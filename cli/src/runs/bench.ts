import { setMaxListeners } from 'node:events';
import { type NodeClient, TimeoutError } from '@confer/client';
import { Measures, type Pace, type Span, Writers } from '../bench/load.ts';
import { type BenchOptions, type Plan, planOf, remoteOf } from '../bench/plan.ts';
import { dataOf, type Measured, textOf } from '../bench/result.ts';
import { Watchers } from '../bench/watchers.ts';
import { absent, openClient, urlsOf } from '../connection.ts';
import { type Context, notice } from '../context.ts';
import { exitCodes, Failure, Interrupted, usageError } from '../failure.ts';
import { refusalOf } from '../follow/refusal.ts';
import { freshName } from '../fresh-name.ts';
import { formatOf, printData } from '../output/format.ts';
import { counted } from '../output/text.ts';
import { elapsedMs, watchBusy } from '../stopwatch.ts';

const TIMEOUT_MS = 10_000;
/** What is compiled and allocated first is not the server's doing. */
const WARM_UP_MS = 1_000;
/** How long the watchers have for what was written last. */
const DRAIN_MS = 10_000;
const LOOK_MS = 10;
/** That begin at once: a server has so many unknown peers at a time. */
const OPENING = 32;

export async function bench(context: Context, options: BenchOptions): Promise<void> {
  const format = formatOf(context, ['table', 'json', 'ndjson', 'yaml']);
  const plan = planOf(options);
  requireConsent(context, options);
  const load = new Load(context, plan);
  let failure: unknown;
  try {
    const measured = await load.run();
    if (format === 'table') await context.terminal.stdout.write(textOf(measured));
    else await printData(context, format, { url: context.settings.url, ...dataOf(measured) });
  } catch (error) {
    failure = error;
  }
  const left = await load.end();
  if (failure !== undefined) {
    if (left !== undefined) notice(context, `${left.message}\nto remove it: ${left.hint}`);
    throw failure;
  }
  if (left !== undefined) throw left;
  if (context.terminal.signal.aborted) throw new Interrupted(context.terminal.signal);
}

function requireConsent(context: Context, { allowRemote }: BenchOptions): void {
  const remote = remoteOf(urlsOf(context));
  if (remote.length === 0 || allowRemote === true) return;
  throw usageError(
    `${remote.join(', ')} is not on this machine, and a load slows it down for all who use it`,
    'add --allow-remote if that is what you want',
  );
}

/** A load on a server, from its first connection until nothing is left of it. */
class Load {
  readonly #context: Context;
  readonly #plan: Plan;
  readonly #root = `/confer-bench/${freshName()}`;
  readonly #clients: NodeClient[] = [];
  readonly #over = new AbortController();
  readonly #pace: Pace;
  #failure: unknown;
  #writers: Writers | undefined;
  /** Resolves once every write has its answer. */
  #writing: Promise<void> = Promise.resolve();

  constructor(context: Context, plan: Plan) {
    const { signal } = context.terminal;
    this.#context = context;
    this.#plan = plan;
    // Each writer that rests and each watch listens to it.
    setMaxListeners(0, this.#over.signal);
    const stop = () => this.#over.abort();
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
    this.#pace = {
      now: elapsedMs,
      rest: (ms) => restFor(context.terminal.clock, ms, this.#over.signal),
    };
  }

  /** Until the time is over, or somebody ends it: then it is what was measured until then. */
  async run(): Promise<Measured> {
    const { writers, watchers } = this.#plan;
    const measures = new Measures();
    const readers = new Watchers(this.#pace, measures, (error) => this.#fail(error));
    await this.#openFirst();
    await this.#open(writers + watchers - 1);
    const [writing, watching] = [this.#clients.slice(0, writers), this.#clients.slice(writers)];
    await inTurns(watching, OPENING, (client) =>
      readers.begin(client, this.#root, this.#over.signal),
    ).catch((error: unknown) => this.#fail(error));
    this.#tell();
    const span = await this.#write(writing, measures, readers);
    this.#throwFailure();
    const isWhole = this.#over.signal.aborted || (await this.#drained(writing, readers));
    this.#over.abort();
    return { plan: this.#plan, measures, isWhole, ...span };
  }

  /** Nothing is left of it, but what the history of the server keeps; what is, is returned. */
  async end(): Promise<Failure | undefined> {
    this.#over.abort();
    const [first] = this.#clients;
    // What is under way would come after the removal.
    await this.#writing;
    const mayBeThere = first !== undefined && this.#writers?.mayHaveWritten === true;
    const left = mayBeThere ? await this.#remove(first) : undefined;
    await Promise.all(this.#clients.map((client) => client.close()));
    return left;
  }

  async #write(
    clients: readonly NodeClient[],
    measures: Measures,
    readers: Watchers,
  ): Promise<Pick<Measured, 'measuredMs' | 'busy'>> {
    const { now, rest } = this.#pace;
    const isOver = () => this.#over.signal.aborted;
    const start = now();
    const from = start + WARM_UP_MS;
    const span: Span = { from, to: from + this.#plan.durationMs };
    readers.measure(span);
    const writers = new Writers({
      ...{ plan: this.#plan, root: this.#root, pace: this.#pace, measures, isOver },
    });
    this.#writers = writers;
    this.#writing = writers.run(clients, start, span).catch((error: unknown) => this.#fail(error));
    await rest(WARM_UP_MS);
    const busySince = watchBusy();
    await rest(span.to - now());
    const busy = busySince();
    const measuredMs = Math.max(0, Math.min(now(), span.to) - from);
    await this.#writing;
    return { measuredMs, busy };
  }

  /** Whether all watchers have come to what was written last. */
  async #drained(writing: readonly NodeClient[], readers: Watchers): Promise<boolean> {
    const { now, rest } = this.#pace;
    const [first] = writing;
    const last = await first?.set(`${this.#root}/end`, 'x').catch(() => undefined);
    if (last === undefined) return false;
    const { revision } = last;
    for (const until = now() + DRAIN_MS; !readers.haveReached(revision); await rest(LOOK_MS))
      if (now() >= until || this.#over.signal.aborted) return false;
    return true;
  }

  /** That what it is told to load is there and lets it in is known before a thousand others ask. */
  async #openFirst(): Promise<void> {
    const context = this.#context;
    const client = await this.#openOne();
    const refusal = refusalOf(context, client);
    try {
      await client.serverStatus({ signal: this.#over.signal });
    } catch (error) {
      if (context.terminal.signal.aborted) throw new Interrupted(context.terminal.signal);
      if (refusal.current !== undefined) throw refusal.current;
      if (error instanceof TimeoutError)
        throw new Failure(exitCodes.unavailable, 'unavailable', error.message, absent(context));
      throw error;
    }
  }

  async #open(count: number): Promise<void> {
    const { signal } = this.#over;
    await inTurns(Array.from({ length: count }), OPENING, async () => {
      if (!signal.aborted) await (await this.#openOne()).serverStatus({ signal });
    }).catch((error: unknown) => this.#fail(error));
  }

  async #openOne(): Promise<NodeClient> {
    const requestMs = this.#context.settings.timeoutMs ?? TIMEOUT_MS;
    const client = await openClient(this.#context, { timeouts: { requestMs } });
    this.#clients.push(client);
    return client;
  }

  async #remove(client: NodeClient): Promise<Failure | undefined> {
    const { command } = this.#context.terminal;
    try {
      await client.remove(this.#root, { recursive: true });
      return undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      return new Failure(
        exitCodes.other,
        'unavailable',
        `what was written below ${this.#root} could not be removed: ${problem}`,
        `${command} rm -r ${this.#root} -y`,
      );
    }
  }

  /** It ends by the first of them; those that follow are of that end. */
  #fail(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#failure = error;
    this.#over.abort();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #tell(): void {
    const { writers, watchers, durationMs, valueBytes } = this.#plan;
    const who = `${counted(writers, 'writer')}, ${counted(watchers, 'watcher')}, ${valueBytes} bytes`;
    if (!this.#over.signal.aborted)
      notice(this.#context, `${who} for ${durationMs / 1_000} s below ${this.#root}`);
  }
}

function restFor(
  clock: Context['terminal']['clock'],
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) {
      resolve();
      return;
    }
    const done = () => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimer(ms, done);
    signal.addEventListener('abort', done);
  });
}

/** So many at a time. */
async function inTurns<Item>(
  items: readonly Item[],
  atOnce: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const lane = async () => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
