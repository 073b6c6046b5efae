/** Web Locks, as far as they are used: one is free again when who held it is gone, however that came. */
export interface Locks {
  request(name: string, held: () => Promise<void> | void): Promise<unknown>;
}

/** A lock that a tab holds while it has a socket, so that the worker learns of its end. */
export class TabLock {
  readonly #locks: Locks | undefined;
  readonly #name: string;
  #release = () => {};

  /** Pages that did not come over https have no locks. */
  constructor(locks: Locks | undefined, name: string) {
    this.#locks = locks;
    this.#name = name;
  }

  /** Calls back once it is held, with its name; without one, where there can be none. */
  hold(held: (name: string | undefined) => void): void {
    if (this.#locks === undefined) {
      held(undefined);
      return;
    }
    const released = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    const whenHeld = () => {
      held(this.#name);
      return released;
    };
    this.#locks.request(this.#name, whenHeld).catch(() => held(undefined));
  }

  release(): void {
    this.#release();
  }
}
