import type { Address, Writer } from '../load/driver.ts';
import { type Signal, signal } from '../load/signal.ts';
import type { Target } from './scenario.ts';

/** One connection whose writes are told to subscribers, a burst at a time. */
export class Publisher {
  readonly ready: Promise<void>;
  readonly #writer: Writer;
  #unacknowledged = 0;
  #acknowledged: Signal | undefined;

  constructor({ driver, port }: Target, addresses: readonly Address[], valueBytes: number) {
    this.#writer = driver.publisher({
      port,
      addresses,
      valueBytes,
      onAck: () => {
        this.#unacknowledged -= 1;
        if (this.#unacknowledged === 0) this.#acknowledged?.come();
      },
    });
    this.ready = this.#writer.ready;
  }

  /** Writes all of them at once; resolves when all are acknowledged. */
  async burst(writes: readonly { address: number; sequence: number }[]): Promise<void> {
    this.#unacknowledged = writes.length;
    const acknowledged = signal();
    this.#acknowledged = acknowledged;
    for (const { address, sequence } of writes) this.#writer.put(address, sequence);
    this.#writer.flush();
    await acknowledged.came;
  }

  close(): void {
    this.#writer.close();
  }
}
