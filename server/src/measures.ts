import { decades, doublings, Histogram, type HistogramReading } from './histogram.ts';

/** What became of requests of one type. */
export interface RequestReading {
  readonly op: string;
  /** From when they came until their answers went out; those that were not answered are not in it. */
  readonly seconds: HistogramReading;
  /** Answered with an error, by its code. */
  readonly refused: ReadonlyMap<string, number>;
}

interface OfType {
  readonly seconds: Histogram;
  readonly refused: Map<string, number>;
}

/** From 0.1 ms to 10 s. */
const REQUEST_BOUNDS = decades(-4, 1);
/** A commit of one entry takes a hundredth of a millisecond to be handed out, one to ten thousand readers a second. */
const FAN_OUT_BOUNDS = decades(-5, 0);
const BATCH_BOUNDS = doublings(1, 13);
/** Half a millisecond up to four seconds. */
const COMPACTION_BOUNDS = doublings(0.0005, 14);

/** The requests of a server by their types. Types and codes are those of the protocol, so there are few. */
class RequestMeasures {
  readonly #types = new Map<string, OfType>();

  /** One was answered; `code`: with an error. */
  answered(op: string, tookMs: number, code?: string): void {
    const type = this.#of(op);
    type.seconds.observe(tookMs / 1_000);
    if (code !== undefined) type.refused.set(code, (type.refused.get(code) ?? 0) + 1);
  }

  read(): readonly RequestReading[] {
    return [...this.#types].map(([op, { seconds, refused }]) => ({
      op,
      seconds: seconds.read(),
      refused,
    }));
  }

  #of(op: string): OfType {
    const known = this.#types.get(op);
    if (known !== undefined) return known;
    const made = { seconds: new Histogram(REQUEST_BOUNDS), refused: new Map<string, number>() };
    this.#types.set(op, made);
    return made;
  }
}

/** What an engine measures of its work. */
export interface EngineMeasures {
  /** What was judged together is durable, so long after it was judged. */
  durable(tookMs: number): void;
  /** Runs a compaction: how long it takes counts where it comes to its end, and that it fails where it does not. */
  compaction(run: () => Promise<void>): Promise<void>;
}

/** Of an engine that nobody watches over. */
export const UNMEASURED: EngineMeasures = { durable: () => {}, compaction: (run) => run() };

/**
 * What a server measures of its work since it started, for a page of metrics. Each takes some nanoseconds where a
 * request, a batch of commits or a heartbeat is worked on; nothing is paid for a change that is delivered.
 */
export class Measures implements EngineMeasures {
  readonly #uptimeMs: () => number;
  readonly requests = new RequestMeasures();
  readonly durableSeconds = new Histogram(REQUEST_BOUNDS);
  readonly compactionSeconds = new Histogram(COMPACTION_BOUNDS);
  /** Commits that came out of the feed together. */
  readonly batchCommits = new Histogram(BATCH_BOUNDS);
  /** From when a batch of commits came out of the feed until the last live watch of them was sent it. */
  readonly fanOutSeconds = new Histogram(FAN_OUT_BOUNDS);
  /** From when a heartbeat was sent until it was answered. */
  readonly heartbeatSeconds = new Histogram(REQUEST_BOUNDS);
  compactionsFailed = 0;
  puts = 0;
  deletes = 0;
  /** Of watches, handed to connections. */
  framesSent = 0;
  bytesSent = 0;

  /** `uptimeMs`: milliseconds that the process has run. */
  constructor(uptimeMs: () => number) {
    this.#uptimeMs = uptimeMs;
  }

  durable(tookMs: number): void {
    this.durableSeconds.observe(tookMs / 1_000);
  }

  async compaction(run: () => Promise<void>): Promise<void> {
    const beganMs = this.#uptimeMs();
    try {
      await run();
    } catch (error) {
      this.compactionsFailed += 1;
      throw error;
    }
    this.compactionSeconds.observe((this.#uptimeMs() - beganMs) / 1_000);
  }

  /** Commits came out of the feed together. */
  batch(
    commits: readonly { readonly changes: readonly { readonly type: 'put' | 'delete' }[] }[],
  ): void {
    this.batchCommits.observe(commits.length);
    for (const { changes } of commits) {
      let puts = 0;
      for (const { type } of changes) if (type === 'put') puts++;
      this.puts += puts;
      this.deletes += changes.length - puts;
    }
  }

  /** A frame was handed to so many connections. */
  sent(connections: number, bytes: number): void {
    this.framesSent += connections;
    this.bytesSent += connections * bytes;
  }
}
