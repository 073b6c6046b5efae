import {
  childOf,
  type Data,
  isMap,
  type Operation,
  pathProblem,
  ROOT,
  writeValue,
} from '@confer/shared';
import { ConferError } from '../errors.ts';
import { checkPath, checkSubtree, shown } from '../validation/arguments.ts';
import type { TestData, TestValue } from './api.ts';

/** The operations that write data, by the paths that they are given for. */
export function putsOf(data: TestData): Operation[] {
  return Object.entries(data).flatMap(([path, value]) => {
    checkSubtree(path);
    return valuePuts(path, value);
  });
}

/** A string is what the entry holds; all else is data. */
export function valuePuts(path: string, value: TestValue): Operation[] {
  if (typeof value !== 'string') return dataPuts(path, value);
  checkPath(path);
  return [{ type: 'put', path, value }];
}

function dataPuts(path: string, data: Data): Operation[] {
  if (data === undefined || typeof data === 'function' || typeof data === 'symbol')
    throw new ConferError('invalid_value', `what ${path} is given is no data: ${shown(data)}`, {
      path,
    });
  if (isMap(data) && Object.keys(data).length > 0)
    return Object.entries(data).flatMap(([key, item]) => dataPuts(below(path, key), item));
  checkPath(path);
  return [{ type: 'put', path, value: writeValue(data) }];
}

/** A key is one segment: with a slash in it, it would be another path than it looks. */
function below(path: string, key: string): string {
  const child = childOf(path, key);
  const problem = key.includes('/') ? 'a key holds no "/"' : pathProblem(child);
  if (problem === undefined) return child;
  throw new ConferError('invalid_path', `${problem}: the key ${shown(key)} in ${path}`, {
    path: path === ROOT ? undefined : path,
  });
}
