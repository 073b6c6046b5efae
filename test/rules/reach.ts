import { importsOf } from './imports.ts';
import type { Source } from './source.ts';

/** Every file that one of `entries` imports, directly or not, and the entries themselves. */
export function reachable(
  sources: readonly Source[],
  entries: readonly string[],
): ReadonlySet<string> {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = byPath.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    waiting.push(...importsOf(source).flatMap(({ target }) => target ?? []));
  }
  return reached;
}
