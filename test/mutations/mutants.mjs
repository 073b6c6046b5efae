const machine = 'client/src/watch/watch-machine.ts';
const session = 'server/src/session/session.ts';
const memory = 'server/src/engine/memory/memory.ts';
const watcher = 'server/src/watch/watcher.ts';
const group = 'server/src/watch/group.ts';
const hub = 'server/src/watch/hub.ts';
const table = 'client/src/mirror/entry-table.ts';
const network = 'test/support/network.ts';

/** No network that keeps order does this: two batches that arrived together change places. */
const disorder = [
  {
    file: network,
    find: 'const next = this.#down.waiting.shift();',
    replace: `const isBatch = (one) => one?.frame.startsWith('{"type":"commits"');
      const [a, b] = this.#down.waiting;
      if (this.#down.arrived > 0 && isBatch(a) && isBatch(b)) this.#down.waiting.splice(0, 2, b, a);
      const next = this.#down.waiting.shift();`,
  },
];

/** No network that keeps order does this: every second batch comes twice. */
const repetition = [
  {
    file: network,
    find: 'const next = this.#down.waiting.shift();',
    replace: `const [a] = this.#down.waiting;
      if (a?.frame.startsWith('{"type":"commits"') && !a.frame.includes('"more":true')) {
        globalThis.isRepeated = !globalThis.isRepeated;
        if (globalThis.isRepeated) {
          this.#down.waiting.unshift(a);
          this.#down.waitingBytes += a.bytes;
          this.#down.arrived += 1;
        }
      }
      const next = this.#down.waiting.shift();`,
  },
];

/** Now and then a page lacks an entry that its digest counts. */
const forgetfulPages = [
  {
    file: 'server/src/watch/snapshot-page.ts',
    find: 'page.add(text);',
    replace:
      'globalThis.pushed = (globalThis.pushed ?? 0) + 1;\nif (globalThis.pushed % 50 !== 0) page.add(text);',
  },
];

/** Now and then a clear names a subtree that is smaller than what went. */
const miscounted = [
  {
    file: 'server/src/watch/commit-projection.ts',
    find: 'if (entries > 1) this.#changes[place] = { ...clear, entries };',
    replace: `if (entries > 1) {
        globalThis.cleared = (globalThis.cleared ?? 0) + 1;
        const path = globalThis.cleared % 5 === 0 ? clear.path + '/b' : clear.path;
        this.#changes[place] = { ...clear, path, entries };
      }`,
  },
];

/**
 * One safeguard each. `plant` is a fault that the safeguard is there for, where no correct server or
 * network commits it: with the safeguard on, the simulation must find nothing but what contains one
 * of `told`, and that does not count when it is off either.
 */
export const mutants = [
  {
    name: 'client: gap check',
    plant: disorder,
    told: ['was sent what does not fit: a gap'],
    edits: [{ file: machine, find: 'if (position.revision < frame.from)', replace: 'if (false)' }],
  },
  {
    name: 'client: position rule',
    plant: repetition,
    edits: [
      { file: machine, find: 'if (frame.to <= position.revision) return { state };', replace: '' },
      {
        file: 'client/src/watch/pending-pages.ts',
        find: 'if (commit.revision <= revision) continue;',
        replace: '',
      },
    ],
  },
  {
    name: 'client: snapshot swapped at its end',
    edits: [
      {
        file: machine,
        find: '? { state: withPage(state, event) }',
        replace: `? { state: withPage(state, event), effect: { type: 'replace',
            pages: pagesOf(withPage(state, event).pages),
            position: { epoch: state.epoch, revision: event.revision }, checksum: {} } }`,
      },
    ],
  },
  {
    name: 'client: pages of a snapshot that began again',
    edits: [
      {
        file: machine,
        find: 'const before = revision === state.revision ? state.pages : undefined;',
        replace: 'const before = state.pages;',
      },
    ],
  },
  {
    name: 'client: batch with `more` waits for its end',
    edits: [
      {
        file: machine,
        find: 'if (frame.more === true) return { state: { ...state, batch } };',
        replace: '',
      },
    ],
  },
  {
    name: 'client: heartbeat while catching up',
    edits: [
      {
        file: machine,
        find: "return state.kind === 'live' ? beat(",
        replace: "return state.kind === 'live' || state.kind === 'catching-up' ? beat(",
      },
    ],
  },
  {
    name: 'client: event watch keeps its position until told',
    edits: [
      {
        file: machine,
        find: 'return after.epoch === epoch && after.revision === revision\n    ? live(mode, after)',
        replace: 'return true ? live(mode, { epoch, revision })',
      },
    ],
  },
  {
    name: 'client: position dropped on a lost connection',
    edits: [
      {
        file: machine,
        find: "return { kind: 'starting', mode: state.mode, position: state.position, isFresh };",
        replace: "return { kind: 'starting', mode: state.mode, position: undefined, isFresh };",
      },
    ],
  },
  {
    name: 'client: request id kept on resend',
    edits: [
      {
        file: 'client/src/requests/requests.ts',
        find: "if (request.kind === 'lasting') this.#lasting.set(id, request);",
        replace: `if (request.kind === 'lasting') this.#lasting.set(id, { ...request, frames:
          request.frames.map((one) => one.replace('"requestId":"', '"requestId":"again-')) });`,
      },
    ],
  },
  {
    name: 'client: a write waits for its mirrors',
    edits: [
      {
        file: 'client/src/values.ts',
        find: 'if (puts + deletes > 0)',
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'client: a resync tells of deletes',
    edits: [{ file: table, find: 'if (!next.#entries.has(prev.path))', replace: 'if (false)' }],
  },
  {
    name: 'client: a snapshot replaces what was there',
    edits: [
      {
        file: table,
        find: 'const entries = new Map<string, Entry>();\n    const digest = new Digest();\n    for (const page',
        replace:
          'const entries = new Map(this.#entries);\n    const digest = new Digest();\n    for (const page',
      },
    ],
  },
  {
    name: 'client: digest compared',
    plant: forgetfulPages,
    told: [
      'disagree about what it holds',
      'was given a wrong digest',
      ' in peace',
      ' lacks ',
      ' wrongly',
      'is not what the server has',
    ],
    edits: [
      {
        file: table,
        find: 'matches(checksum: Checksum, changes: readonly Change[] = []): boolean {',
        replace:
          'matches(checksum: Checksum, changes: readonly Change[] = []): boolean { return true;',
      },
    ],
  },
  {
    name: 'client: silence timer',
    edits: [
      {
        file: 'client/src/connection/inactivity-timer.ts',
        find: '() => this.#onSilent(limitMs)',
        replace: '() => {}',
      },
    ],
  },
  {
    name: 'client: backoff',
    edits: [
      {
        file: 'client/src/connection/backoff.ts',
        find: 'return this.#random() * ceilingMs;',
        replace: 'return 0;',
      },
    ],
  },
  {
    name: 'history compared on resume (server)',
    edits: [
      {
        file: hub,
        find: 'if (after.epoch !== this.#store.epoch || !isOnLine(after, this.#store.timelines))',
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'timeline compared on resume (server)',
    edits: [{ file: hub, find: ' || !isOnLine(after, this.#store.timelines)', replace: '' }],
  },
  {
    name: 'timeline compared on resume (server, event watches)',
    // Only what readers see counts: not that they are refused, nor what the judge of the wire makes of it.
    told: ['has not happened yet', 'has to be told something'],
    edits: [
      {
        file: hub,
        find: '!isOnLine(after, this.#store.timelines)',
        replace: "(mode === 'state' && !isOnLine(after, this.#store.timelines))",
      },
    ],
  },
  {
    name: 'timeline compared on resume (server, up to where the next one begins)',
    edits: [
      {
        file: 'server/src/watch/timelines.ts',
        find: 'return next === undefined || revision <= next.from;',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'client: a position keeps its timeline until it moves',
    edits: [
      {
        file: 'client/src/watch/server-watch.ts',
        find: 'if (state.position !== last.position) this.#timeline =',
        replace: 'this.#timeline =',
      },
    ],
  },
  {
    name: 'client: entries of two timelines compared by their values',
    edits: [
      {
        file: 'client/src/mirror/replica.ts',
        find: 'last.rebuilt(pages, isComparable(this.#position, position))',
        replace: 'last.rebuilt(pages, this.#position?.epoch === position.epoch)',
      },
    ],
  },
  {
    name: 'client: an older copy on another timeline is shown',
    edits: [{ file: machine, find: 'if (isSameTimeline && position', replace: 'if (position' }],
  },
  {
    name: 'client: a write waits for another timeline to be live',
    edits: [
      {
        file: 'client/src/mirror/replica.ts',
        find: 'return isComparable(this.#position, written)',
        replace: 'return this.#position?.epoch === written.epoch',
      },
    ],
  },
  {
    name: 'server: an event watch is told before a heartbeat moves it',
    edits: [
      {
        file: watcher,
        find: "return this.mode === 'events' ? 0 : undefined;",
        replace: 'return undefined;',
      },
    ],
  },
  {
    name: 'history compared on resume (both sides)',
    edits: [
      {
        file: hub,
        find: 'if (after.epoch !== this.#store.epoch || !isOnLine(after, this.#store.timelines))',
        replace: 'if (false)',
      },
      {
        file: machine,
        find: "return state.kind === 'live' || state.epoch === state.position.epoch;",
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'server: heartbeat waits for lagging watches',
    edits: [
      {
        file: session,
        find: 'revision: this.#watches.completeTo, ...behind',
        replace: 'revision: this.#service.hub.revision, ...behind',
      },
    ],
  },
  {
    name: 'server: silent clients are given up',
    edits: [
      {
        file: 'server/src/session/liveness.ts',
        find: 'const silentBeats = this.#beatsSinceSign++;',
        replace: 'const silentBeats = 0;',
      },
    ],
  },
  {
    name: 'server: answer held until the watches show it (W12)',
    edits: [
      {
        file: 'server/src/session/answers.ts',
        find: "if (reply.type === 'committed' && this.#with.completeTo() < reply.revision)",
        replace: 'if (false)',
      },
    ],
  },
  {
    name: 'server: no batch to a full connection',
    edits: [
      {
        file: group,
        find: ' || !sink.writable) {',
        replace: ') {',
      },
    ],
  },
  {
    name: 'server: a watch that missed a batch is lagging',
    edits: [
      {
        file: group,
        find: 'watcher.markLagging(previousRevision, from);',
        replace: '',
      },
    ],
  },
  {
    name: 'server: a batch starts where the last one ended',
    edits: [
      {
        file: group,
        find: 'const from = this.#batchedTo;',
        replace: 'const from = previousRevision;',
      },
    ],
  },
  {
    name: 'server: snapshot pages of one revision',
    edits: [
      {
        file: 'server/src/watch/snapshot-page.ts',
        find: 'store.scanTexts(subtree, revision, after, budget)',
        replace: 'store.scanTexts(subtree, store.revision, after, budget)',
      },
    ],
  },
  {
    name: 'server: `synced` after the last page',
    edits: [
      {
        file: watcher,
        find: 'if (page.entries > 0) this.sink.frames.send(page.frame);',
        replace:
          'if (page.entries > 0 && page.next !== undefined) this.sink.frames.send(page.frame);',
      },
      {
        file: watcher,
        find: "this.#sendSynced('snapshot', revision, state);",
        replace: `this.#sendSynced('snapshot', revision, state);
    if (page.entries > 0) this.sink.frames.send(page.frame);`,
      },
    ],
  },
  {
    name: 'server: deletes in a net difference',
    edits: [
      {
        file: 'server/src/watch/net-changes.ts',
        find: ".filter((net) => net.existed || net.last.type === 'put')",
        replace: ".filter((net) => net.last.type === 'put')",
      },
    ],
  },
  {
    name: 'server: deletes in a resync by difference',
    edits: [
      {
        file: 'server/src/watch/difference-page.ts',
        find: 'return revision > position ? JSON.stringify',
        replace: 'return revision < 0 ? JSON.stringify',
      },
    ],
  },
  {
    name: 'server: no difference where deletes were forgotten',
    edits: [
      {
        file: watcher,
        find: ' || position < this.#context.store.tombstoneFloor) {',
        replace: ') {',
      },
      {
        file: watcher,
        find: 'position < store.tombstoneFloor\n',
        replace: 'false\n',
      },
    ],
  },
  {
    name: 'server: compaction is told to a watch behind it',
    edits: [
      {
        file: 'server/src/engine/replica/replica-reads.ts',
        find: 'requireInWindow(revision, this);\n    return commitsAfter(this.#state.log, revision);',
        replace:
          'return commitsAfter(this.#state.log, Math.max(revision, this.compactedRevision));',
      },
      {
        file: 'server/src/store/store.ts',
        find: 'return this.#recent.since(revision) ?? this.#engine.reads.history(revision);',
        replace: 'return this.#engine.reads.history(revision);',
      },
    ],
  },
  {
    name: 'engine: request ids remembered',
    edits: [{ file: memory, find: 'if (known !== undefined) return known.outcome;', replace: '' }],
  },
  {
    name: 'engine: request ids outlive compaction',
    edits: [
      {
        file: memory,
        find: 'const before = this.#clock.now() - IDEMPOTENCY_WINDOW_MS;',
        replace: 'const before = Number.POSITIVE_INFINITY;',
      },
    ],
  },
  {
    name: 'engine: the feed comes before the answer',
    edits: [
      {
        file: memory,
        find: "if (commits.length > 0) this.feed.tell({ kind: 'commits', commits });",
        replace:
          'if (commits.length > 0) this.#clock.setTimer(5, () => this.feed.tell({ kind: "commits", commits }));',
      },
    ],
  },
  {
    name: 'engine: durable before the answer',
    edits: [
      {
        file: memory,
        find: 'this.#flushed = this.#flushed.then(() => this.#flush());',
        replace: `const { revision } = this.#disk;
      queueMicrotask(() => this.#pending.forEach(({ resolve }, i) => resolve({ revision: revision + i + 1, puts: 1, deletes: 0 })));
      this.#flushed = new Promise((done) => this.#clock.setTimer(20, () => { void this.#flush().then(done); }));`,
      },
    ],
  },
  {
    name: 'engine: conditions judged',
    edits: [
      {
        file: 'server/src/engine/evaluate.ts',
        find: 'if ((current?.modRevision ?? 0) !== condition.modRevision) throw',
        replace: 'if (false) throw',
      },
    ],
  },
  {
    name: 'engine: a get reads the newest',
    edits: [
      {
        file: 'server/src/store/store.ts',
        find: 'checkPath(path);\n    return this.#engine.reads.get(path);',
        replace: `checkPath(path);
    this.reads ??= new Map();
    if (!this.reads.has(path)) this.reads.set(path, this.#engine.reads.get(path));
    const read = this.reads.get(path);
    if (this.revision % 3 === 0) this.reads.clear();
    return read;`,
      },
    ],
  },
  {
    name: 'a subtree ends at a slash',
    edits: [
      {
        file: 'shared/src/path.ts',
        find: 'return path.length === subtree.length || path.charCodeAt(subtree.length) === SLASH;',
        replace: 'return true;',
      },
    ],
  },
  {
    name: 'client: a clear leaves what its commit puts',
    edits: [
      {
        file: 'client/src/mirror/clears.ts',
        find: 'named.has(path) ? undefined : causeOf(path, bySubtree)',
        replace: 'causeOf(path, bySubtree)',
      },
    ],
  },
  {
    name: 'client: a clear is counted',
    plant: miscounted,
    told: ['disagree about what it holds'],
    edits: [
      {
        file: 'client/src/mirror/clears.ts',
        find: 'if (deletes.length !== expected) return undefined;',
        replace: '',
      },
    ],
  },
  {
    name: 'server: digests kept up with changes',
    edits: [
      {
        file: hub,
        find: 'if (!isLarge) this.#digests.account(change);',
        replace: '',
      },
    ],
  },
  {
    name: 'server: what came since a walk is added to its digest',
    edits: [{ file: 'server/src/watch/digests.ts', find: 'add(tally, since);', replace: '' }],
  },
];
