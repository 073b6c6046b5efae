import { type EntryMeta, nameOf } from '@confer/shared';
import type { WaitOptions } from '../../api.ts';
import { Backoff } from '../../connection/backoff.ts';
import { Emitter } from '../../delivery/emitter.ts';
import { ConferError } from '../../errors.ts';
import { closedError } from '../../make-error.ts';
import { ConditionVariable } from '../../requests/condition-variable.ts';
import { flag } from '../../validation/argument-types.ts';
import { checkArgument } from '../../validation/arguments.ts';
import type { Lease } from '../api.ts';
import { holderOf } from '../holder.ts';
import { hurry } from '../hurry.ts';
import { shortened } from '../names.ts';
import { OwnEntry } from '../own-entry.ts';
import type { Parts } from '../parts.ts';
import { pause } from '../pause.ts';
import type {
  Instance,
  InstanceUpdate,
  Registration,
  RegistrationEvents,
  RegistrationStatus,
} from './api.ts';
import { checkUpdate, entryValueOf, reasonOf, updated } from './instance.ts';
import { RETRIED } from './retried.ts';

/** What is to be written, and what is: versions count what its owner has said. */
interface Version {
  readonly number: number;
  readonly instance: Instance;
  readonly isDraining: boolean;
}

export interface RegistrationParts {
  readonly service: string;
  readonly path: string;
  readonly ttlMs: number;
  readonly instance: Instance;
}

const RETRY = { initialMs: 1_000, maxMs: 30_000 };
/** Its leases, of which the server may not have ended the old ones yet. */
const LEASES_MAX = 10;

/**
 * Keeps the entry of one instance there: one loop that does the next thing that is missing. A lease, if there is none or
 * it is lost; the entry, if it is not what it should be. The old entry is overwritten with the new lease, so that it is
 * never gone in between.
 */
export class KeptRegistration implements Registration {
  readonly service: string;
  readonly path: string;
  readonly #parts: Parts;
  readonly #ttlMs: number;
  readonly #own: OwnEntry;
  readonly #events: Emitter<RegistrationEvents>;
  readonly #waiters: ConditionVariable;
  readonly #ending = new AbortController();
  readonly #backoff: Backoff;
  readonly #endHurry: () => void;
  readonly #leases = new Set<string>();
  readonly #onClosing = () => void this.deregister().catch(() => {});
  #status: RegistrationStatus = 'registering';
  #wanted: Version;
  #written = -1;
  #wasThere = false;
  #isFailing = false;
  #lease: Lease | undefined;
  #wake = () => {};

  constructor(parts: Parts, { service, path, ttlMs, instance }: RegistrationParts) {
    const { context } = parts;
    this.service = service;
    this.path = path;
    this.#parts = parts;
    this.#ttlMs = ttlMs;
    this.#wanted = { number: 0, instance, isDraining: false };
    this.#events = new Emitter(context.listeners, 'status');
    this.#waiters = new ConditionVariable(`the registration ${path}`, context.connection);
    this.#backoff = new Backoff(RETRY, context.random);
    this.#own = new OwnEntry(parts, path, () => this.#wake());
    context.closing.addEventListener('abort', this.#onClosing);
    this.#endHurry = hurry(parts, ttlMs);
    void this.#keep();
  }

  get id(): string {
    return nameOf(this.path);
  }

  get status(): RegistrationStatus {
    return this.#status;
  }

  get instance(): Instance {
    const { instance, isDraining } = this.#wanted;
    return isDraining ? { ...instance, state: 'draining' } : instance;
  }

  on<Name extends keyof RegistrationEvents>(
    event: Name,
    listener: (event: RegistrationEvents[Name]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  async update(changes: InstanceUpdate, options?: WaitOptions): Promise<void> {
    checkUpdate(changes);
    return this.#say({ instance: updated(this.#wanted.instance, changes) }, options);
  }

  async setHealthy(isHealthy: boolean, reason?: string, options?: WaitOptions): Promise<void> {
    checkArgument('whether it is healthy', isHealthy, flag);
    const { reason: _, ...rest } = this.#wanted.instance;
    const state = isHealthy ? 'healthy' : 'unhealthy';
    return this.#say({ instance: { ...rest, state, ...reasonOf(reason) } }, options);
  }

  async drain(options?: WaitOptions): Promise<void> {
    return this.#say({ isDraining: true }, options);
  }

  async deregister(options?: WaitOptions): Promise<void> {
    this.#end('deregistered', closedError(`the registration ${this.path}`), 'it was taken out');
    await this.#lease?.revoke(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#status === 'deregistered') return;
    // Where it fails, the lease ends by itself, and who leaves a block has nothing to do about it.
    await this.deregister().catch(this.#parts.context.report);
  }

  /** Resolves once it is there. Who waits in vain takes it out. */
  async first(options: WaitOptions): Promise<void> {
    try {
      const deadline = this.#parts.context.newDeadline(options);
      await this.#waiters.until(() => this.#wasThere, deadline, 'registered');
    } catch (error) {
      void this.deregister().catch(() => {});
      throw error;
    }
  }

  async #say(changes: Partial<Version>, options: WaitOptions | undefined): Promise<void> {
    const deadline = this.#parts.context.newDeadline(options);
    const number = this.#wanted.number + 1;
    if (!this.#isOver) this.#wanted = { ...this.#wanted, ...changes, number };
    this.#wake();
    await this.#waiters.until(() => this.#written >= number, deadline, 'written');
  }

  get #isOver(): boolean {
    return this.#status === 'replaced' || this.#status === 'deregistered';
  }

  async #keep(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#doNext();
      } catch (error) {
        if (!this.#isOver) await this.#failed(error);
      }
    }
  }

  async #doNext(): Promise<void> {
    const lease = this.#lease;
    if (lease?.status !== 'held') {
      this.#become('registering', lease?.loss?.message ?? 'it has no lease yet');
      await this.#newLease();
    } else if (this.#isForeign(this.#seen)) this.#replace();
    else if (this.#written < this.#wanted.number) await this.#write(lease);
    else if (!this.#isThere(lease)) {
      // Whoever takes it away again and again does not get it back at once each time.
      await this.#pause();
      await this.#write(lease);
    } else
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  async #newLease(): Promise<void> {
    const options = { ttlMs: this.#ttlMs, name: shortened(this.service), ...this.#patience };
    const holder = holderOf(this.#parts.client);
    const lease = await holder.grant(options);
    if (this.#isOver) {
      void lease.revoke().catch(() => {});
      return;
    }
    this.#leases.add(lease.id);
    for (const old of [...this.#leases].slice(0, -LEASES_MAX)) this.#leases.delete(old);
    this.#lease = lease;
    this.#written = -1;
    lease.signal.addEventListener('abort', () => this.#wake());
  }

  /**
   * Who registers takes the place of whoever has it. From then on it is only put where nobody else has been: a process
   * that was stopped must not take it from the one that was started for it. Who may not read cannot know.
   */
  async #write(lease: Lease): Promise<void> {
    const { client } = this.#parts;
    const { number } = this.#wanted;
    const options = { ...this.#patience, lease: lease.id };
    const isFirst = !this.#wasThere || this.#own.fate === 'unreadable';
    const before = isFirst ? undefined : await client.get(this.path, this.#patience);
    if (this.#isForeign(before)) return this.#replace();
    const condition = isFirst ? {} : { ifRevision: before?.modRevision ?? 0 };
    const value = entryValueOf(this.instance);
    const { revision } = await client.set(this.path, value, { ...options, ...condition });
    if (this.#isOver) return;
    this.#own.wrote(revision);
    this.#written = number;
    this.#wasThere = true;
    this.#isFailing = false;
    this.#backoff.reset();
    this.#become('registered', 'the server has it');
    this.#waiters.notify();
  }

  /** It is asked for until it is there, or not wanted any more. */
  get #patience(): WaitOptions {
    return { timeoutMs: Number.POSITIVE_INFINITY, signal: this.#ending.signal };
  }

  /** What cannot be seen is not looked after: then the lease alone counts. */
  #isThere(lease: Lease): boolean {
    const { fate, entry } = this.#own;
    if (fate === 'there') return entry?.lease === lease.id;
    return fate === 'unseen' || fate === 'unreadable';
  }

  /** What its own mirror shows, once that is as far as what was written. */
  get #seen(): EntryMeta | undefined {
    return this.#written >= 0 && this.#own.fate === 'there' ? this.#own.entry : undefined;
  }

  /** Whoever has put it with another lease is another one. Without a lease it is nobody's. */
  #isForeign(entry: EntryMeta | undefined): boolean {
    if (entry?.lease === undefined) return false;
    // safeguard: newest-registration-has-the-id
    return !this.#leases.has(entry.lease);
  }

  #replace(): void {
    const reason = `${this.path} is of somebody else, who registered later`;
    this.#end('replaced', new ConferError('conflict', reason, { path: this.path }), reason);
    void this.#lease?.revoke().catch(() => {});
  }

  async #failed(error: unknown): Promise<void> {
    const code = error instanceof ConferError ? error.code : 'internal';
    // The next step looks again.
    if (code === 'conflict') return;
    if (code === 'lease_not_found' || code === 'lease_lost') {
      this.#lease = undefined;
      return;
    }
    const failure =
      error instanceof ConferError ? error : new ConferError('internal', String(error));
    if (!this.#wasThere && !RETRIED.has(code)) {
      this.#end('deregistered', failure, failure.message);
      return;
    }
    if (!this.#isFailing) this.#parts.context.report(failure);
    this.#isFailing = true;
    this.#become('registering', failure.message);
    await this.#pause();
  }

  #pause(): Promise<void> {
    return pause(this.#parts.context.clock, this.#backoff.nextMs(), this.#ending.signal);
  }

  #become(to: RegistrationStatus, reason: string): void {
    const from = this.#status;
    if (from === to) return;
    this.#status = to;
    this.#events.emit('status', Object.freeze({ from, to, reason }));
  }

  /** For good. */
  #end(to: 'replaced' | 'deregistered', error: ConferError, reason: string): void {
    if (this.#isOver) {
      if (to === 'deregistered') this.#become(to, reason);
      return;
    }
    this.#become(to, reason);
    this.#parts.context.closing.removeEventListener('abort', this.#onClosing);
    this.#ending.abort();
    this.#endHurry();
    this.#own.close();
    this.#waiters.fail(error);
    this.#wake();
  }
}
