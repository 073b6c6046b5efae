import type {
  Commits,
  Compacted,
  Difference,
  Position,
  Revoked,
  Snapshot,
  Synced,
  WatchMessage,
  WatchMode,
  WireCommit,
} from '@confer/shared';
import { commitsAfter, pagesOf, withFrame } from './pending-pages.ts';
import {
  type CatchingUp,
  type Live,
  type RewatchCause,
  resumeFrom,
  type Snapshotting,
  type Starting,
  type WatchEffect,
  type WatchEvent,
  type WatchState,
} from './watch-state.ts';

export interface Step {
  readonly state: WatchState;
  readonly effect?: WatchEffect;
}

/**
 * The state machine of a watch, as a pure function (a reducer): no I/O, no time, no entries of its own.
 * `isSameTimeline`: the position is on the timeline of the server that says this.
 */
export function step(state: WatchState, event: WatchEvent, isSameTimeline = true): Step {
  if (state.kind === 'ended') return { state };
  switch (event.type) {
    case 'watching':
      return state.kind === 'starting' ? { state: started(state, event) } : { state };
    case 'disconnected':
      return { state: restart(state) };
    case 'mismatch':
      return mismatch(state, event.shown);
    case 'heartbeat':
      // safeguard: heartbeat-moves-live-watches-alone
      return state.kind === 'live' ? beat(state, event.revision) : { state };
    case 'commits':
      return state.kind === 'live' || state.kind === 'catching-up'
        ? commits(state, event)
        : { state };
    case 'revoked':
      return state.kind === 'starting' ? { state } : revoked(state, event);
    case 'compacted':
      return state.mode === 'events' && state.kind !== 'starting' ? end(state, event) : { state };
    case 'resync':
    case 'snapshot':
    case 'difference':
    case 'synced':
      return state.mode === 'state' && state.kind !== 'starting'
        ? bringUp(state, event, isSameTimeline)
        : { state };
  }
}

type BroughtUp = Snapshotting | CatchingUp | Live;

/** The messages by which a state watch is brought up to date. */
function bringUp(
  state: BroughtUp,
  event: Extract<WatchMessage, { type: 'resync' | 'snapshot' | 'difference' | 'synced' }>,
  isSameTimeline: boolean,
): Step {
  switch (event.type) {
    case 'resync':
      return { state: snapshotting(state.position, event.epoch, false) };
    case 'snapshot':
      // safeguard: snapshot-is-shown-at-its-end
      return state.kind === 'snapshotting'
        ? { state: withPage(state, event) }
        : rewatch(state, 'a snapshot without a resync');
    case 'difference':
      return state.kind === 'snapshotting'
        ? rewatch(state, 'a difference in a snapshot')
        : difference(state, event);
    case 'synced':
      return state.kind === 'snapshotting'
        ? snapshotDone(state, event, isSameTimeline)
        : caughtUp(state, event);
  }
}

function started(
  state: Starting,
  { revision, epoch }: { revision: number; epoch: string },
): WatchState {
  const { mode, position } = state;
  const after = resumeFrom(state);
  if (mode === 'state')
    return after === undefined
      ? snapshotting(position, epoch, state.isFresh)
      : catchingUp(mode, after, epoch);
  if (after === undefined) return live(mode, { epoch, revision });
  // safeguard: event-watch-keeps-its-position-until-told
  // The server starts elsewhere where it cannot continue. Taking over its revision would pass over
  // what was missed if the connection broke before `compacted` came (W3).
  return after.epoch === epoch && after.revision === revision
    ? live(mode, after)
    : catchingUp(mode, after, epoch);
}

function snapshotting(
  position: Position | undefined,
  epoch: string,
  isFresh: boolean,
): Snapshotting {
  const nothing = { revision: undefined, pages: undefined };
  return { kind: 'snapshotting', mode: 'state', position, isFresh, epoch, ...nothing };
}

function catchingUp(mode: WatchMode, position: Position, epoch: string): CatchingUp {
  return { kind: 'catching-up', mode, position, epoch, difference: undefined, batch: undefined };
}

function live(mode: WatchMode, position: Position): Live {
  return { kind: 'live', mode, position, batch: undefined };
}

function restart(state: WatchState, isFresh = 'isFresh' in state && state.isFresh): Starting {
  // safeguard: position-outlives-its-connection
  return { kind: 'starting', mode: state.mode, position: state.position, isFresh };
}

function rewatch(state: WatchState, reason: string, cause: RewatchCause = 'misfit'): Step {
  return { state: restart(state), effect: { type: 'rewatch', cause, reason } };
}

function mismatch(state: WatchState, shown: Position | undefined): Step {
  return {
    ...rewatch(state, 'its digest differs from that of the server', 'digest'),
    state: { kind: 'starting', mode: state.mode, position: shown, isFresh: true },
  };
}

function end({ mode, position }: WatchState, compacted: Compacted): Step {
  return { state: { kind: 'ended', mode, position }, effect: { type: 'end', compacted, position } };
}

/** What of a batch or a snapshot has come counts for nothing: its reader may not have the rest (W11). */
function revoked({ mode, position }: WatchState, { revision }: Revoked): Step {
  return { state: { kind: 'ended', mode, position }, effect: { type: 'revoked', revision } };
}

/** A heartbeat between the frames of a batch speaks of the position before it. */
function beat(state: Live, revision: number): Step {
  if (state.batch !== undefined || revision <= state.position.revision) return { state };
  const position = { epoch: state.position.epoch, revision };
  return { state: { ...state, position }, effect: { type: 'advance', position, checksum: {} } };
}

/** The rule of acceptance (W1, W2, W3), and whole batches only (W4). */
function commits(state: CatchingUp | Live, frame: Commits): Step {
  const { mode, position } = state;
  if (!isSameHistory(state)) return rewatch(state, 'commits of another history');
  // safeguard: batch-counts-once
  if (frame.to <= position.revision) return { state };
  if (state.kind === 'catching-up' && state.difference !== undefined)
    return rewatch(state, 'commits in a difference');
  // safeguard: gap-is-not-passed-over
  if (position.revision < frame.from)
    return rewatch(state, `a gap from revision ${position.revision} to ${frame.from}`, 'gap');
  if (mode === 'events' && frame.commits.some(hasClear))
    return rewatch(state, 'a clear without the state before it');
  const batch = withFrame(state.batch, frame);
  // safeguard: batch-waits-for-its-end
  if (frame.more === true) return { state: { ...state, batch } };
  const reached = { epoch: position.epoch, revision: batch.to };
  return {
    // A state watch is caught up at its `synced`; an event watch has none, and commits prove as much.
    state:
      mode === 'events' ? live(mode, reached) : { ...state, position: reached, batch: undefined },
    effect: {
      type: 'apply',
      commits: commitsAfter(position.revision, batch),
      position: reached,
    },
  };
}

function hasClear({ changes }: WireCommit): boolean {
  return changes.some(({ type }) => type === 'clear');
}

function isSameHistory(state: CatchingUp | Live): boolean {
  // safeguard: commits-are-of-the-same-history
  return state.kind === 'live' || state.epoch === state.position.epoch;
}

/** Pages of a lower revision belong to a snapshot that was begun again. */
function withPage(state: Snapshotting, { revision, entries }: Snapshot): Snapshotting {
  if (state.revision !== undefined && revision < state.revision) return state;
  // safeguard: pages-are-of-one-snapshot
  const before = revision === state.revision ? state.pages : undefined;
  return { ...state, revision, pages: { page: entries, before } };
}

/**
 * A server that is behind the position has another history where it is on another timeline (a copy of
 * its data was put back), and is shown. On the same one it is old, and W9 keeps it from being shown.
 */
function snapshotDone(state: Snapshotting, synced: Synced, isSameTimeline: boolean): Step {
  const { position, epoch } = state;
  const { revision } = synced;
  if (state.revision !== undefined && revision < state.revision)
    return rewatch(state, `a snapshot of revision ${state.revision} that ended at ${revision}`);
  // safeguard: older-copy-is-shown-on-another-timeline
  if (isSameTimeline && position?.epoch === epoch && revision < position.revision)
    return rewatch(state, `the server is at revision ${revision}, behind ${position.revision}`);
  // A snapshot that began again and found nothing has no page to say so.
  const pages = revision === state.revision ? pagesOf(state.pages) : [];
  const reached = { epoch, revision };
  return {
    state: live('state', reached),
    effect: { type: 'replace', pages, position: reached, checksum: synced },
  };
}

function difference(state: CatchingUp | Live, page: Difference): Step {
  const { position } = state;
  if (!isSameHistory(state)) return rewatch(state, 'a difference of another history');
  if (page.to <= position.revision) return { state };
  if (position.revision < page.from)
    return rewatch(state, `a gap from revision ${position.revision} to ${page.from}`, 'gap');
  const pending = state.kind === 'catching-up' ? state.difference : undefined;
  const before = pending?.from === page.from && pending.to === page.to ? pending.pages : undefined;
  return {
    state: {
      ...catchingUp('state', position, position.epoch),
      difference: { from: page.from, to: page.to, pages: { page: page.changes, before } },
    },
  };
}

function caughtUp(state: CatchingUp | Live, synced: Synced): Step {
  const { position } = state;
  const { revision } = synced;
  const pending = state.kind === 'catching-up' ? state.difference : undefined;
  if (!isSameHistory(state)) return rewatch(state, 'synced with another history');
  if (state.batch !== undefined) return rewatch(state, 'synced in the middle of a batch');
  if (revision < position.revision)
    return rewatch(state, `the server is at revision ${revision}, behind ${position.revision}`);
  if (pending !== undefined && pending.to !== revision)
    return rewatch(state, `a difference to revision ${pending.to} that ended at ${revision}`);
  const reached = { epoch: position.epoch, revision };
  return {
    state: live('state', reached),
    effect:
      pending === undefined
        ? { type: 'advance', position: reached, checksum: synced }
        : { type: 'merge', pages: pagesOf(pending.pages), position: reached, checksum: synced },
  };
}
