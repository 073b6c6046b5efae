import type { Timer } from '@confer/shared';
import { errorText, type Log } from '../log.ts';
import type { Runtime } from '../runtime.ts';
import { Deadlines } from './deadlines.ts';
import type { Endings } from './endings.ts';
import type { Lease } from './lease.ts';
import type { LeaseObserver } from './lease-table.ts';

/** Deadlines that are looked at in one turn: some milliseconds. */
const LOOKS_MAX = 2_000;
/** Ends of leases that are under way together: as many as one sync of the disk is worth. */
const ENDINGS_MAX = 256;
/** What could not be ended, for want of room on the disk, is tried again. */
const RETRY_MS = 1_000;

/** A lease that has run out goes by the server's own doing. */
const ACTOR = 'confer';

export interface LeaseTimersParts {
  readonly runtime: Pick<Runtime, 'clock' | 'uptimeMs' | 'newId'>;
  readonly log: Log;
  readonly endings: Endings;
}

/**
 * Ends leases that were not kept alive. Time is that for which this process has run: a clock that is set makes no
 * lease end early or never, and a server that starts gives each its whole TTL again, since it does not know when it was
 * last kept alive.
 *
 * A keep-alive that comes when the time is over but before the lease was found to be, still counts. Once it was found,
 * nothing brings it back: its holder is told so, and its entries go, however often that has to be tried.
 */
export class LeaseTimers implements LeaseObserver {
  readonly #with: LeaseTimersParts;
  readonly #deadlines = new Deadlines();
  /** Found to have run out, in the order in which they are ended; they are here until they are over. */
  readonly #expired = new Set<string>();
  #waiting: string[] = [];
  /** How many of `#waiting` are no longer: to take the first out of a long array moves all the others. */
  #taken = 0;
  #underWay = 0;
  #state: 'not-yet' | 'running' | 'stopped' = 'not-yet';
  #timer: { readonly at: number; readonly timer: Timer } | undefined;
  #retry: Timer | undefined;
  /** It was said that the disk takes none of it. */
  #isFailing = false;

  constructor(parts: LeaseTimersParts) {
    this.#with = parts;
  }

  /**
   * What goes with each lease is known: from now on they can end. Each has had its whole TTL since it was found.
   * `orphaned`: what goes with none that is there.
   */
  start(orphaned: Iterable<string>): void {
    this.#state = 'running';
    for (const id of orphaned) this.#expire(id);
    this.#arm();
  }

  /** It has to be found out anew what goes with each. */
  pause(): void {
    this.#state = 'not-yet';
    this.#disarm();
  }

  stop(): void {
    this.#state = 'stopped';
    this.#disarm();
  }

  begun({ id, ttlMs }: Lease): void {
    this.#deadlines.set(id, this.#with.runtime.uptimeMs() + ttlMs);
    this.#arm();
  }

  over({ id }: Lease): void {
    this.#deadlines.delete(id);
    this.#expired.delete(id);
  }

  /** Whether it has its whole TTL again; else it is over. */
  keepAlive({ id, ttlMs }: Lease): boolean {
    // safeguard: expired-lease-stays-so
    if (this.#expired.has(id) || this.#with.endings.settled(id) !== undefined) return false;
    this.#deadlines.set(id, this.#with.runtime.uptimeMs() + ttlMs);
    return true;
  }

  remainingMs({ id, ttlMs }: Lease): number {
    if (this.#expired.has(id)) return 0;
    const due = this.#deadlines.of(id);
    if (due === undefined) return ttlMs;
    return Math.min(ttlMs, Math.max(0, Math.ceil(due - this.#with.runtime.uptimeMs())));
  }

  #arm(): void {
    const { next } = this.#deadlines;
    if (this.#state !== 'running' || next === undefined) return;
    if (this.#timer !== undefined && this.#timer.at <= next) return;
    this.#timer?.timer.cancel();
    const { clock, uptimeMs } = this.#with.runtime;
    const inMs = Math.max(0, Math.ceil(next - uptimeMs()));
    this.#timer = { at: next, timer: clock.setTimer(inMs, () => this.#look()) };
  }

  #disarm(): void {
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  #look(): void {
    this.#timer = undefined;
    const now = this.#with.runtime.uptimeMs();
    for (const id of this.#deadlines.takeDue(now, LOOKS_MAX)) this.#expire(id);
    this.#arm();
  }

  #expire(id: string): void {
    this.#expired.add(id);
    this.#waiting.push(id);
    this.#pump();
  }

  #pump(): void {
    while (this.#state === 'running' && this.#retry === undefined) {
      if (this.#underWay >= ENDINGS_MAX) return;
      const id = this.#waiting[this.#taken];
      if (id === undefined) {
        this.#waiting = [];
        this.#taken = 0;
        return;
      }
      this.#taken++;
      this.#underWay++;
      void this.#end(id);
    }
  }

  async #end(id: string): Promise<void> {
    const { endings, runtime } = this.#with;
    try {
      const requestId = `expired-${runtime.newId()}`;
      await endings.end(id, { cause: 'expired', actor: ACTOR, requestId });
      this.#expired.delete(id);
      this.#isFailing = false;
    } catch (error) {
      this.#tryAgain(id, error);
    } finally {
      this.#underWay--;
      this.#pump();
    }
  }

  /** Nothing is forgotten: what is expired stays so until it could be ended. */
  #tryAgain(id: string, error: unknown): void {
    this.#waiting.push(id);
    if (this.#retry !== undefined || this.#state !== 'running') return;
    if (!this.#isFailing)
      this.#with.log('warn', 'leases that have run out cannot be ended yet', {
        error: errorText(error),
      });
    this.#isFailing = true;
    this.#retry = this.#with.runtime.clock.setTimer(RETRY_MS, () => {
      this.#retry = undefined;
      this.#pump();
    });
  }
}
