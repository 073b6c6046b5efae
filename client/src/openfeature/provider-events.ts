import { callBack } from '../delivery/listener-queue.ts';

/**
 * What goes with an event. The SDKs know what each event has of its own by its name, and take it for unknown before.
 */
export type ProviderEventDetails = {
  readonly providerName: string;
  readonly message?: string;
  readonly flagsChanged?: unknown;
  readonly errorCode?: unknown;
};

type ProviderEventHandler = (details?: ProviderEventDetails) => unknown;

interface ErrorLog {
  error(...words: unknown[]): void;
}

/** The event emitter that an SDK asks of a provider; our own, so that nothing of an SDK is loaded here. */
export class ProviderEvents {
  readonly #handlers = new Map<string, ProviderEventHandler[]>();
  #log: ErrorLog | undefined;

  emit(event: string, details?: ProviderEventDetails): void {
    for (const handler of this.getHandlers(event))
      callBack(handler, details, (error) => this.#log?.error(`a handler of ${event}`, error));
  }

  addHandler(event: string, handler: ProviderEventHandler): void {
    this.#handlers.set(event, [...this.getHandlers(event), handler]);
  }

  removeHandler(event: string, handler: ProviderEventHandler): void {
    const handlers = this.getHandlers(event);
    const place = handlers.lastIndexOf(handler);
    if (place !== -1) this.#handlers.set(event, handlers.toSpliced(place, 1));
  }

  removeAllHandlers(event?: string): void {
    if (event === undefined) this.#handlers.clear();
    else this.#handlers.delete(event);
  }

  getHandlers(event: string): ProviderEventHandler[] {
    return this.#handlers.get(event) ?? [];
  }

  setLogger(log: ErrorLog): this {
    this.#log = log;
    return this;
  }
}
