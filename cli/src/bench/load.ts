import type { Client } from '@confer/client';
import { Latencies } from './latencies.ts';
import { type Plan, STAMP_LENGTH } from './plan.ts';

/** Time and rest, handed in. */
export interface Pace {
  /** Milliseconds, as fine as the machine has them, by a clock that nobody sets. */
  readonly now: () => number;
  /** Resolves after so long, or as soon as all is over. */
  readonly rest: (ms: number) => Promise<void>;
}

type Writer = Pick<Client, 'set'>;

/** What is measured while it is counted. */
export class Measures {
  readonly writes = new Latencies();
  readonly deliveries = new Latencies();
  /** By their code. */
  readonly failures = new Map<string, number>();

  failed(code: string): void {
    this.failures.set(code, (this.failures.get(code) ?? 0) + 1);
  }
}

/** From when on what is sent counts, and until when something is sent. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Writes until the time is over. Without a rate each writer writes again as soon as it has its answer. With one, writes
 * are due at even distances, whatever the server does; one that was due while all writers waited counts from when it was
 * due, so a server that stands still is not let off with as many slow writes as there are writers.
 */
export class Writers {
  readonly #plan: Plan;
  readonly #root: string;
  readonly #pace: Pace;
  readonly #measures: Measures;
  readonly #isOver: () => boolean;
  readonly #filling: string;
  #next = 0;
  #mayHaveWritten = false;

  constructor(parts: {
    readonly plan: Plan;
    readonly root: string;
    readonly pace: Pace;
    readonly measures: Measures;
    readonly isOver: () => boolean;
  }) {
    this.#plan = parts.plan;
    this.#root = parts.root;
    this.#pace = parts.pace;
    this.#measures = parts.measures;
    this.#isOver = parts.isOver;
    this.#filling = 'x'.repeat(parts.plan.valueBytes - STAMP_LENGTH);
  }

  /** Whether something may be there now: of a write without an answer nobody knows. */
  get mayHaveWritten(): boolean {
    return this.#mayHaveWritten;
  }

  async run(clients: readonly Writer[], start: number, span: Span): Promise<void> {
    await Promise.all(clients.map((client) => this.#write(client, start, span)));
  }

  async #write(client: Writer, start: number, span: Span): Promise<void> {
    const { now, rest } = this.#pace;
    while (!this.#isOver()) {
      const number = this.#next++;
      const dueAt = this.#dueAt(number, start);
      const waitMs = dueAt - now();
      if (waitMs > 0) await rest(waitMs);
      if (this.#isOver() || now() >= span.to || dueAt >= span.to) return;
      // Who was free when it was due began as soon as the timer let it: that it did so late is not the server's doing.
      await this.#writeOne(client, number, waitMs > 0 || dueAt === 0 ? now() : dueAt, span);
    }
  }

  /** 0 where it is due whenever somebody can write it. */
  #dueAt(number: number, start: number): number {
    const { writesPerSecond } = this.#plan;
    return writesPerSecond === undefined ? 0 : start + (number * 1_000) / writesPerSecond;
  }

  async #writeOne(client: Writer, number: number, since: number, span: Span): Promise<void> {
    const value = stampOf(since) + this.#filling;
    try {
      await client.set(`${this.#root}/e${number % this.#plan.entries}`, value);
      this.#mayHaveWritten = true;
      if (since >= span.from) this.#measures.writes.add(this.#pace.now() - since);
    } catch (error) {
      const code = codeOf(error);
      const isRefused = code !== 'timeout' && code !== 'unavailable' && code !== 'outcome_unknown';
      if (!isRefused) this.#mayHaveWritten = true;
      if (this.#isOver()) return;
      // The others would be refused, too.
      if (isRefused) throw error;
      this.#measures.failed(code);
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'internal';
}

/** When a value was sent, in front of it; microseconds are fine enough. */
function stampOf(ms: number): string {
  return Math.round(ms * 1_000)
    .toString()
    .padStart(STAMP_LENGTH, '0');
}

/** `undefined` of a value that is no stamped one. */
export function sinceOf(value: string): number | undefined {
  const stamp = value.slice(0, STAMP_LENGTH);
  return /^[0-9]{16}$/.test(stamp) ? Number(stamp) / 1_000 : undefined;
}
