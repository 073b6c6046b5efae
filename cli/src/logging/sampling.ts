import type { Clock, Timer } from '@confer/shared';
import type { Line } from './line.ts';

/** How often the same is said within a minute; the rest is counted. */
export const SAID_MAX = 10;
const WINDOW_MS = 60_000;
/** What is told apart at once. Beyond, all of a level that is new is taken for the same: strangers may have a say in it. */
export const KINDS_MAX = 200;

interface Window {
  count: number;
  last: Line;
  readonly timer: Timer;
}

/** Has each thing said a few times a minute, and then how often it came: what comes by the thousand tells nothing more. */
export class Sampling {
  readonly #clock: Clock;
  readonly #say: (line: Line) => void;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, say: (line: Line) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  take(line: Line): void {
    const kind = this.#kindOf(line);
    const window = this.#windows.get(kind) ?? this.#open(kind, line);
    window.count++;
    window.last = line;
    // safeguard: repeats-are-counted
    if (window.count <= SAID_MAX) this.#say(line);
  }

  /** Says now what was only counted. */
  flush(): void {
    for (const [kind, { timer }] of this.#windows) {
      timer.cancel();
      this.#close(kind);
    }
  }

  /** What ends for one reason is not what ends for another, whoever it is. */
  #kindOf({ level, message, fields }: Line): string {
    const kind = `${level} ${fields.code ?? ''} ${message}`;
    return this.#windows.has(kind) || this.#windows.size < KINDS_MAX ? kind : level;
  }

  #open(kind: string, last: Line): Window {
    const timer = this.#clock.setTimer(WINDOW_MS, () => this.#close(kind));
    const window = { count: 0, last, timer };
    this.#windows.set(kind, window);
    return window;
  }

  #close(kind: string): void {
    const window = this.#windows.get(kind);
    this.#windows.delete(kind);
    const more = (window?.count ?? 0) - SAID_MAX;
    if (window === undefined || more <= 0) return;
    const { level, message, fields } = window.last;
    const isMixed = kind === level;
    const what = isMixed ? 'lines of many kinds' : message;
    const code = isMixed || fields.code === undefined ? {} : { code: fields.code };
    this.#say({
      level,
      message: `${what}: and ${more} more like it in a minute`,
      fields: { ...code, repeats: more },
    });
  }
}
