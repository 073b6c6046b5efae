import { statSync } from 'node:fs';

/** What tells a file from any other one, whatever its name. */
export interface FileIdentity {
  readonly ino: number;
  readonly dev: number;
}

/** Why a file that was opened is no longer the one of its name, or `undefined`. */
export function misplaced(path: string, { ino, dev }: FileIdentity): string | undefined {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) return `${path} was removed while it was open`;
  if (there.ino === ino && there.dev === dev) return undefined;
  return `${path} was replaced by another file while it was open`;
}
