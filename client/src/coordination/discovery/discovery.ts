import type { Mirror, MirrorReady, MirrorReadyOptions, MirrorSnapshot } from '../../api.ts';
import { Channel } from '../../delivery/channel.ts';
import { Emitter } from '../../delivery/emitter.ts';
import { ConferError } from '../../errors.ts';
import type { MirrorStatus } from '../../status.ts';
import { signal as abortSignal, oneOf, text } from '../../validation/argument-types.ts';
import { checkOptions } from '../../validation/arguments.ts';
import type { Parts } from '../parts.ts';
import type {
  DiscoverOptions,
  Discovery,
  DiscoveryEvents,
  DiscoveryProblem,
  Instance,
  PickOptions,
  PickStrategy,
} from './api.ts';
import { differenceOf, InstanceReader, type Instances } from './instances.ts';
import { Picker } from './picker.ts';

const strategies: readonly PickStrategy[] = ['roundRobin', 'leastRecent'];

export function checkPick(options: PickOptions | undefined): void {
  checkOptions(options, { strategy: oneOf(strategies), zone: text });
}

/** A mirror of a service, read as instances. */
export class LiveDiscovery implements Discovery {
  readonly service: string;
  readonly #parts: Parts;
  readonly #options: DiscoverOptions;
  readonly #mirror: Mirror;
  readonly #reader: InstanceReader;
  readonly #picker: Picker;
  readonly #events: Emitter<DiscoveryEvents>;
  readonly #channels = new Set<Channel<readonly Instance[]>>();
  readonly #reported = new Set<DiscoveryProblem>();
  #seen: MirrorSnapshot | undefined;
  #shown: Instances = { registered: [], healthy: [], problems: [] };
  /** What those who listen know; `undefined` before there is anything. */
  #told: Instances | undefined;

  constructor(parts: Parts, service: string, folder: string, options: DiscoverOptions) {
    const { client, context } = parts;
    this.service = service;
    this.#parts = parts;
    this.#options = options;
    this.#reader = new InstanceReader(folder);
    this.#picker = new Picker(context.random);
    this.#events = new Emitter(context.listeners, 'change', 'status');
    this.#mirror = client.mirror(folder, options);
    this.#mirror.on('change', ({ revision }) => this.#changed(revision));
    this.#mirror.on('status', (change) => {
      this.#begin();
      this.#events.emit('status', change);
      if (change.to === 'closed') this.#endChannels();
    });
    this.#begin();
  }

  get status(): MirrorStatus {
    return this.#mirror.status;
  }

  get staleSince(): number | undefined {
    return this.#mirror.staleSince;
  }

  get instances(): readonly Instance[] {
    return this.#look().healthy;
  }

  get registered(): readonly Instance[] {
    return this.#look().registered;
  }

  get problems(): readonly DiscoveryProblem[] {
    return this.#look().problems;
  }

  ready(options?: MirrorReadyOptions): Promise<MirrorReady> {
    return this.#mirror.ready(options);
  }

  pick(options?: PickOptions): Instance | undefined {
    checkPick(options);
    return this.#picker.pick(this.instances, { ...this.#options, ...options });
  }

  on<Name extends keyof DiscoveryEvents>(
    event: Name,
    listener: (event: DiscoveryEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  changes(
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<readonly Instance[]> {
    checkOptions(options, { signal: abortSignal });
    const channel = new Channel<readonly Instance[]>({
      signal: options.signal,
      onLeft: () => this.#channels.delete(channel),
    });
    if (this.status === 'closed') channel.end();
    else if (options.signal?.aborted !== true) this.#channels.add(channel);
    return channel;
  }

  close(): void {
    this.#mirror.close();
    this.#endChannels();
  }

  /** What is there at first is no change. */
  #begin(): void {
    if (this.#told === undefined && this.#mirror.revision !== undefined) this.#told = this.#look();
  }

  #changed(revision: number): void {
    const before = this.#told;
    const now = this.#look();
    this.#told = now;
    if (now.registered === before?.registered) return;
    const { healthy } = now;
    const change = { revision, ...differenceOf(before?.healthy ?? [], healthy) };
    this.#events.emit('change', Object.freeze(change));
    for (const channel of this.#channels)
      if (channel.waiting.length > 0) channel.replaceWaiting(healthy);
      else channel.push(healthy);
  }

  /** Read when it is asked for, so that nobody sees what the mirror does not show any more. */
  #look(): Instances {
    const snapshot = this.#mirror.getSnapshot();
    if (snapshot === this.#seen) return this.#shown;
    this.#seen = snapshot;
    this.#shown = this.#reader.read(this.#mirror.list());
    this.#report();
    return this.#shown;
  }

  #report(): void {
    const there = new Set(this.#shown.problems);
    for (const problem of this.#reported) if (!there.has(problem)) this.#reported.delete(problem);
    for (const problem of there) {
      if (this.#reported.has(problem)) continue;
      this.#reported.add(problem);
      const { path } = problem;
      const message = `${path} is no instance: its value ${problem.problem}`;
      this.#parts.context.report(new ConferError('invalid_value', message, { path }));
    }
  }

  #endChannels(): void {
    for (const channel of this.#channels) channel.end();
    this.#channels.clear();
  }
}
