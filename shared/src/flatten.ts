import { segmentOfKey } from './key.ts';
import { limits } from './limits.ts';
import { childOf, pathProblem } from './path.ts';
import { type Data, isMap, writeValue } from './scalar.ts';
import { hasLoneSurrogate, utf8Length } from './utf8.ts';

/** A place in the data that no entry can stand for; `keys` lead there from the top. */
export class UnstorableError extends Error {
  override readonly name = 'UnstorableError';
  readonly keys: readonly string[];

  constructor(problem: string, keys: readonly string[]) {
    super(problem);
    this.keys = keys;
  }
}

/**
 * Data as paths and values below `base`: maps are subtrees, everything else is one value. The key
 * `""` holds the value of its map's own path, since a path may hold a value and have children.
 */
export function flatten(data: Data, base: string): Map<string, string> {
  const values = new Map<string, string>();
  const keys: string[] = [];

  function visit(item: Data, path: string): void {
    const children = isMap(item) ? Object.entries(item) : [];
    if (children.length === 0) put(item, path);
    for (const [key, child] of children) {
      keys.push(key);
      if (key === '') putOwn(child, path);
      else {
        const below = childOf(path, segmentOfKey(key));
        checkPath(below);
        visit(child, below);
      }
      keys.pop();
    }
  }

  function putOwn(item: Data, path: string): void {
    if (isMap(item)) fail('the key "" holds the value of its own map, so it cannot hold a map');
    put(item, path);
  }

  function put(item: Data, path: string): void {
    checkPath(path);
    const value = writeValue(item);
    if (hasLoneSurrogate(value)) fail('the value holds half of a surrogate pair');
    const bytes = utf8Length(value);
    if (bytes > limits.valueBytesMax)
      fail(`the value has ${bytes} bytes, more than the limit of ${limits.valueBytesMax}`);
    values.set(path, value);
  }

  function checkPath(path: string): void {
    const problem = pathProblem(path);
    if (problem !== undefined) fail(`this cannot become a path: ${problem}`);
  }

  function fail(problem: string): never {
    throw new UnstorableError(problem, [...keys]);
  }

  visit(data, base);
  return values;
}
