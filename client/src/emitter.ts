import type { Notices } from './notices.ts';

/** Each registration is an object of its own: the same function may listen twice. */
interface Registration<Event> {
  readonly listener: (event: Event) => void;
}

/** The listeners of several kinds of events. */
export class Emitter<Events> {
  readonly #notices: Notices;
  #registrations: { [Name in keyof Events]?: Set<Registration<Events[Name]>> } = {};

  constructor(notices: Notices) {
    this.#notices = notices;
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const registration = { listener };
    const registrations = this.#registrations[name] ?? new Set<Registration<Events[Name]>>();
    this.#registrations[name] = registrations;
    registrations.add(registration);
    return () => {
      registrations.delete(registration);
    };
  }

  /** Tells those who listen when the notice runs, except those who unsubscribe during it. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    this.#notices.post(() => {
      const registrations = this.#registrations[name];
      for (const registration of [...(registrations ?? [])])
        if (registrations?.has(registration)) this.#notices.call(registration.listener, event);
    });
  }

  clear(): void {
    this.#registrations = {};
  }
}
