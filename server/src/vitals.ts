import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ProcessFigures } from './metrics/figures.ts';
import { ProcessWatch, usageNow } from './process-figures.ts';

/** How finely delays are seen: a timer of that period is all that it costs. */
const RESOLUTION_MS = 10;
/** What is told is of the window before and of this one so far: that of the last ten to twenty seconds. */
const WINDOW_MS = 10_000;
const NS_PER_MS = 1e6;
const MS_PER_S = 1_000;

/** How this process does: its memory, its time on the processor, and how long its event loop let others wait. */
export class Vitals {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #before = this.#lagNow();
  #process: ProcessWatch | undefined;

  constructor() {
    this.#delay.enable();
    this.#timer = setInterval(() => {
      this.#before = this.#lagNow();
      this.#delay.reset();
    }, WINDOW_MS);
    this.#timer.unref();
  }

  read(): Readonly<Record<string, number>> {
    const { residentBytes, heapUsedBytes, externalBytes, userSeconds, systemSeconds } = usageNow();
    const { idle, active } = performance.eventLoopUtilization();
    return {
      rssBytes: residentBytes,
      heapBytes: heapUsedBytes,
      externalBytes,
      // These grow: of two readings, one sees how busy it was in between.
      cpuMs: Math.round((userSeconds + systemSeconds) * MS_PER_S),
      loopIdleMs: Math.round(idle),
      loopActiveMs: Math.round(active),
      loopDelayMsMax: Math.round(this.loopLag.max * MS_PER_S),
    };
  }

  /** More of that, for a page of metrics. */
  process(): Promise<ProcessFigures> {
    this.#process ??= new ProcessWatch();
    return this.#process.read({ ...usageNow(), loopLag: this.loopLag });
  }

  /** By how much the event loop came late, in seconds: of the window before, but for a worse time since. */
  get loopLag(): ProcessFigures['loopLag'] {
    const [now, before] = [this.#lagNow(), this.#before];
    return {
      mean: Math.max(now.mean, before.mean),
      p50: Math.max(now.p50, before.p50),
      p99: Math.max(now.p99, before.p99),
      max: Math.max(now.max, before.max),
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
    this.#process?.stop();
  }

  /** Of this window. The histogram has whole periods, of which the delay is what is beyond one. */
  #lagNow(): ProcessFigures['loopLag'] {
    const delay = this.#delay;
    if (delay.count === 0) return { mean: 0, p50: 0, p99: 0, max: 0 };
    const late = (ns: number) => Math.max(0, (ns / NS_PER_MS - RESOLUTION_MS) / MS_PER_S);
    return {
      mean: late(delay.mean),
      p50: late(delay.percentile(50)),
      p99: late(delay.percentile(99)),
      max: late(delay.max),
    };
  }
}
