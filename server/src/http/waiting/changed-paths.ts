import { decodeDown } from '@confer/shared';
import type { Frame } from '../../watch/frames.ts';

/** All that stands before the commits of a frame: the name of a watch is short. */
const HEAD_BYTES = 512;
const SOME_COMMITS = /^\{"type":"commits",.*?"commits":\[\{/;

const ascii = new TextDecoder('latin1');
const utf8 = new TextDecoder();

/** Which paths a frame of commits is about: read once for all who wait for one of them. */
export class ChangedPaths {
  readonly #known = new WeakMap<Frame, ReadonlySet<string>>();

  /** Whether it is about anything: a batch may say only that nothing happened. */
  hasAny(frame: Frame): boolean {
    const bytes = frame instanceof Uint8Array ? frame : new Uint8Array(frame);
    return SOME_COMMITS.test(ascii.decode(bytes.subarray(0, HEAD_BYTES)));
  }

  has(frame: Frame, path: string): boolean {
    const known = this.#known.get(frame) ?? pathsOf(frame);
    this.#known.set(frame, known);
    return known.has(path);
  }
}

function pathsOf(frame: Frame): ReadonlySet<string> {
  const decoded = decodeDown(utf8.decode(frame));
  if (!decoded.ok || decoded.message.type !== 'commits') return new Set();
  const { commits } = decoded.message;
  return new Set(commits.flatMap(({ changes }) => changes.map(({ path }) => path)));
}
