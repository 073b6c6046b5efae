import type { AuditEvent } from './events.ts';

type Denied = Extract<AuditEvent, { event: 'denied' }>;

interface Counted {
  readonly startedAt: number;
  written: number;
  /** Not written since the last that was. */
  left: number;
}

const WINDOW_MS = 60_000;
/** Of one principal within a minute: enough to see what somebody tries. */
const LINES_MAX = 20;
const PRINCIPALS_MAX = 10_000;

/**
 * Which of the things that somebody may not are written down: whoever tries a million of them fills no disk. What is
 * left out is counted, and the next line of the same principal says how much that was. Pure: it is told the time.
 */
export class Denials {
  readonly #counted = new Map<string, Counted>();

  /** The event as it is to be written, or `undefined` where it is only counted. */
  take(event: Denied, now: number): Denied | undefined {
    const principal = event.who.principal ?? '';
    const known = this.#counted.get(principal);
    // A clock that was set back begins a new minute, too.
    const isOver = known === undefined || Math.abs(now - known.startedAt) >= WINDOW_MS;
    const counted = isOver ? { startedAt: now, written: 0, left: known?.left ?? 0 } : known;
    if (isOver) this.#keep(principal, counted);
    if (counted.written >= LINES_MAX) {
      counted.left++;
      return undefined;
    }
    counted.written++;
    const { left } = counted;
    counted.left = 0;
    return left === 0 ? event : { ...event, note: `${left} more since the line before` };
  }

  #keep(principal: string, counted: Counted): void {
    this.#counted.delete(principal);
    this.#counted.set(principal, counted);
    const [oldest] = this.#counted.keys();
    if (this.#counted.size > PRINCIPALS_MAX && oldest !== undefined) this.#counted.delete(oldest);
  }
}
