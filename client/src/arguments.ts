import {
  type Condition,
  hasLoneSurrogate,
  type Operation,
  pathProblem,
  subtreeProblem,
} from '@confer/shared';
import { ConferError } from './errors.ts';

/*
 * What the server would refuse anyway is refused here, before it travels. The types promise these
 * things already, but not to callers in JavaScript.
 */

export function checkPath(path: string): void {
  refuse(typeof path === 'string' ? pathProblem(path) : 'a path is a string', path);
}

export function checkSubtree(path: string): void {
  refuse(typeof path === 'string' ? subtreeProblem(path) : 'a path is a string', path);
}

export function checkWrite(
  operations: readonly Operation[],
  conditions: readonly Condition[] = [],
): void {
  if (operations.length === 0)
    throw new ConferError('invalid_message', 'a commit has at least one operation');
  for (const operation of operations)
    if (operation.type === 'put') {
      checkPath(operation.path);
      checkValue(operation.value, operation.path);
    } else if (operation.recursive === true) checkSubtree(operation.path);
    else checkPath(operation.path);
  for (const { path } of conditions) checkPath(path);
}

function checkValue(value: string, path: string): void {
  if (typeof value !== 'string')
    throw new ConferError('invalid_value', `the value of ${path} is not a string`, { path });
  if (hasLoneSurrogate(value))
    throw new ConferError('invalid_value', `the value of ${path} holds a lone surrogate`, { path });
}

function refuse(problem: string | undefined, path: string): void {
  if (problem !== undefined)
    throw new ConferError('invalid_path', `${problem}: ${JSON.stringify(path)}`, { path });
}
