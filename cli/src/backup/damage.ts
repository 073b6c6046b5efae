import { exitCodes, Failure } from '../failure.ts';

/** A file that is not as a backup was written. */
export function damaged(file: string, what: string): Failure {
  return new Failure(
    exitCodes.invalid,
    'damaged_backup',
    `${file} is damaged: ${what}`,
    'nothing of it is used: take another backup, or another copy of this one',
  );
}

/** A file of something else. */
export function foreign(file: string, what: string): Failure {
  return new Failure(
    exitCodes.invalid,
    'no_backup',
    `${file} is no backup of Confer: ${what}`,
    'confer backup FILE makes one',
  );
}

export function newerFormat(file: string, version: number, known: number): Failure {
  return new Failure(
    exitCodes.invalid,
    'newer_backup',
    `${file} is of a newer Confer: format ${version}, and this one reads up to ${known}`,
    'use the confer that made it, or a newer one',
  );
}
