import type { AuditActor } from './events.ts';

/** What is written of an address, once a minute. */
export interface LoginFailureRow {
  readonly who: AuditActor;
  readonly count: number;
  /** Each reason with how often it was given. */
  readonly reasons: string;
  readonly firstAt: number;
}

interface Counting {
  readonly who: AuditActor;
  readonly firstAt: number;
  count: number;
  readonly reasons: Map<string, number>;
}

const WINDOW_MS = 60_000;
const ADDRESSES_MAX = 1_000;
const REASONS_MAX = 8;
/** Stands for all addresses beyond those that are counted one by one, and for all reasons. */
const OTHERS = 'others';

/**
 * Counts logins that failed, by address and minute, so that whoever tries a million tokens fills no disk. Pure: it
 * is told the time. Bounded: beyond a thousand addresses in a minute the others are counted together.
 */
export class LoginFailures {
  readonly #counting = new Map<string, Counting>();

  add(who: AuditActor, reason: string, now: number): void {
    const address = who.address ?? 'unknown';
    const isOther = !this.#counting.has(address) && this.#counting.size >= ADDRESSES_MAX;
    const key = isOther ? OTHERS : address;
    const known = this.#counting.get(key);
    const counting = known ?? {
      who: isOther ? { kind: 'unknown', address: OTHERS } : who,
      firstAt: now,
      count: 0,
      reasons: new Map<string, number>(),
    };
    if (known === undefined) this.#counting.set(key, counting);
    const { reasons } = counting;
    const name = reasons.has(reason) || reasons.size < REASONS_MAX ? reason : OTHERS;
    counting.count++;
    reasons.set(name, (reasons.get(name) ?? 0) + 1);
  }

  /** When the first row is due, or `undefined` while there is none. */
  get dueAt(): number | undefined {
    const [first] = this.#counting.values();
    return first === undefined ? undefined : first.firstAt + WINDOW_MS;
  }

  /** Takes the rows out that are due; at the end of all times, all of them. */
  take(now: number): LoginFailureRow[] {
    const rows: LoginFailureRow[] = [];
    for (const [key, { who, count, reasons, firstAt }] of this.#counting) {
      // A clock that was set back must not keep a row for ever.
      if (now >= firstAt && now < firstAt + WINDOW_MS) continue;
      this.#counting.delete(key);
      const text = [...reasons].map(([reason, times]) => `${reason} ×${times}`).join(', ');
      rows.push({ who, count, reasons: text, firstAt });
    }
    return rows;
  }
}
