/** Safeguards of the LMDB engine: the simulation runs it on a model of its disk. */
const writes = 'server/src/engine/lmdb/writes.ts';
const compaction = 'server/src/engine/lmdb/compaction.ts';
const logged = 'server/src/engine/lmdb/wal/logged-storage.ts';
const opening = 'server/src/engine/lmdb/wal/open-log.ts';
const log = 'server/src/engine/lmdb/wal/write-ahead-log.ts';
const replaying = 'server/src/engine/lmdb/wal/replay.ts';

export const durableMutants = [
  {
    name: 'store: request ids remembered',
    edits: [
      {
        file: writes,
        find: 'turn.outcomes.get(request.requestId) ?? this.#known(request, tables)',
        replace: 'turn.outcomes.get(request.requestId)',
      },
    ],
  },
  {
    name: 'store: request ids outlive compaction',
    edits: [
      {
        file: compaction,
        find: 'end: upTo + 1, limit',
        replace: 'end: Number.MAX_SAFE_INTEGER, limit',
      },
    ],
  },
  {
    name: 'store: request ids are read back when it opens',
    edits: [
      {
        file: 'server/src/engine/lmdb/idempotency-window.ts',
        find: 'for (const [id, at] of youngest(tables).reverse()) this.#index.add(id, at);',
        replace: '',
      },
    ],
  },
  {
    name: 'store: a refusal looks whether the write was made before',
    edits: [
      {
        file: writes,
        find: 'const known = this.#knownOrUnknown(request);',
        replace: 'const known = undefined;',
      },
    ],
  },
  {
    name: 'store: a write of unknown outcome is not refused',
    edits: [
      {
        file: writes,
        find: "if (error instanceof WriteFailure && error.outcome === 'unknown')\n",
        replace: 'if (false)\n',
      },
      {
        file: 'server/src/engine/lmdb/errors.ts',
        find: "if (error.outcome === 'unknown')",
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'store: durable before the answer',
    edits: [
      {
        file: writes,
        find: '    try {\n      await this.#context.transaction(',
        replace: `    try {
      queueMicrotask(() => turn.taken.forEach(({ resolve }, i) => resolve({ revision: this.#context.visible().revision + i + 1, puts: 1, deletes: 0 })));
      await this.#context.transaction(`,
      },
    ],
  },
  {
    name: 'log: an append that failed is withdrawn',
    edits: [
      {
        file: log,
        find: 'return this.#active.file.cut(this.#active.endBytes);',
        replace: 'return Promise.resolve();',
      },
    ],
  },
  {
    name: 'log: where that fails, the outcome is unknown',
    edits: [
      {
        file: logged,
        find: "      this.#trouble = { reason: reasonOf(error), isFinal: true };\n      return new WriteFailure('unknown', isForWantOfRoom, reasonOf(error));\n",
        replace: '',
      },
    ],
  },
  {
    name: 'log: a segment is used again once it is in the tables',
    edits: [
      {
        file: logged,
        find: 'if (this.#stack.frozen !== undefined) await (this.#checkpoint ?? this.#beginCheckpoint());',
        replace: '',
      },
    ],
  },
  {
    name: 'log: the tables name a segment with its last slice',
    edits: [
      {
        file: logged,
        find: `    await this.#writeSlices(frozen);
    const place = { sequence, records: 1, isClosed: false, direct: this.#direct };
    await this.#base.transaction((tables) => putMeta(tables, 'wal', place));
`,
        replace: `    const place = { sequence, records: 1, isClosed: false, direct: this.#direct };
    await this.#base.transaction((tables) => putMeta(tables, 'wal', place));
    await this.#writeSlices(frozen);
`,
      },
    ],
  },
  {
    name: 'log: a large transaction comes after all before it',
    edits: [
      {
        file: logged,
        find: '    await this.#flush();\n    const direct',
        replace: '    const direct',
      },
    ],
  },
  {
    name: 'log: a large transaction says what the tables have',
    edits: [
      {
        file: logged,
        find: "      putMeta(tables, 'wal', place);\n      return slices",
        replace: '      return slices',
      },
    ],
  },
  {
    name: 'log: what it has is written into the tables when it opens',
    edits: [
      {
        file: opening,
        find: '  await writeSlices(base, rows, defer);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'log: of rows of one key the last counts',
    edits: [
      {
        file: 'server/src/engine/lmdb/wal/memtable.ts',
        find: 'rows.filter((row, i) => row.text !== rows[i + 1]?.text)',
        replace: 'rows.filter((row, i) => row.text !== rows[i - 1]?.text)',
      },
    ],
  },
  {
    name: 'log: it ends where the next segment is announced',
    edits: [
      {
        file: replaying,
        find: "if (record.rows === 'turn') return true;",
        replace: "if (record.rows === 'turn') return false;",
      },
    ],
  },
  {
    name: 'log: a segment is closed with what it has',
    edits: [
      {
        file: logged,
        find: '        await this.#flush();\n        await this.#sayWhere(true);',
        replace: '        await this.#sayWhere(true);',
      },
    ],
  },
  {
    name: 'store: what is written shows once it came out',
    edits: [
      {
        file: logged,
        find: '    this.#durable = written;\n  }',
        replace:
          '    this.#stack.active.take(written);\n    await new Promise((resolve) => this.#parts.defer(resolve));\n  }',
      },
    ],
  },
  {
    name: 'store: a disk that is well again is used',
    edits: [
      {
        file: 'server/src/engine/lmdb/disk-capacity.ts',
        find: 'if (isPlenty) this.#isShort = false;\n    return isPlenty;',
        replace: 'return false;',
      },
    ],
  },
  {
    name: 'store: deletes are known beyond compaction',
    edits: [
      {
        file: compaction,
        find: 'if (gone !== undefined && goneOf(gone).revision === revision)',
        replace:
          'if (gone !== undefined) tables.tombstones.remove(path);\n  if (gone !== undefined && goneOf(gone).revision === revision)',
      },
    ],
  },
  {
    name: 'store: a path that lives again is not among the deleted',
    edits: [
      {
        file: 'server/src/engine/lmdb/commit-rows.ts',
        find: '  tombstones.remove(path);\n  if (gone.revision',
        replace: '  if (gone.revision',
      },
    ],
  },
  {
    name: 'store: a value that lies apart lives as long as history',
    edits: [
      {
        file: compaction,
        find: 'tables.values.remove([link.before.modRevision, path]);',
        replace: 'tables.values.remove([revision, path]);',
      },
    ],
  },
].map((mutant) => ({ ...mutant, engine: 'lmdb' }));
