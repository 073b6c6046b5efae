import { constants } from 'node:os';

/** In the order of `enum call` in `shim/shim.h`. */
export const CALLS = [
  'write',
  'meta',
  'sync',
  'open',
  'create',
  'rename',
  'link',
  'unlink',
  'truncate',
  'mkdir',
] as const;

/**
 * What a process asks of its disk. `meta` is a write through a descriptor that syncs each write, as
 * LMDB has one for its meta pages, and `write` any other; `create` is an `open` that makes the file.
 * `sync` is the sync of a file or of a directory.
 */
export type Call = (typeof CALLS)[number];

/** Calls that go wrong. */
export interface Rule {
  readonly call: Call;
  /** With `*` and `?`, below the watched directory; the directory itself is the empty path. */
  readonly path?: string;
  /** So many of them pass first. */
  readonly after?: number;
  /** So many go wrong then. */
  readonly times?: number | 'always';
  /**
   * `fail` has no effect; `late` has, and fails all the same, as a write does whose sync fails;
   * `short` writes half of the bytes; `kill` ends the process just before the call.
   */
  readonly outcome: 'fail' | 'late' | 'short' | 'kill';
  readonly error?: 'EIO' | 'ENOSPC' | 'EDQUOT' | 'EACCES' | 'EMFILE' | 'EROFS' | 'EAGAIN';
}

/** What goes wrong with a disk, while it is armed. */
export interface Faults {
  readonly rules?: readonly Rule[];
  /** The room that is left for files to grow, in whole pages. Deleting and cutting give it back. */
  readonly roomBytes?: number;
  /** From the start, unless this is false: then from `arm()`. */
  readonly armed?: boolean;
}

function ruleText({ call, path = '*', after = 0, times = 1, outcome, error = 'EIO' }: Rule) {
  // A pattern is one word, and never empty: the directory itself is a slash.
  const pattern = path === '' ? '/' : path.replaceAll(' ', '?');
  const count = times === 'always' ? 0 : times;
  return [CALLS.indexOf(call), pattern, after, count, outcome, constants.errno[error]].join(' ');
}

/** What the shim reads of it. */
export function faultEnvironment({ rules = [], roomBytes }: Faults): Record<string, string> {
  return {
    FAULTY_DISK_RULES: rules.map(ruleText).join('\n'),
    ...(roomBytes === undefined ? {} : { FAULTY_DISK_ROOM: String(roomBytes) }),
  };
}
