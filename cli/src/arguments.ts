import { pathProblem, subtreeProblem } from '@confer/shared';
import { exitCodes, Failure, usageError } from './failure.ts';

/** A path that names one entry, as a person gives it. */
export function entryArgument(path: string): string {
  return checked(path, pathProblem(path));
}

/** A path that names a subtree; folders are listed with a slash at their end. */
export function subtreeArgument(path: string): string {
  const subtree = path.length > 1 ? path.replace(/\/$/, '') : path;
  return checked(subtree, subtreeProblem(subtree));
}

function checked(path: string, problem: string | undefined): string {
  if (problem === undefined) return path;
  const hint = path !== '' && !path.startsWith('/') ? `did you mean /${path} ?` : undefined;
  throw new Failure(exitCodes.invalid, 'invalid_path', `${JSON.stringify(path)}: ${problem}`, hint);
}

/** A whole number that is not negative. */
export function countArgument(text: string, option: string): number {
  const count = Number(text);
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw usageError(`${option} takes a whole number, not ${JSON.stringify(text)}`);
}
