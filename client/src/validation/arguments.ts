import {
  brokenPathRule,
  type Condition,
  hasLoneSurrogate,
  limits,
  type Operation,
  ROOT,
} from '@confer/shared';
import { ConferError } from '../errors.ts';
import * as types from './argument-types.ts';

/*
 * Argument validation. What the server would refuse anyway is refused here, before it travels. The types
 * promise these things already, but not to callers in JavaScript.
 */

export function checkArgument(
  name: string,
  value: unknown,
  [expected, fits]: types.ArgumentType,
): void {
  if (!fits(value))
    throw new ConferError('invalid_argument', `${name} is ${expected}, not ${shown(value)}`);
}

/** Of options, each may be missing, and so may all of them. */
export function checkOptions(
  options: unknown,
  kindOf: Readonly<Record<string, types.ArgumentType>>,
  name = 'options',
): void {
  if (options === undefined) return;
  checkArgument(name, options, types.object);
  if (!types.isObject(options)) return;
  for (const [key, kind] of Object.entries(kindOf))
    if (options[key] !== undefined) checkArgument(`${name}.${key}`, options[key], kind);
}

/** The error does not show it. */
export function checkToken(token: unknown): void {
  if (token === undefined) return;
  const isText = typeof token === 'string' && !hasLoneSurrogate(token);
  if (isText && token.length <= limits.tokenLengthMax) return;
  const problem = `a token is a string of at most ${limits.tokenLengthMax} characters`;
  throw new ConferError('invalid_argument', problem);
}

export function checkPath(path: string): void {
  const problem = typeof path === 'string' ? brokenPathRule(path) : 'a path is a string';
  if (problem !== undefined)
    throw new ConferError('invalid_path', `${problem}: ${shown(path)}`, { path });
}

export function checkSubtree(path: string): void {
  if (path !== ROOT) checkPath(path);
}

export function checkWrite(
  operations: readonly Operation[],
  conditions: readonly Condition[] = [],
): void {
  checkArgument('operations', operations, types.array);
  checkArgument('conditions', conditions, types.array);
  if (operations.length === 0)
    throw new ConferError('invalid_message', 'a commit has at least one operation');
  for (const operation of operations) checkOperation(operation);
  for (const condition of conditions) checkCondition(condition);
}

export function checkOperation(operation: Operation): void {
  checkArgument('an operation', operation, types.operation);
  if (operation.type === 'put') {
    checkPath(operation.path);
    checkValue(operation.value, operation.path);
  } else {
    checkOptions(operation, { recursive: types.flag }, 'an operation');
    if (operation.recursive === true) checkSubtree(operation.path);
    else checkPath(operation.path);
  }
}

/** The kinds are told apart by the server, which knows those of its version. */
export function checkCondition(condition: Condition): void {
  checkArgument('a condition', condition, types.condition);
  checkSubtree(condition.path);
}

function checkValue(value: string, path: string): void {
  const isText = typeof value === 'string';
  if (isText && !hasLoneSurrogate(value)) return;
  const problem = isText ? 'holds a lone surrogate' : 'is not a string';
  throw new ConferError('invalid_value', `the value of ${path} ${problem}`, { path });
}

const SHOWN_LENGTH_MAX = 200;

/** What a caller gave, in an error to him. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, SHOWN_LENGTH_MAX));
  return Object(value) === value ? Object.prototype.toString.call(value) : String(value);
}
