// What `store.test.ts` runs in processes of its own, on the built engine: node store-child.mjs
// write DIRECTORY [COUNT] | look. Each line on stdout is one thing that happened, written at once.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openLmdbEngine } from '../../server/dist/engine/lmdb/open.js';

const [, , task, directory, count = '80'] = process.argv;
const say = (line) => writeSync(1, `${line}\n`);
let ids = 0;

const setTimer = (delayMs, run) => {
  const timer = setTimeout(run, delayMs);
  timer.unref();
  return { cancel: () => clearTimeout(timer) };
};

const open = (path) =>
  openLmdbEngine({
    directory: path,
    clock: { now: () => Date.now(), setTimer },
    uptimeMs: () => performance.now(),
    random: Math.random,
    newId: () => `${process.pid}-${ids++}`,
    defer: setImmediate,
    pid: process.pid,
    segmentBytes: 48 * 1024,
  });

function writeOf(i) {
  const value = i % 9 === 8 ? `${i} `.padEnd(15_000, 'long') : String(i);
  const operations = [
    { type: 'put', path: `/k/${i % 7}`, value },
    { type: 'put', path: '/last', value: String(i) },
  ];
  if (i % 11 === 10) operations.push({ type: 'put', path: `/gone/${i}`, value: '' });
  if (i % 22 === 21) operations.push({ type: 'delete', path: '/gone', recursive: true });
  return { operations, conditions: [], actor: 'child', requestId: `write-${i}` };
}

const tasks = {
  /**
   * Writes numbers in turn, each into one of seven paths and into one that always has the last, in one
   * commit. Says each that was acknowledged, and what others were told.
   */
  async write() {
    const engine = await open(directory);
    engine.feed.consume(() => {});
    engine.health.onChange((health) => say(`health ${health.kind}`));
    say('open');
    for (let i = 0; i < Number(count); i++) {
      await engine.writes.commit(writeOf(i)).then(
        ({ revision }) => say(`ack ${i} ${revision}`),
        (error) => say(`refused ${i} ${error.code}`),
      );
      if (i % 25 === 24)
        await engine.maintenance.compact(engine.reads.revision - 5).catch(() => {});
    }
    await engine.close();
    say(`closed ${engine.health.current.kind}`);
  },

  /** Opens each directory that it is told of, and says what is in it. */
  async look() {
    for await (const path of createInterface({ input: process.stdin })) {
      try {
        const engine = await open(path);
        const { revision } = engine.reads;
        const entries = [...engine.reads.scan({ subtree: '/', at: revision })];
        const history = [...engine.reads.history(engine.reads.compactedRevision)].length;
        const expected = revision - engine.reads.compactedRevision;
        const values = Object.fromEntries(entries.map((e) => [e.path, e.value.split(' ')[0]]));
        // The last one once more.
        const known = await engine.writes.commit(writeOf(Number(values['/last'] ?? -1)));
        await engine.close();
        say(JSON.stringify({ revision, values, history, expected, known: known.revision }));
      } catch (error) {
        say(JSON.stringify({ problem: error.message }));
      }
    }
  },
};

await tasks[task]();
