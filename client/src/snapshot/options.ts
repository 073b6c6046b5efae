import { array, durationMs, text } from '../validation/argument-types.ts';
import { checkArgument, checkOptions } from '../validation/arguments.ts';
import type { SnapshotOptions } from './kept-mirrors.ts';

/** @throws {ConferError} `invalid_argument`. */
export function checkSnapshotOptions(options: SnapshotOptions): void {
  checkOptions(options, { maxAgeMs: durationMs, exclude: array });
  for (const glob of options.exclude ?? []) checkArgument('a glob of exclude', glob, text);
}
