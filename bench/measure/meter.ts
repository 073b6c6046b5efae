import { cpuMs, processTree } from './usage.ts';

export interface Busy {
  readonly seconds: number;
  readonly serverCpuMs: number;
  /** Of their cores, 0 to 1. */
  readonly server: number;
  readonly load: number;
}

/** What a stretch of time cost the server and the process that makes the load. */
export class Meter {
  readonly #pids: readonly number[];
  readonly #startedAt = performance.now();
  readonly #serverCpuMs: number;
  readonly #load = process.cpuUsage();

  constructor(serverPid: number) {
    this.#pids = processTree(serverPid);
    this.#serverCpuMs = cpuMs(this.#pids);
  }

  stop(): Busy {
    const elapsedMs = performance.now() - this.#startedAt;
    const serverCpuMs = cpuMs(this.#pids) - this.#serverCpuMs;
    const { user, system } = process.cpuUsage(this.#load);
    return {
      seconds: elapsedMs / 1_000,
      serverCpuMs,
      server: serverCpuMs / elapsedMs,
      load: (user + system) / 1_000 / elapsedMs,
    };
  }
}
