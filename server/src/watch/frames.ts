import {
  type DownMessage,
  encode,
  type NetChange,
  toWireCommit,
  type WatchCommit,
  type WireCommit,
} from '@confer/shared';

/**
 * A frame as it goes on the wire, encoded once for all who get it. Those of live watches are buffers:
 * with a view of one, a send of uWebSockets.js takes 2 % longer, because it asks the view for it.
 */
export type Frame = ArrayBuffer | Uint8Array;

/**
 * A frame is closed once it holds about this much: large enough that its envelope does not count,
 * small enough that a slow connection is asked often whether it takes more.
 */
export const FRAME_BYTES = 256 * 1024;

/** What the JSON of a change adds to its texts, roughly. */
const CHANGE_OVERHEAD_BYTES = 120;
/** And that of a commit to its changes. */
export const COMMIT_OVERHEAD_BYTES = 120;

const utf8 = new TextEncoder();

export function toFrame(message: DownMessage): Frame {
  return utf8.encode(encode(message)).buffer;
}

export interface BatchHead {
  readonly watch: string;
  readonly from: number;
  readonly to: number;
}

/** About how many bytes of frames a change will take. */
export function changeSize(change: WatchCommit['changes'][number]): number {
  const value = change.type === 'put' ? change.entry.value.length : 0;
  const prev = change.type === 'clear' ? 0 : (change.prev?.value.length ?? 0);
  return change.path.length + CHANGE_OVERHEAD_BYTES + value + prev;
}

/** The frames of one batch; a large commit is split between them (`more`). */
export function* commitFrames(
  head: BatchHead,
  commits: Iterable<WatchCommit>,
  withPrev: boolean,
): Generator<Frame> {
  let slice: WireCommit[] = [];
  let bytes = 0;
  for (const commit of commits) {
    const { changes, ...rest } = toWireCommit(commit, withPrev);
    let part: WireCommit = { ...rest, changes: [] };
    slice.push(part);
    for (const change of changes) {
      if (bytes > FRAME_BYTES) {
        yield toFrame({ type: 'commits', ...head, commits: slice, more: true });
        part = { ...rest, changes: [] };
        slice = [part];
        bytes = 0;
      }
      part.changes.push(change);
      bytes += change.path.length + CHANGE_OVERHEAD_BYTES;
      if (change.type === 'put') bytes += change.value.length;
      if (change.type !== 'clear') bytes += change.prev?.value.length ?? 0;
    }
  }
  yield toFrame({ type: 'commits', ...head, commits: slice });
}

/** About how many bytes a change takes in a difference. */
function netChangeSize(change: NetChange): number {
  const { path, value = '' } = change.type === 'put' ? change.entry : { path: change.path };
  return CHANGE_OVERHEAD_BYTES + path.length + value.length;
}

/** The pages of a net difference. */
export function* differenceFrames(head: BatchHead, changes: Iterable<NetChange>): Generator<Frame> {
  let page: NetChange[] = [];
  let bytes = 0;
  for (const change of changes) {
    page.push(change);
    bytes += netChangeSize(change);
    if (bytes <= FRAME_BYTES) continue;
    yield toFrame({ type: 'difference', ...head, changes: page });
    page = [];
    bytes = 0;
  }
  if (page.length > 0) yield toFrame({ type: 'difference', ...head, changes: page });
}
