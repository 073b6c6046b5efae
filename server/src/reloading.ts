import { type Door, type DoorAt, type DoorOptions, gateOf, requireSafe } from './door.ts';
import type { LiveRetention } from './engine/retention.ts';
import type { EngineOptions } from './engines.ts';
import type { Guard } from './guard.ts';
import { type RetentionOptions, retentionOf } from './retention-options.ts';
import type { Renewal } from './tls/renewal.ts';

/** What can change while a server runs; what is left out stays. */
export type ReloadableOptions = RetentionOptions &
  Pick<DoorOptions, 'allowOrigins' | 'publicHosts' | 'trustedProxies'>;

interface Running {
  readonly at: DoorAt;
  readonly door: Door;
  readonly guard: Guard;
  readonly retention: LiveRetention;
  /** Missing where there is no certificate. */
  readonly renewal: Renewal | undefined;
}

/** Tells a server that runs what it is to go by from now on. */
export class Reloading {
  readonly #running: Running;
  #told: ReloadableOptions & Pick<EngineOptions, 'engine'>;
  /** One after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor(told: ReloadableOptions & Pick<EngineOptions, 'engine'>, running: Running) {
    this.#told = told;
    this.#running = running;
  }

  /** Rejects with a `StartError` where something cannot be, and then nothing has changed. */
  reload(changes: ReloadableOptions = {}): Promise<void> {
    const reloaded = this.#last.then(() => this.#become(changes));
    this.#last = reloaded.catch(() => {});
    return reloaded;
  }

  /** First all that can be refused, then what cannot. */
  async #become(changes: ReloadableOptions): Promise<void> {
    const { door, guard, retention, renewal } = this.#running;
    const told = { ...this.#told, ...changes };
    const at = { ...this.#running.at, ...told };
    const limits = retentionOf(told);
    // safeguard: reload-opens-to-no-strangers
    requireSafe(at);
    const gate = gateOf(at);
    const believe = await guard.reread();
    this.#told = told;
    retention.become(limits);
    door.gate.become(gate);
    believe();
    await renewal?.reload();
  }
}
