import type { LogLevel } from '@confer/server';

/** One thing that the server says. */
export interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** From what is always said to what is said only to somebody who looks for something. */
const SEVERITY: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** Whether a log of this level has a line of that one. */
export function isSaid(line: LogLevel, level: LogLevel): boolean {
  return SEVERITY[line] <= SEVERITY[level];
}
