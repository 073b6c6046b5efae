/** Safeguards of the LMDB engine: the simulation runs it on a model of its disk. */
export const durableMutants = [
  {
    off: {
      'request-is-made-once': { becomes: 'const known = turn.outcomes.get(request.requestId);' },
    },
  },
  {
    off: {
      'requests-outlive-compaction': { find: 'upTo + 1', replace: 'Number.MAX_SAFE_INTEGER' },
    },
  },
  { off: { 'requests-are-read-back': 'drop' } },
  { off: { 'refused-request-was-not-made-before': { becomes: 'const known = undefined;' } } },
  { off: { 'unknown-outcome-is-remembered': 'never', 'unknown-outcome-is-no-refusal': 'never' } },
  {
    off: {
      'answer-comes-after-the-disk': {
        before: `queueMicrotask(() => turn.taken.forEach(({ resolve }, i) =>
          resolve({ revision: this.#context.visible().revision + i + 1, puts: 1, deletes: 0 })));`,
      },
    },
  },
  { off: { 'failed-append-is-withdrawn': { returns: 'Promise.resolve()' } } },
  {
    off: {
      'failed-withdrawal-leaves-a-doubt': {
        before: "return new WriteFailure('nothing written', isForWantOfRoom, reasonOf(error));",
      },
    },
  },
  { off: { 'segment-is-in-the-tables-before-its-file-is-used-again': 'drop' } },
  { off: { 'tables-have-a-segment-before-they-name-it': 'later 2' } },
  { off: { 'large-transaction-comes-after-all-before-it': 'drop' } },
  { off: { 'large-transaction-says-what-the-tables-have': 'drop' } },
  { off: { 'log-is-in-the-tables-when-it-is-open': 'drop' } },
  {
    off: {
      'last-row-of-a-key-counts': {
        find: 'row.text !== rows[i + 1]',
        replace: 'row.text !== rows[i - 1]',
      },
    },
  },
  { off: { 'log-ends-where-the-next-segment-is-announced': { find: 'true', replace: 'false' } } },
  { off: { 'segment-is-closed-with-what-it-has': 'drop' } },
  {
    off: {
      'written-shows-once-it-came-out': {
        becomes: `this.#stack.active.take(written);
          await new Promise((resolve) => this.#parts.defer(resolve));`,
      },
    },
  },
  { off: { 'disk-that-is-well-again-is-used': { returns: 'false' } } },
  {
    off: {
      'deletes-are-known-beyond-compaction': {
        before: 'if (gone !== undefined) tables.tombstones.remove(path);',
      },
    },
  },
  { off: { 'path-that-lives-is-not-among-the-deleted': 'drop' } },
  {
    off: {
      'value-that-lies-apart-lives-as-long-as-history': {
        find: '[link.before.modRevision, path]',
        replace: '[revision, path]',
      },
    },
  },
].map((mutant) => ({ ...mutant, engine: 'lmdb' }));

/** Noticed by the test that `by` names, a file and a part of a title. */
export const recordMutants = [
  {
    name: 'record-with-a-torn-row-is-none',
    off: { 'record-with-a-torn-row-is-none': 'never' },
    by: { file: 'server/src/engine/lmdb/wal/record.test.ts', title: 'S1 is none where' },
  },
];
