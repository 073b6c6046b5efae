import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How finely delays are seen: a timer of that period is all that it costs. */
const RESOLUTION_MS = 10;
/** What is told is of the window before and of this one so far: that of the last ten to twenty seconds. */
const WINDOW_MS = 10_000;
const NS_PER_MS = 1e6;

/** How this process does: its memory, its time on the processor, and how long its event loop let others wait. */
export class Vitals {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #maxBeforeMs = 0;

  constructor() {
    this.#delay.enable();
    this.#timer = setInterval(() => {
      this.#maxBeforeMs = this.#maxMs;
      this.#delay.reset();
    }, WINDOW_MS);
    this.#timer.unref();
  }

  read(): Readonly<Record<string, number>> {
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const { idle, active } = performance.eventLoopUtilization();
    return {
      rssBytes: rss,
      heapBytes: heapUsed,
      externalBytes: external,
      // These grow: of two readings, one sees how busy it was in between.
      cpuMs: Math.round((user + system) / 1_000),
      loopIdleMs: Math.round(idle),
      loopActiveMs: Math.round(active),
      loopDelayMsMax: Math.round(Math.max(this.#maxMs, this.#maxBeforeMs)),
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  /** Of this window. The histogram has whole periods, of which the delay is what is beyond one. */
  get #maxMs(): number {
    return Math.max(0, this.#delay.max / NS_PER_MS - RESOLUTION_MS);
  }
}
