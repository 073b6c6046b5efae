import type { EngineHealth, Health } from '../engine.ts';

/** How a gateway is with its cluster. */
export class GatewayHealth implements EngineHealth {
  #behind: Extract<Health, { kind: 'behind' }> | undefined;
  #degraded: Extract<Health, { kind: 'degraded' }> | undefined;
  #observer: (health: Health) => void = () => {};

  /** What is shown may be old counts more than that nothing can be written. */
  get current(): Health {
    return this.#behind ?? this.#degraded ?? { kind: 'well' };
  }

  onChange(observer: (health: Health) => void): void {
    this.#observer = observer;
  }

  /** Out of touch since then; `undefined`: in touch. */
  setBehind(behind: { readonly since: number; readonly reason: string } | undefined): void {
    this.#change(() => {
      this.#behind = behind && { kind: 'behind', ...(this.#behind ?? behind) };
    });
  }

  /** The cluster takes no writes since then; `undefined`: it does. */
  setDegraded(degraded: { readonly since: number; readonly reason: string } | undefined): void {
    this.#change(() => {
      this.#degraded = degraded && { kind: 'degraded', ...(this.#degraded ?? degraded) };
    });
  }

  #change(set: () => void): void {
    const before = this.current.kind;
    set();
    if (this.current.kind !== before) this.#observer(this.current);
  }
}
