import type { NodeClient } from '@confer/client';
import type { Administration, ServerFigures, SessionItem } from '@confer/client/admin';

/** What a server said of itself at one time. */
export interface Reading {
  /** When it was asked, in ms since the Unix epoch. */
  readonly at: number;
  /** How long it took to answer the last of the questions. */
  readonly tookMs: number;
  readonly status: Awaited<ReturnType<NodeClient['serverStatus']>>;
  readonly figures: ServerFigures;
  /** Those for whom the most bytes wait, and then those who are furthest behind. */
  readonly slowest: readonly SessionItem[];
}

/** How many may be sorted in another way; as many as a server tells at once. */
const SLOWEST = 100;

export interface Asked {
  readonly client: Pick<NodeClient, 'serverStatus'>;
  readonly administration: Pick<Administration, 'figures' | 'slowestSessions'>;
  readonly now: () => number;
}

/** Asks the server for all of it. */
export async function readingOf(
  { client, administration, now }: Asked,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Reading> {
  const at = now();
  const slowest = administration.slowestSessions(SLOWEST, options);
  const figures = administration.figures(options);
  const [status, counted, { sessions }] = await Promise.all([
    client.serverStatus(options),
    figures,
    slowest,
  ]);
  return { at, tookMs: Math.max(0, now() - at), status, figures: counted, slowest: sessions };
}

/** What happened a second between two readings, by the clock of the server; `undefined` where it was started anew. */
export class Rates {
  readonly #before: ServerFigures;
  readonly #after: ServerFigures;
  readonly #seconds: number;

  private constructor(before: ServerFigures, after: ServerFigures, seconds: number) {
    this.#before = before;
    this.#after = after;
    this.#seconds = seconds;
  }

  static between(before: Reading | undefined, after: Reading): Rates | undefined {
    if (before === undefined || before.figures.instance !== after.figures.instance)
      return undefined;
    const seconds = (after.figures.uptimeMs - before.figures.uptimeMs) / 1_000;
    return seconds > 0 ? new Rates(before.figures, after.figures, seconds) : undefined;
  }

  /** Of all counts of these names together. */
  of(...names: readonly string[]): number {
    const grown = countOf(this.#after, ...names) - countOf(this.#before, ...names);
    return grown / this.#seconds;
  }

  /** The part of the time, from 0 to 1, that a gauge of milliseconds has grown by. */
  shareOf(gauge: string): number | undefined {
    const [before, after] = [this.#before.gauges[gauge], this.#after.gauges[gauge]];
    if (before === undefined || after === undefined) return undefined;
    return (after - before) / (this.#seconds * 1_000);
  }
}

/** Of all these names together; a name that ends with a dot is for all that begin with it. */
export function countOf({ counts }: ServerFigures, ...names: readonly string[]): number {
  let sum = 0;
  for (const [name, count] of Object.entries(counts))
    if (names.some((each) => (each.endsWith('.') ? name.startsWith(each) : name === each)))
      sum += count;
  return sum;
}
