import { type Stats, statSync } from 'node:fs';
import { reasonOf } from '../errors.ts';

/** What tells a file from any other one, whatever its name. */
export interface FileIdentity {
  readonly ino: number;
  readonly dev: number;
}

/** Why a file that was opened is no longer the one of its name, or `undefined`. */
export function misplaced(path: string, { ino, dev }: FileIdentity): string | undefined {
  let there: Stats | undefined;
  try {
    there = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return `${path} cannot be found any more: ${reasonOf(error)}`;
  }
  if (there === undefined) return `${path} was removed while it was open`;
  if (there.ino === ino && there.dev === dev) return undefined;
  return `${path} was replaced by another file while it was open`;
}
