/**
 * Asks a client for nearly all that there is, and prints what came of it. Two builds of the client
 * print the same: what differs from run to run is left out.
 */
import { WebSocket } from 'ws';

globalThis.WebSocket = WebSocket;
// What pages have, and Node has not.
globalThis.addEventListener ??= () => {};

const [, , build, extrasBuild, url] = process.argv;
const { connect, ...errors } = await import(build);
const { extras } = await import(extrasBuild);

const VOLATILE =
  /^(now|at|since|heardAt|sureUntil|\w+Ms|\w+At|time|session|epoch|timeline|urls?|updatedBy|actor)$/;
const told = [];
const tell = (what, value) => told.push({ what, value });
const failure = (promise) =>
  promise.then(
    () => 'no error',
    (error) => ({
      ...error,
      message: error.message,
      isA: Object.keys(errors).filter((name) => error instanceof errors[name]),
    }),
  );

const client = connect(url, {
  extras,
  client: { name: 'tour', version: '1', labels: { part: 'all' } },
  token: async () => 'token',
  onError: (error) => tell('onError', error.message),
});
client.on('status', ({ kind }) => tell('status of the client', kind));
const mirror = client.mirror('/tour');
mirror.on('status', (change) => tell('status of the mirror', change));
mirror.on('change', (change) => tell('change', change));
await mirror.ready();
const changes = mirror.changes();
const watch = client.watch('/tour', { prev: true });
tell('started', await watch.started());

tell('set', await client.set('/tour/a', '1', { note: 'first' }));
tell(
  'commit',
  await client.commit({
    operations: ['b/c', 'b/d', 'e'].map((name) => ({
      type: 'put',
      path: `/tour/${name}`,
      value: name,
    })),
    conditions: [{ path: '/tour/a', modRevision: 1 }],
  }),
);
tell('remove', await client.remove('/tour/b', { recursive: true }));
tell('get', await client.get('/tour/a'));
tell('list', await client.list('/', { depth: 1 }));
tell('list without values', await client.list('/tour', { values: false }));
tell('read', [mirror.list(), mirror.value('/tour/e'), mirror.size, mirror.revision]);
tell('snapshot', [...mirror.getSnapshot().entries]);
await mirror.waitFor(3);
tell('verify', await mirror.verify());
tell('first of changes', await changes.next());
for (const _ of [1, 2, 3]) tell('watch', await watch.next());
tell('position', watch.position);

tell('conflict', await failure(client.set('/tour/a', '2', { ifRevision: 9 })));
tell('bad path', await failure(client.set('tour', '2')));
tell('bad value', await failure(client.set('/tour/x', '\ud800')));
tell('timeout', await failure(mirror.waitFor(99, { timeoutMs: 1 })));
tell('aborted', await failure(client.get('/tour/a', { signal: AbortSignal.abort() })));
tell('compact', await client.compact());
const late = client.watch('/tour', { after: { ...watch.position, revision: 1 } });
tell('compacted', await failure(late.next()));

tell('server', Object.keys(await client.serverStatus()));
client.checkNow();
const { connection, ...inner } = client.diagnostics();
// Whether a heartbeat has named a later one is a matter of time.
tell('diagnostics', { ...inner, connection: { ...connection, revision: '' } });
watch.close();
tell('end', await watch.next());
mirror.close();
await client.close();
tell('closed', await failure(client.get('/tour/a')));
console.log(
  JSON.stringify(told, (key, value) => (VOLATILE.test(key) ? '' : value), 1).replaceAll(url, ''),
);
