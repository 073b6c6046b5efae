import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { Histogram } from './histogram.ts';
import type { ProcessFigures } from './metrics/figures.ts';

/** As prom-client has them, in seconds. */
const GC_BOUNDS = [0.001, 0.01, 0.1, 1, 2, 5];
const GC_KINDS: ReadonlyMap<unknown, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);
const MICROSECONDS = 1e6;

/** What the process has used. */
type Usage = Pick<
  ProcessFigures,
  | 'userSeconds'
  | 'systemSeconds'
  | 'residentBytes'
  | 'heapTotalBytes'
  | 'heapUsedBytes'
  | 'externalBytes'
>;

export function usageNow(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  return {
    userSeconds: user / MICROSECONDS,
    systemSeconds: system / MICROSECONDS,
    residentBytes: rss,
    heapTotalBytes: heapTotal,
    heapUsedBytes: heapUsed,
    externalBytes: external,
  };
}

/** Looks at the process of the server. What has to be watched is watched from the first look on, as few are scraped. */
export class ProcessWatch {
  readonly #collections = new Map<string, Histogram>();
  readonly #startedAt: number;
  readonly #filesMax = filesMax();
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#startedAt = performance.timeOrigin / 1_000;
    for (const kind of GC_KINDS.values()) this.#collections.set(kind, new Histogram(GC_BOUNDS));
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if ('detail' in entry) this.#collected(entry.detail, entry.duration);
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  stop(): void {
    this.#observer.disconnect();
  }

  /** `now`: what is known of it already. */
  async read(now: Usage & Pick<ProcessFigures, 'loopLag'>): Promise<ProcessFigures> {
    const collections = [...this.#collections].map(([kind, each]) => [kind, each.read()] as const);
    return {
      ...now,
      startedAt: this.#startedAt,
      openFiles: await openFiles(),
      filesMax: this.#filesMax,
      garbageCollections: new Map(collections),
    };
  }

  #collected(detail: unknown, durationMs: number): void {
    const kind =
      typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined;
    this.#collections.get(GC_KINDS.get(kind) ?? '')?.observe(durationMs / 1_000);
  }
}

/** Linux says how many there are in the size of the directory, from 6.2 on; where it does not, they are counted. */
async function openFiles(): Promise<number | undefined> {
  try {
    const { size } = await stat('/proc/self/fd');
    return size > 0 ? size : (await readdir('/proc/self/fd')).length;
  } catch {
    return undefined;
  }
}

function filesMax(): number | undefined {
  try {
    const [, max] =
      /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return max === undefined ? undefined : Number(max);
  } catch {
    return undefined;
  }
}
