import { parseDuration } from '../context.ts';
import { usageError } from '../failure.ts';

const NEVER = 'never';

/** A time to come, in ms since the Unix epoch: `2027-01-31`, `2027-01-31T08:00Z`, or from now on, `90d`. */
export function timeArgument(text: string, option: string, now: number): number {
  if (!/^[0-9]{4}-/.test(text)) return Math.floor(now + parseDuration(text));
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw usageError(`${option} ${text}: a time is 2027-01-31, 2027-01-31T08:00Z or, from now, 90d`);
}

/** `null` is never, which has to be said. */
export function expiryArgument(text: string, now: number): number | null {
  return text === NEVER ? null : timeArgument(text, '--expires', now);
}

/** A time span that may be nothing. */
export function overlapArgument(text: string): number {
  return text === '0' ? 0 : Math.ceil(parseDuration(text));
}

export function timeText(time: number | null): string {
  return time === null ? NEVER : new Date(time).toISOString();
}
