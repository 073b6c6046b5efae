/** Asks the bundle for pages for what it leaves out, and then once more with what it was told to load. */
import { WebSocket } from 'ws';

globalThis.WebSocket = WebSocket;
globalThis.addEventListener ??= () => {};

const [, , build, extrasBuild, coordinationBuild, url] = process.argv;
const { connect } = await import(build);
const { extras } = await import(extrasBuild);
const { createSequential } = await import(coordinationBuild);
const thrown = async (ask) => {
  try {
    await ask();
    return 'nothing';
  } catch ({ code, message }) {
    return [code, message];
  }
};
/** Larger than a frame. */
const operations = Array.from({ length: 12 }, (_, i) => ({
  ...{ type: 'put', path: `/large/${i}`, value: 'x'.repeat(1_000_000) },
}));

const page = connect(url);
const mirror = page.mirror('/large');
await mirror.ready();
const said = {
  watch: await thrown(() => page.watch('/large')),
  txn: await thrown(() => page.txn({ then: [] })),
  changes: await thrown(() => mirror.changes()),
  commit: await thrown(() => page.commit({ operations })),
  entriesWithout: mirror.size,
};
const whole = connect(url, { extras });
const { revision } = await whole.commit({ operations });
await mirror.waitFor(revision);
const entriesWith = mirror.size;
const get = { type: 'get', path: '/swapped' };
await whole.set('/swapped', '1');
const { succeeded, results } = await whole.txn({
  if: [{ path: '/swapped', value: '1' }],
  then: [get, { type: 'put', path: '/swapped', value: '2' }],
});
const jobs = [
  await createSequential(whole, '/jobs', 'a'),
  await createSequential(whole, '/jobs', 'b'),
];
console.log(
  JSON.stringify({
    ...{ ...said, entriesWith, isLive: mirror.status === 'live' },
    decided: [succeeded, results[0].entry.value],
    numbers: jobs.map(({ path }) => path),
  }),
);
await Promise.all([page.close(), whole.close()]);
