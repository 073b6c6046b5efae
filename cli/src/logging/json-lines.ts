import { pino } from 'pino';
import type { Line } from './line.ts';

/** Writes each line as one of JSON: `{"level":"info","time":"2026-11-28T12:00:00.000Z","msg":"...", ...}`. */
export function jsonLines(now: () => number, write: (text: string) => void): (line: Line) => void {
  const logger = pino(
    {
      // Which lines there are is decided before they come here.
      level: 'debug',
      base: null,
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  );
  return ({ level, message, fields }) => logger[level](fields, message);
}
