import { usageError } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** What a command runs with. */
export interface Context {
  readonly terminal: Terminal;
  readonly settings: Settings;
  /** What stands behind a `--` of the command line, where that is another one. */
  readonly behindDashes: readonly string[];
}

export interface TlsFiles {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Which server, and how to get to it. */
export interface ServerSettings {
  readonly url: string;
  /** Files for https: whom to believe, and what to show. */
  readonly tls: TlsFiles;
  /** The file with the token that it shows to the server. */
  readonly tokenFile: string | undefined;
  /** The context that this comes from, where one is used. */
  readonly chosen: ChosenContext | undefined;
}

export interface ChosenContext {
  readonly name: string;
  /** Whatever writes asks first. */
  readonly production: boolean;
}

/** The options that every command takes. */
export interface Settings extends ServerSettings {
  readonly output: string | undefined;
  /** How long to wait for the server; `undefined` leaves it to the command. */
  readonly timeoutMs: number | undefined;
  readonly quiet: boolean;
  /** Do not ask before something is written. */
  readonly yes: boolean;
}

/** Tells people something that is no data. */
export function notice({ terminal, settings }: Context, text: string): void {
  if (!settings.quiet) terminal.stderr.write(`${text}\n`);
}

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `500ms`, `10s`, `2m`, `24h`, `90d` or, in seconds, `10`; `undefined` of anything else. */
export function durationOf(text: string): number | undefined {
  const [, digits, unit = 's'] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  const durationMs = Number(digits) * (units[unit] ?? 0);
  return durationMs > 0 ? durationMs : undefined;
}

/** The same, of what somebody wrote on the command line. */
export function parseDuration(text: string): number {
  const durationMs = durationOf(text);
  if (durationMs !== undefined) return durationMs;
  throw usageError(`${JSON.stringify(text)} is no time; one looks like 10s, 500ms or 2m`);
}

const DAY_MS = 86_400_000;

/** A time that somebody waits: at most a day, as timers hold 24 of them and begin anew then. */
export function boundedDuration(text: string, option: string): number {
  const durationMs = parseDuration(text);
  if (durationMs <= DAY_MS) return durationMs;
  throw usageError(`${option} ${text}: a day (24h) is the longest`);
}
