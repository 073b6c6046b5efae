// A program as a user would write one: mirrors a subtree and tells, one JSON line each, what it sees.
import { connect } from '@confer/client';

const [url, path] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const confer = connect(url, { client: { name: 'follower' } });
const mirror = confer.mirror(path);
const show = () => Object.fromEntries(mirror.list().map(({ path: at, value }) => [at, value]));

mirror.on('change', ({ revision, origin, changes }) =>
  say({
    kind: 'change',
    revision,
    origin,
    changes: changes.map((change) => ({ type: change.type, path: change.path })),
    entries: show(),
  }),
);
mirror.on('status', ({ to }) => say({ kind: 'status', status: to }));
const { revision } = await mirror.ready({ timeoutMs: 60_000 });
say({ kind: 'ready', revision, entries: show() });
