/** Safeguards of the etcd engine: gateways run on a model of a cluster. */
const engine = 'server/src/engine/etcd';
const txn = `${engine}/writing/txn-write.ts`;
const writer = `${engine}/writing/writer.ts`;
const barrier = `${engine}/barrier.ts`;
const watch = `${engine}/upstream/upstream-watch.ts`;
const upstream = `${engine}/upstream/upstream.ts`;
const guard = `${engine}/epoch/epoch-guard.ts`;

const one = (name, file, find, replace) => ({
  name: `etcd: ${name}`,
  engine: 'etcd',
  edits: [{ file, find, replace }],
});

export const etcdMutants = [
  one(
    'a request is made once',
    txn,
    'return { key, target: voided === 0 ? { version: 0 } : { modRevision: voided } };',
    "return { key: keyspace.keyOf('/none'), target: { version: 0 } };",
  ),
  one(
    'what is refused is written down',
    txn,
    'const voiding = { compare, success: [voidPut(write, keyspace)], failure: [] };',
    'const voiding = { compare, success: [], failure: [] };',
  ),
  one(
    'many conditions hold the head',
    txn,
    '...(headRevision === undefined ? [] : [{ key: head, target: { modRevision: headRevision } }]),',
    '',
  ),
  one(
    'a write is answered after it is shown',
    writer,
    'if (!(await waiters.wait(revision, SHOWN_MS)))',
    'if (revision < 0 && !(await waiters.wait(revision, SHOWN_MS)))',
  ),
  one(
    'a lost connection leaves a doubt',
    `${engine}/client/cluster.ts`,
    "return this.message.includes('no leader');",
    'return true;',
  ),
  one(
    'a barrier is not shared with who came before',
    barrier,
    'this.#next ??= this.#running.catch(() => {}).then(() => this.#begin());\n    return this.#next;',
    'return this.#running;',
  ),
  {
    name: 'etcd: a barrier waits for the replica',
    engine: 'etcd',
    edits: [
      {
        file: barrier,
        find: 'if (!(await waiters.wait(head.revision, Math.max(TRY_MS, endMs - uptimeMs()))))',
        replace: 'if (endMs < 0)',
      },
      { file: barrier, find: 'this.#requireSame(head);', replace: '' },
    ],
  },
  one(
    'progress of the stream is trusted in newer versions only',
    watch,
    '(watchId === NO_WATCH && this.#options.isProgressSound)',
    'watchId === NO_WATCH',
  ),
  one(
    'a watch goes on after what is shown',
    upstream,
    'after: state.replica.revision,',
    'after: Math.max(headRevision, state.replica.revision),',
  ),
  one(
    'a restore is noticed',
    guard,
    'const restored = restoredBecause(epoch, look, Math.max(floor, look.floor));\n    if (restored !== undefined) return restored;',
    'if (floor > -1) return undefined;',
  ),
  one(
    'a deleted epoch key ends the history',
    guard,
    'if (revision <= (this.#followed?.since ?? 0) || !this.isOther(text)) return undefined;',
    'if (text === null || !this.isOther(text)) return undefined;',
  ),
  one(
    'keys that are not shown are counted',
    `${engine}/upstream/assemble.ts`,
    "if (type === 'put' && entry === undefined) sidecars.skip(kv.key, kv.version);\n  else",
    "if (type === 'put' && entry !== undefined)",
  ),
  one(
    'a watch that says nothing is left',
    `${engine}/upstream/upstream-beat.ts`,
    'if (this.#silent >= SILENT_AFTER) {',
    'if (this.#silent < 0) {',
  ),
  one(
    'a reload takes away what is gone',
    `${engine}/upstream/reload.ts`,
    'if (!there.has(path))',
    "if (there.has('/'))",
  ),
];
