/** Safeguards of the etcd engine: gateways run on a model of a cluster. */
export const etcdMutants = [
  {
    off: {
      'etcd-makes-a-request-once': {
        becomes: "return { key: keyspace.keyOf('/none'), target: { version: 0 } };",
      },
    },
  },
  { off: { 'refusal-is-written-down': { find: 'voidPut(write, keyspace)', replace: '' } } },
  { off: { 'many-conditions-hold-the-head': 'drop' } },
  { off: { 'write-is-answered-after-it-is-shown': 'never' } },
  { off: { 'lost-connection-leaves-a-doubt': 'always' } },
  { off: { 'barrier-is-not-shared-with-who-came-before': { becomes: 'return this.#running;' } } },
  { off: { 'barrier-waits-for-the-replica': 'never', 'barrier-compares-the-head': 'drop' } },
  {
    off: {
      'progress-of-the-stream-is-trusted-where-it-is-sound': {
        find: '&& this.#options.isProgressSound',
        replace: '',
      },
    },
  },
  {
    off: {
      'watch-goes-on-after-what-is-shown': {
        becomes: 'after: Math.max(headRevision, state.replica.revision)',
      },
    },
  },
  { off: { 'restore-is-noticed': { before: 'return undefined;' } } },
  {
    off: { 'deleted-epoch-key-ends-the-history': { when: 'text === null || !this.isOther(text)' } },
  },
  { off: { 'hidden-keys-are-counted': 'never' } },
  { off: { 'silent-member-is-left': 'never' } },
  { off: { 'reload-takes-away-what-is-gone': 'never' } },
].map((mutant) => ({ ...mutant, engine: 'etcd' }));
