import type { OpenSocket } from '../../client/src/sockets/socket.ts';
import type { Port } from '../../client/src/tabs/port.ts';
import { PortSocket } from '../../client/src/tabs/port-socket.ts';
import { TabHub } from '../../client/src/tabs/tab-hub.ts';
import { TabLock } from '../../client/src/tabs/tab-lock.ts';
import type { SeededRandom } from '../../shared/src/test-support/seeded-random.ts';
import type { VirtualClock } from '../../shared/src/test-support/virtual-clock.ts';
import type { Network } from '../support/network.ts';

/** Whose connections those of the worker are. */
const WORKER = 'worker';

/** How long a message takes from a port to the other. */
const PASSES_MS = 1;

type Listener = (event: { readonly data?: unknown }) => void;

/** One end of a channel, as between a tab and a worker: in order, and never in the same turn. */
class SimulatedPort implements Port {
  other: SimulatedPort | undefined;
  /** Nothing reaches an end that is frozen, until it is not any more; nor ever one whose process is gone. */
  held: (() => void)[] | undefined;
  isGone = false;
  readonly #clock: VirtualClock;
  readonly #listeners: Listener[] = [];

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  postMessage(data: unknown): void {
    const { other } = this;
    if (this.isGone) return;
    this.#clock.setTimer(PASSES_MS, () => other?.arrived(data));
  }

  addEventListener(type: 'message' | 'close', listener: Listener): void {
    if (type === 'message') this.#listeners.push(listener);
  }

  start(): void {}

  close(): void {
    this.isGone = true;
  }

  arrived(data: unknown): void {
    if (this.isGone) return;
    if (this.held !== undefined) this.held.push(() => this.arrived(data));
    else for (const listener of this.#listeners) listener({ data });
  }
}

/** The tabs of one browser, with the worker that has their connections. */
export class SharedTabs {
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #hub: TabHub;
  readonly #ports = new Map<string, Set<SimulatedPort>>();
  readonly #frozen = new Set<string>();
  /** Where no lock tells, a tab that is gone is silent. */
  readonly #locks = new Map<string, () => void>();
  #lastLock = 0;

  constructor(clock: VirtualClock, random: SeededRandom, network: Network) {
    this.#clock = clock;
    this.#random = random;
    this.#hub = new TabHub({
      openSocket: network.opener(WORKER),
      clock,
      whenFree: (lock, free) => this.#locks.set(lock, free),
    });
  }

  opener(owner: string): OpenSocket {
    return (url, handlers) => {
      const tab = new SimulatedPort(this.#clock);
      const worker = new SimulatedPort(this.#clock);
      tab.other = worker;
      worker.other = tab;
      const ports = this.#ports.get(owner) ?? new Set();
      this.#ports.set(owner, ports.add(tab));
      if (this.#frozen.has(owner)) tab.held = [];
      this.#hub.accept(worker);
      const name = `${owner} ${++this.#lastLock}`;
      const locks = { request: async (_: string, held: () => unknown) => void held() };
      return new PortSocket(tab, url, handlers, {
        lock: new TabLock(this.#random.chance(0.5) ? locks : undefined, name),
        onEnd: () => {
          ports.delete(tab);
        },
      });
    };
  }

  /** The tab is gone, in the middle of whatever it did. */
  kill(owner: string): void {
    for (const port of this.#ports.get(owner) ?? []) port.isGone = true;
    this.#ports.delete(owner);
    this.#frozen.delete(owner);
    for (const [lock, free] of [...this.#locks])
      if (lock.startsWith(`${owner} `)) {
        this.#locks.delete(lock);
        this.#clock.setTimer(PASSES_MS, free);
      }
  }

  freeze(owner: string): void {
    this.#frozen.add(owner);
    for (const port of this.#ports.get(owner) ?? []) port.held ??= [];
  }

  thaw(owner: string): void {
    this.#frozen.delete(owner);
    for (const port of this.#ports.get(owner) ?? []) {
      const held = port.held ?? [];
      port.held = undefined;
      for (const arrive of held) arrive();
    }
  }
}
