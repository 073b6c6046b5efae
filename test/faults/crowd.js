// Many clients in one process, each with a mirror of everything, or of a subtree, that judge what they are told.
// Says "ready" once all are live; answers each line on stdin with one line of JSON.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { connect } from '@confer/client';

/** One, or several separated by commas. */
const [url, options] = process.argv.slice(2);
const { clients, retry, path = '/' } = JSON.parse(options);
const problems = [];
/** When clients came back, counted from the first loss. */
let lostAt;
let opened = [];
/** How long each chose to wait first. */
let waits = [];
/** How long each was without a connection. */
let away = [];
const staleAt = [];

function start(index) {
  const client = connect(url.split(','), {
    client: { name: `crowd-${index}` },
    retry,
    onError: (error) => problems.push(String(error)),
  });
  const mirror = client.mirror(path);
  let shown;
  let last = 0;
  let isBack = true;
  let awaySince;
  client.on('status', (status) => {
    const { kind } = status;
    if (kind === 'open' && awaySince !== undefined) away.push(Date.now() - awaySince);
    awaySince = kind === 'open' ? undefined : (awaySince ?? Date.now());
    if (kind === 'waiting') {
      lostAt ??= Date.now();
      if (isBack) waits.push(status.retryAt - Date.now());
    }
    isBack = kind === 'open' || (isBack && kind !== 'waiting');
    if (kind === 'open' && lostAt !== undefined) opened.push(Date.now() - lostAt);
  });
  mirror.on('status', ({ to }) => {
    if (to === 'stale') staleAt.push(Date.now());
    if (to === 'live') shown ??= new Map(mirror.list().map((it) => [it.path, it.modRevision]));
  });
  mirror.on('change', ({ revision, changes }) => {
    if (revision <= last) problems.push(`${index}: ${revision} came after ${last}`);
    last = revision;
    for (const change of changes) {
      const { path, prev } = change;
      if (shown.get(path) !== prev?.modRevision)
        problems.push(
          `${index}: ${path} at ${revision} follows ${prev?.modRevision}, not ${shown.get(path)}`,
        );
      if (change.type === 'put') shown.set(path, change.entry.modRevision);
      else shown.delete(path);
    }
    if (shown.size !== mirror.size)
      problems.push(`${index}: the changes up to ${revision} do not add up`);
  });
  return mirror;
}

const mirrors = Array.from({ length: clients }, (_, index) => start(index));
await Promise.all(mirrors.map((mirror) => mirror.ready({ timeoutMs: 120_000 })));
process.stdout.write('ready\n');

function show(what) {
  const live = mirrors.filter(({ status }) => status === 'live');
  const hash = (mirror) => {
    const text = mirror.list().map(({ path, modRevision }) => `${path}@${modRevision}\n`);
    return createHash('sha256').update(text.join('')).digest('hex');
  };
  const revisions = mirrors.map(({ revision }) => revision);
  return {
    live: live.length,
    revisionMin: Math.min(...revisions),
    // Takes seconds with many large mirrors, in which no client could do anything else.
    contents: what === 'contents' ? [...new Set(mirrors.map(hash))] : [],
    problems: problems.slice(0, 10),
    opened,
    waits,
    away,
    staleAt,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'forget') {
    lostAt = undefined;
    opened = [];
    waits = [];
    away = [];
  }
  process.stdout.write(`${JSON.stringify(show(line))}\n`);
}
