import {
  brokenPathRule,
  type Condition,
  hasLoneSurrogate,
  type Operation,
  ROOT,
} from '@confer/shared';
import { ConferError } from './errors.ts';

/*
 * What the server would refuse anyway is refused here, before it travels. The types promise these
 * things already, but not to callers in JavaScript.
 */

export function checkPath(path: string): void {
  const problem = typeof path === 'string' ? brokenPathRule(path) : 'a path is a string';
  if (problem !== undefined)
    throw new ConferError('invalid_path', `${problem}: ${JSON.stringify(path)}`, { path });
}

export function checkSubtree(path: string): void {
  if (path !== ROOT) checkPath(path);
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
  const isText = typeof value === 'string';
  if (isText && !hasLoneSurrogate(value)) return;
  const problem = isText ? 'holds a lone surrogate' : 'is not a string';
  throw new ConferError('invalid_value', `the value of ${path} ${problem}`, { path });
}
