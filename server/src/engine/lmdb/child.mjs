// What `lmdb.test.ts` runs in processes of its own, on the built engine: node child.mjs
// <task> <directory>. Each line on stdout is one thing that happened, written at once.
import { writeSync } from 'node:fs';
import { openLmdbEngine } from '../../../dist/engine/lmdb/open.js';

const [, , task, directory] = process.argv;
const say = (line) => writeSync(1, `${line}\n`);
const clock = { now: () => 1_700_000_000_000, setTimer: () => ({ cancel() {} }) };
const uptimeMs = () => performance.now();
const random = Math.random;
const newId = () => `${process.pid}-${ids++}`;
let ids = 0;

const engine = await openLmdbEngine({
  directory,
  clock,
  uptimeMs,
  random,
  newId,
  defer: setImmediate,
  pid: process.pid,
}).catch((error) => {
  say(`${error.kind} ${error.message}`);
  process.exit(1);
});
say('open');

const write = (operations) =>
  engine.writes.commit({ operations, conditions: [], actor: 'child', requestId: newId() });

const tasks = {
  hold: () => setInterval(() => {}, 1_000),

  /** 16 writers; each counts up in two entries of one commit and says what was acknowledged. */
  async count() {
    const counter = async (name) => {
      const start = Number(engine.reads.get(`/${name}/a`)?.value ?? 0);
      for (let value = String(start + 1); ; value = String(Number(value) + 1)) {
        const put = (path) => ({ type: 'put', path, value });
        await write([put(`/${name}/a`), put(`/${name}/b`)]);
        say(`${name} ${value}`);
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, i) => counter(`w${i}`)));
  },

  /** Fills the disk by writing over and over; then makes room, and shows that there is some. */
  async wayOut() {
    const value = 'x'.repeat(20_000);
    const told = (operations) =>
      write(operations).then(
        () => 'ok',
        ({ code }) => code,
      );
    const put = (i) => told([{ type: 'put', path: `/k/${i % 400}`, value }]);
    let i = 0;
    while ((await put(i)) === 'ok') i++;
    say(`full ${await put(i)}`);
    const deletes = new Set();
    for (let j = 0; j < 300; j++) deletes.add(await told([{ type: 'delete', path: `/k/${j}` }]));
    say(`deletes ${[...deletes]}`);
    say(
      `compact ${await engine.maintenance.compact(engine.reads.revision).then(
        () => 'ok',
        ({ code }) => code,
      )}`,
    );
    const puts = new Set();
    for (let j = 0; j < 100; j++) puts.add(await put(j));
    say(`puts ${[...puts]}`);
    say(`all ${await told([{ type: 'delete', path: '/', recursive: true }])}`);
    await engine.close();
    say('closed');
    process.exit(0);
  },

  /** One writer; says the revision of each write. */
  async one() {
    for (let i = 0; ; i++) {
      const { revision } = await write([{ type: 'put', path: `/k${i % 50}`, value: String(i) }]);
      say(revision);
    }
  },

  /** Commits of 2,500 entries over and over, each removed as a whole by every third. */
  async large() {
    for (let round = engine.reads.revision + 1; ; round++) {
      const put = (_, i) => ({ type: 'put', path: `/big/${i}`, value: String(round) });
      const puts = Array.from({ length: 2_500 }, put);
      const remove = { type: 'delete', path: '/big', recursive: true };
      const { revision } = await write(round % 3 === 0 ? [remove] : puts);
      say(revision);
    }
  },

  /** Writes until it is refused, then shows that it can still read and, with room, write. */
  async fill() {
    await write([{ type: 'put', path: '/small', value: 'before' }]);
    const value = 'x'.repeat(512 * 1024);
    for (let i = 0; i < 1_000; i++) {
      const refused = await write([
        { type: 'put', path: `/large/${i}`, value },
        { type: 'put', path: '/small', value: 'half' },
      ]).then(
        () => undefined,
        (error) => error,
      );
      if (refused === undefined) await write([{ type: 'put', path: '/small', value: 'before' }]);
      else {
        say(refused.code);
        break;
      }
    }
    say(engine.reads.get('/small').value);
    await write([{ type: 'put', path: '/small', value: 'after' }]);
    say(engine.reads.get('/small').value);
    await engine.close();
  },
};

await tasks[task]();
