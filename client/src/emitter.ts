import type { Notices } from './notices.ts';

type Listener<Event> = (event: Event) => void;

/** The listeners of one kind of event. */
export class Emitter<Event> {
  readonly #notices: Notices;
  /** Each registration is an object of its own: the same function may listen twice. */
  readonly #registrations = new Set<{ readonly listener: Listener<Event> }>();

  constructor(notices: Notices) {
    this.#notices = notices;
  }

  on(listener: Listener<Event>): () => void {
    const registration = { listener };
    this.#registrations.add(registration);
    return () => {
      this.#registrations.delete(registration);
    };
  }

  /** Tells those who listen when the notice runs, except those who unsubscribe during it. */
  emit(event: Event): void {
    this.#notices.post(() => {
      for (const registration of [...this.#registrations])
        if (this.#registrations.has(registration)) this.#notices.call(registration.listener, event);
    });
  }

  clear(): void {
    this.#registrations.clear();
  }
}
