/** No network that keeps order does this: two batches that arrived together change places. */
const disorder = {
  'frames-come-in-order-and-once': {
    before: `const isBatch = (one) => one?.frame.startsWith('{"type":"commits"');
      const [a, b] = this.#down.waiting;
      if (this.#down.arrived > 0 && isBatch(a) && isBatch(b)) this.#down.waiting.splice(0, 2, b, a);`,
  },
};

/** No network that keeps order does this: every second batch comes twice. */
const repetition = {
  'frames-come-in-order-and-once': {
    before: `const [a] = this.#down.waiting;
      if (a?.frame.startsWith('{"type":"commits"') && !a.frame.includes('"more":true')) {
        globalThis.isRepeated = !globalThis.isRepeated;
        if (globalThis.isRepeated) {
          this.#down.waiting.unshift(a);
          this.#down.waitingBytes += a.bytes;
          this.#down.arrived += 1;
        }
      }`,
  },
};

/** Now and then a page lacks an entry that its digest counts. */
const forgetfulPages = {
  'page-has-each-entry': {
    before: 'globalThis.pushed = (globalThis.pushed ?? 0) + 1; if (globalThis.pushed % 50 !== 0)',
  },
};

/** Now and then a clear names a subtree that is smaller than what went. */
const miscounted = {
  'clear-names-its-subtree': {
    find: '...clear,',
    replace: `...clear,
      path: clear.path + ((globalThis.cleared = (globalThis.cleared ?? 0) + 1) % 5 === 0 ? '/b' : ''),`,
  },
};

/**
 * One mutant each: what becomes of which safeguards, called by their names unless `name` says another.
 * `plant` is a fault that the safeguard is there for, where no correct server or network commits it: with
 * the safeguard on, the simulation must find nothing but what contains one of `told`, and that does not
 * count when it is off either.
 */
const client = [
  {
    off: { 'gap-is-not-passed-over': 'never' },
    plant: disorder,
    told: ['was sent what does not fit: a gap'],
  },
  { off: { 'batch-counts-once': 'drop', 'commit-counts-once': 'drop' }, plant: repetition },
  {
    off: {
      'snapshot-is-shown-at-its-end': {
        becomes: `const next = withPage(state, event);
          return { state: next, effect: { type: 'replace', pages: pagesOf(next.pages),
            position: { epoch: state.epoch, revision: event.revision }, checksum: {} } };`,
      },
    },
  },
  { off: { 'pages-are-of-one-snapshot': 'always' } },
  { off: { 'batch-waits-for-its-end': 'drop' } },
  {
    off: {
      'heartbeat-moves-live-watches-alone': {
        when: "state.kind === 'live' || state.kind === 'catching-up'",
      },
    },
  },
  {
    off: {
      'event-watch-keeps-its-position-until-told': {
        becomes: 'return live(mode, { epoch, revision });',
      },
    },
  },
  {
    off: {
      'position-outlives-its-connection': {
        becomes: "return { kind: 'starting', mode: state.mode, position: undefined, isFresh };",
      },
    },
  },
  {
    off: {
      'request-id-outlives-its-connection': {
        find: '(id, request)',
        replace: `(id, { ...request, frames: request.frames.map((one) =>
          one.replace('"requestId":"', '"requestId":"again-')) })`,
      },
    },
  },
  { off: { 'write-waits-for-its-mirrors': 'never' } },
  { off: { 'resync-tells-of-deletes': 'never' } },
  {
    off: {
      'snapshot-replaces-what-was-there': { becomes: 'const entries = new Map(this.#entries);' },
    },
  },
  {
    off: { 'digest-is-compared': { returns: 'true' } },
    plant: forgetfulPages,
    told: [
      'disagree about what it holds',
      'was given a wrong digest',
      ' in peace',
      ' lacks ',
      ' wrongly',
      'is not what the server has',
    ],
  },
  { off: { 'silent-connection-is-ended': 'drop' } },
  { off: { 'attempts-wait': { returns: '0' } } },
  { off: { 'position-keeps-its-timeline-until-it-moves': 'always' } },
  {
    off: {
      'entries-of-two-timelines-are-compared': {
        find: 'isComparable(this.#position, position)',
        replace: 'this.#position?.epoch === position.epoch',
      },
    },
  },
  { off: { 'older-copy-is-shown-on-another-timeline': 'always first' } },
  {
    off: { 'write-waits-on-another-timeline': { when: 'this.#position?.epoch === written.epoch' } },
  },
  { off: { 'clear-leaves-what-its-commit-puts': 'never' } },
  {
    off: { 'clear-is-counted': 'drop' },
    plant: miscounted,
    told: ['disagree about what it holds'],
  },
];

const server = [
  { off: { 'history-is-compared': 'never' } },
  { name: 'history-is-compared, its timeline', off: { 'history-is-compared': 'never last' } },
  {
    name: 'history-is-compared, the timeline of event watches',
    // Only what readers see counts: not that they are refused, nor what the judge of the wire makes of it.
    told: ['has not happened yet', 'has to be told something'],
    off: {
      'history-is-compared': {
        find: '!isOnLine(',
        replace: "mode === 'state' && !isOnLine(",
      },
    },
  },
  {
    name: 'history-is-compared, on both sides',
    off: { 'history-is-compared': 'never', 'commits-are-of-the-same-history': 'always' },
  },
  { off: { 'timeline-ends-where-the-next-begins': 'always' } },
  { off: { 'event-watch-is-told-before-a-heartbeat-moves-it': 'never' } },
  {
    off: {
      'heartbeat-waits-for-lagging-watches': {
        find: 'this.#watches.completeTo',
        replace: 'this.#service.hub.revision',
      },
    },
  },
  { off: { 'silent-client-is-given-up': { becomes: 'const silentBeats = 0;' } } },
  { off: { 'answer-waits-for-its-watches': 'never' } },
  { off: { 'full-connection-gets-no-batch': 'never last' } },
  { off: { 'missed-batch-is-lag': 'drop' } },
  { off: { 'batch-begins-where-the-last-ended': { becomes: 'const from = previousRevision;' } } },
  {
    off: {
      'snapshot-is-of-one-revision': {
        find: 'subtree, revision',
        replace: 'subtree, store.revision',
      },
    },
  },
  {
    off: {
      'last-page-comes-before-synced': 'never',
      'synced-comes-last': { after: 'if (page.entries > 0) this.sink.frames.send(page.frame);' },
    },
  },
  { off: { 'net-difference-has-deletes': { returns: 'false' } } },
  { off: { 'difference-has-deletes': 'never' } },
  {
    off: {
      'difference-needs-all-tombstones': 'never last',
      'difference-ends-where-tombstones-are-dropped': 'never',
    },
  },
  {
    off: {
      'history-begins-at-the-compaction': {
        becomes: 'revision = Math.max(revision, this.compactedRevision);',
      },
      'recent-commits-are-whole': { becomes: 'return this.#engine.reads.history(revision);' },
    },
  },
  { off: { 'digest-keeps-up': 'drop' } },
  { off: { 'digest-has-what-came-since-its-walk': 'drop' } },
  {
    off: {
      'get-is-of-now': {
        becomes: `this.reads ??= new Map();
    if (!this.reads.has(path)) this.reads.set(path, this.#engine.reads.get(path));
    const read = this.reads.get(path);
    if (this.revision % 3 === 0) this.reads.clear();
    return read;`,
      },
    },
  },
];

const engines = [
  { off: { 'memory-makes-a-request-once': 'drop' } },
  {
    off: {
      'memory-remembers-requests-beyond-compaction': {
        becomes: 'const before = Number.POSITIVE_INFINITY;',
      },
    },
  },
  {
    off: {
      'feed-comes-before-the-answer': {
        find: "this.feed.tell({ kind: 'commits', commits })",
        replace: "this.#clock.setTimer(5, () => this.feed.tell({ kind: 'commits', commits }))",
      },
    },
  },
  {
    off: {
      'memory-answers-what-is-durable': {
        becomes: `const { revision } = this.#disk;
      queueMicrotask(() => this.#pending.forEach(({ resolve }, i) => resolve({ revision: revision + i + 1, puts: 1, deletes: 0 })));
      this.#flushed = new Promise((done) => this.#clock.setTimer(20, () => { void this.#flush().then(done); }));`,
      },
    },
  },
  { off: { 'conditions-are-judged': 'never' } },
  { off: { 'subtree-ends-at-a-slash': 'always' } },
];

export const mutants = [...client, ...server, ...engines];
