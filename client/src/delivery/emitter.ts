import { callback, oneOf } from '../validation/argument-types.ts';
import { checkArgument } from '../validation/arguments.ts';
import type { ListenerQueue } from './listener-queue.ts';

/** Each registration is an object of its own: the same function may listen twice. */
interface Registration<Event> {
  readonly listener: (event: Event) => void;
}

/** An event emitter: the listeners of several kinds of events, called through the queue of the client. */
export class Emitter<Events> {
  readonly #queue: ListenerQueue;
  readonly #names: readonly (keyof Events)[];
  #registrations: { [Name in keyof Events]?: Set<Registration<Events[Name]>> } = {};

  constructor(queue: ListenerQueue, ...names: (keyof Events)[]) {
    this.#queue = queue;
    this.#names = names;
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    checkArgument('an event', name, oneOf(this.#names));
    checkArgument('a listener', listener, callback);
    const registration = { listener };
    const registrations = this.#registrations[name] ?? new Set<Registration<Events[Name]>>();
    this.#registrations[name] = registrations;
    registrations.add(registration);
    return () => {
      registrations.delete(registration);
    };
  }

  /** Calls those who listen when their turn in the queue comes, except those who unsubscribe during it. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    this.#queue.post(() => {
      const registrations = this.#registrations[name];
      for (const registration of [...(registrations ?? [])])
        if (registrations?.has(registration)) this.#queue.call(registration.listener, event);
    });
  }

  clear(): void {
    this.#registrations = {};
  }
}
