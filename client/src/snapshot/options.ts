import { type ArgumentType, array, durationMs } from '../validation/argument-types.ts';
import { checkArgument, checkOptions } from '../validation/arguments.ts';
import type { SnapshotOptions } from './kept-mirrors.ts';

/** What is read otherwise than it was meant would write a secret. */
const aGlob: ArgumentType = [
  'a path, or begins with **/, and has * and ** for what varies',
  (value) => typeof value === 'string' && /^(\/|\*\*(\/|$))[^?!{}[\]]*$/.test(value),
];

/** @throws {ConferError} `invalid_argument`. */
export function checkSnapshotOptions(options: SnapshotOptions): void {
  checkOptions(options, { maxAgeMs: durationMs, exclude: array });
  for (const glob of options.exclude ?? []) checkArgument('a glob of exclude', glob, aGlob);
}
