import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { isFull } from '../support/extent.ts';
import { confer, type Program, serve, withDirectory } from '../support/process.ts';
import { leavesOf, parseDirectory } from './expected-config.ts';
import { Follower } from './follow.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const data = process.env.CONFER_TEST_DATA ?? join(root, '../shared/data');
const petclinic = join(data, 'petclinic-config');
const isThere = existsSync(petclinic);
/** All that there are, or every fourth. */
const STATES = Array.from({ length: 41 }, (_, i) => i + 1).filter(
  (state) => isFull || state % 4 === 1,
);
if (!isThere)
  console.warn(`The real configuration is not there, so its test does not run: ${petclinic}`);

const running: Program[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.kill()));
});

/**
 * Imports one state after another through the command line, while two processes follow. On the way
 * one of them is killed and comes back, and so is the server.
 */
async function follow(states: readonly string[], killFollowerAt: number, killServerAt: number) {
  await withDirectory(async (directory) => {
    let server = await serve(['--data', directory]);
    running.push(server.program);
    const startFollower = () => {
      const follower = new Follower(server.url, '/config');
      running.push(follower.program);
      return follower;
    };
    const steady = startFollower();
    let restarted = startFollower();
    // A process that comes later is given what is there by then, and has no change to tell of.
    await steady.reached(0);
    let before = new Map<string, unknown>();
    for (const [step, state] of states.entries()) {
      if (step === killFollowerAt) await restarted.program.kill();
      if (step === killServerAt) {
        await server.program.kill();
        server = await serve(['--data', directory], server.port);
        running.push(server.program);
      }
      const seen = steady.lines.filter(({ kind }) => kind === 'change').length;
      const args = ['import', state, '--at', '/config', '--prune', '-o', 'json'];
      const imported = await confer(args, { url: server.url });
      expect(imported.stderr).not.toMatch(/error/);
      expect(imported.code).toBe(0);
      const { revision } = JSON.parse(imported.stdout);
      const expected = leavesOf(parseDirectory(state), '/config');

      const { entries, reported } = await steady.reached(revision);
      expect(entries, `step ${step}`).toEqual(expected);
      const paths = reported.slice(seen).flatMap(({ changes }) => changes.map(({ path }) => path));
      expect(paths.sort(), `step ${step}`).toEqual(differing(before, expected));
      before = expected;

      if (step === killFollowerAt) restarted = startFollower();
      const other = await restarted.reached(revision);
      expect(other.entries, `step ${step}`).toEqual(expected);
    }
    const last = states.at(-1) ?? '';
    const again = await confer(['import', last, '--at', '/config', '--prune', '-o', 'json'], {
      url: server.url,
    });
    expect(JSON.parse(again.stdout)).toMatchObject({ added: 0, changed: 0, removed: 0 });
    const exported = await confer(['export', '/config', '-o', 'json'], { url: server.url });
    expect(JSON.parse(exported.stdout)).toEqual(parseDirectory(last));
    expect((await server.program.kill('SIGTERM')).code).toBe(0);
  });
}

/** The paths whose data differ, in plain order. */
function differing(before: Map<string, unknown>, after: Map<string, unknown>): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths]
    .filter((path) => JSON.stringify(before.get(path)) !== JSON.stringify(after.get(path)))
    .sort();
}

describe('W3 W4 W5 W7 S1 mirrors in real processes', () => {
  it('follow our own example across restarts', { timeout: 60_000 }, async () => {
    const states = ['bookshop', 'bookshop-next', 'bookshop'].map((name) =>
      join(root, 'examples', name),
    );
    await follow(states, 1, 2);
  });

  it.runIf(isThere)(
    `follow ${STATES.length} states of a real repository across restarts (with CONFER_TEST_DATA)`,
    { timeout: 180_000 },
    async () => {
      const states = STATES.map((state) => join(petclinic, String(state).padStart(2, '0')));
      await follow(states, Math.floor(states.length / 3), Math.floor((2 * states.length) / 3));
    },
  );
});
