import { comparePaths, isWithin, ROOT, subtreeProblem } from '@confer/shared';
import { openClient } from '../connection.ts';
import type { Context } from '../context.ts';

/** With the start of Node, which takes some 60 ms, the shell waits for less than 300. */
const PATIENCE_MS = 200;
/** Nobody looks through more. */
const PATHS_MAX = 1_000;

/** The paths that go on from what is typed, one level of them; what has something below it ends with a slash. */
export async function pathsFrom(context: Context, typed: string): Promise<string[]> {
  if (typed !== '' && !typed.startsWith('/')) return [];
  const parent = typed.slice(0, typed.lastIndexOf('/')) || ROOT;
  if (subtreeProblem(parent) !== undefined) return [];
  const { clock } = context.terminal;
  const listing = list(context, parent);
  // Whatever becomes of it later is nothing to anybody.
  listing.catch(() => {});
  let isLate = () => {};
  const late = new Promise<undefined>((resolve) => {
    isLate = () => resolve(undefined);
  });
  const timer = clock.setTimer(PATIENCE_MS, isLate);
  const found = await Promise.race([listing, late]);
  timer.cancel();
  if (found === undefined) return [];
  const folders = found.folders.map((path) => `${path}/`);
  return [...found.entries.map(({ path }) => path), ...folders]
    .filter((path) => path.startsWith(typed) && isWithin(path, parent))
    .sort(comparePaths)
    .slice(0, PATHS_MAX);
}

async function list(context: Context, parent: string) {
  const client = await openClient(context, { timeouts: { requestMs: PATIENCE_MS } });
  try {
    return await client.list(parent, { depth: 1, values: false, stale: true });
  } finally {
    void client.close();
  }
}
