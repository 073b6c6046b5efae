import { isIP } from 'node:net';
import { limits } from '@confer/shared';
import { countArgument } from '../arguments.ts';
import { parseDuration } from '../context.ts';
import { usageError } from '../failure.ts';

export interface BenchOptions {
  readonly writers: string;
  readonly watchers: string;
  readonly size: string;
  readonly entries: string;
  readonly duration: string;
  readonly rate?: string;
  readonly allowRemote?: true;
}

/** What is done to a server. */
export interface Plan {
  /** Connections with one write under way each. */
  readonly writers: number;
  /** Connections with one watch each, of all that is written. */
  readonly watchers: number;
  readonly valueBytes: number;
  readonly entries: number;
  readonly durationMs: number;
  /** Of all writers together; `undefined`: each writes again as soon as it has its answer. */
  readonly writesPerSecond: number | undefined;
}

/** A connection takes this process some 100 kB, and a file. */
const CONNECTIONS_MAX = 2_000;
const ENTRIES_MAX = 10_000;
const STORED_BYTES_MAX = 256 * 1024 * 1024;
const DURATION_MS_MAX = 3_600_000;
const RATE_MAX = 1_000_000;
/** In front of a value: when it was sent. */
export const STAMP_LENGTH = 16;

/** Throws `usage` for what is beyond its bounds. */
export function planOf(options: BenchOptions): Plan {
  const writers = between(options.writers, '--writers', 1, CONNECTIONS_MAX);
  const watchers = between(options.watchers, '--watchers', 0, CONNECTIONS_MAX);
  if (writers + watchers > CONNECTIONS_MAX)
    throw usageError(`--writers and --watchers are at most ${CONNECTIONS_MAX} together`);
  const valueBytes = between(options.size, '--size', STAMP_LENGTH, limits.valueBytesMax);
  const entries = between(options.entries, '--entries', 1, ENTRIES_MAX);
  if (entries * valueBytes > STORED_BYTES_MAX)
    throw usageError('--entries times --size is at most 256 MiB', 'take fewer or smaller ones');
  const durationMs = parseDuration(options.duration);
  if (durationMs > DURATION_MS_MAX)
    throw usageError(`--duration ${options.duration}: an hour (1h) is the longest`);
  const { rate } = options;
  const writesPerSecond = rate === undefined ? undefined : between(rate, '--rate', 1, RATE_MAX);
  return { writers, watchers, valueBytes, entries, durationMs, writesPerSecond };
}

function between(text: string, option: string, min: number, max: number): number {
  const count = countArgument(text, option);
  if (count >= min && count <= max) return count;
  throw usageError(`${option} ${text}: it is from ${min} to ${max}`);
}

/** Of these servers, those that may be somebody else's. */
export function remoteOf(urls: readonly string[]): readonly string[] {
  return urls.filter((url) => !isLoopback(url));
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
