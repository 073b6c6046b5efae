import type { Entry } from '@confer/shared';
import type { Mirror, WaitOptions } from '../../api.ts';
import { Emitter } from '../../delivery/emitter.ts';
import type { ClientContext } from '../../watch/context.ts';
import { unkeptMirror } from '../unkept-mirror.ts';
import type { Contender, Observation, ObservationEvents } from './api.ts';
import { contenderOf } from './contender.ts';
import { queueIn } from './queue.ts';

/** Follows an election: its leader is who came first of those that are there. */
export class LiveObservation implements Observation {
  readonly name: string;
  readonly #mirror: Mirror;
  readonly #events: Emitter<ObservationEvents>;
  #entry: Entry | undefined;
  #leader: Contender | undefined;

  constructor(context: ClientContext, name: string, folder: string) {
    this.name = name;
    this.#mirror = unkeptMirror(context, folder);
    this.#events = new Emitter(context.listeners, 'change');
    this.#mirror.on('status', () => this.#look());
    this.#mirror.on('change', () => {
      const { leader } = this;
      this.#look();
      if (leader !== this.#leader) this.#events.emit('change', this.#leader);
    });
  }

  get leader(): Contender | undefined {
    return this.#leader;
  }

  get staleSince(): number | undefined {
    return this.#mirror.staleSince;
  }

  async ready(options?: WaitOptions): Promise<void> {
    await this.#mirror.ready(options);
    this.#look();
  }

  on<Name extends keyof ObservationEvents>(
    event: Name,
    listener: (event: ObservationEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  close(): void {
    this.#mirror.close();
    this.#events.clear();
  }

  #look(): void {
    const [first] = queueIn(this.#mirror.path, this.#mirror.list());
    if (first === this.#entry) return;
    this.#entry = first;
    this.#leader = first && contenderOf(first);
  }
}
